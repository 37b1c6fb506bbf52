import OpenSSLCrypto
import Testing
import Tokens

@testable import GatewayConfiguration
@testable import GatewayCore

@Suite struct ClientSecretTests {
    @Test(
        arguments: [("", 0), ("123456789", 0xCBF4_3926), ("The quick brown fox jumps over the lazy dog", 0x414F_A339)] as [(String, UInt32)]
    )
    func theCheckSumIsThatOfZlib(text: String, sum: UInt32) {
        #expect(CRC32.checksum(text.utf8) == sum)
    }

    @Test func aCheckSumHasEightDigits() {
        #expect(CRC32.text([]) == "00000000")
        #expect(CRC32.text("123456789".utf8) == "cbf43926")
    }

    @Test func aSecretHasTheShapeThatScannersLookFor() throws {
        let secret = ClientSecret.generate().reveal()
        #expect(secret.wholeMatch(of: /ghs_[A-Za-z0-9_-]{43}_[0-9a-f]{8}/) != nil)
        #expect(secret.hasSuffix("_" + CRC32.text(secret.utf8.prefix(47))))
        #expect(ClientSecret(Array(secret.utf8))?.reveal() == secret)
        #expect(ClientSecret.generate().reveal() != secret)
    }

    @Test func aSecretWithAnyOtherCharacterOrLengthIsNone() {
        let secret = Array(ClientSecret.generate().reveal().utf8)
        for index in secret.indices {
            var changed = secret
            changed[index] ^= 1
            #expect(ClientSecret(changed) == nil)
            #expect(ClientSecret(Array(secret[..<index])) == nil)
        }
        #expect(ClientSecret(secret + [0x30]) == nil)
    }
}

@Suite struct SealedSecretTests {
    private let key: SealKey
    private let secret = ClientSecret.generate()
    private let sealed: String

    init() throws {
        key = try SealKey(text: SecretBytes(Array(SealKey.generateText().utf8)))
        sealed = try key.seal(secret, partner: "acme", secretID: "s1")
    }

    @Test func whatWasSealedOpens() throws {
        #expect(key.open(sealed, partner: "acme", secretID: "s1")?.reveal() == secret.reveal())
        // A nonce is never used twice.
        #expect(try key.seal(secret, partner: "acme", secretID: "s1") != sealed)
        #expect(!sealed.contains(secret.reveal()))
    }

    @Test func itOpensForNoOtherPartnerAndNoOtherID() {
        #expect(key.open(sealed, partner: "globex", secretID: "s1") == nil)
        #expect(key.open(sealed, partner: "acme", secretID: "s2") == nil)
        #expect(key.open(sealed, partner: "s1", secretID: "acme") == nil)
        #expect(key.open(sealed, partner: "acme\0s1", secretID: "") == nil)
        #expect(key.open(sealed, partner: "", secretID: "acme\0s1") == nil)
    }

    @Test func itOpensUnderNoOtherKey() throws {
        let other = try SealKey(text: SecretBytes(Array(SealKey.generateText().utf8)))
        #expect(other.open(sealed, partner: "acme", secretID: "s1") == nil)
    }

    @Test func anyChangedCutOrAddedByteKeepsItClosed() throws {
        let bytes = try Base64URL.decode(sealed)
        #expect(bytes.count == 12 + 56 + 16)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x80
            #expect(key.open(Base64URL.encode(changed), partner: "acme", secretID: "s1") == nil)
            #expect(key.open(Base64URL.encode(Array(bytes[..<index])), partner: "acme", secretID: "s1") == nil)
        }
        #expect(key.open(Base64URL.encode(bytes + [0]), partner: "acme", secretID: "s1") == nil)
        for text in ["", "not base64!", sealed + "=", sealed + " "] { #expect(key.open(text, partner: "acme", secretID: "s1") == nil) }
    }
}
