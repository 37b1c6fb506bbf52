import OpenSSLCrypto
import Testing

struct SignatureVector: Sendable, CustomTestStringConvertible {
    let name: String
    let seed: String
    let publicKey: String
    let message: String
    let signature: String
    var testDescription: String { name }
}

/// RFC 8032 section 7.1 (but TEST 1024, whose message is long and adds no case).
private let vectors: [SignatureVector] = [
    SignatureVector(
        name: "TEST 1",
        seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        message: "",
        signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    SignatureVector(
        name: "TEST 2",
        seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        message: "72",
        signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    SignatureVector(
        name: "TEST 3",
        seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        message: "af82",
        signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    SignatureVector(
        name: "TEST SHA(abc)",
        seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        signature: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            + "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
]

@Suite("Ed25519")
struct Ed25519Tests {
    @Test("A signature is the one of RFC 8032", arguments: vectors)
    func published(_ row: SignatureVector) throws {
        let key = try Ed25519.PrivateKey(seed: SecretBytes(hex(row.seed)))
        #expect(hex(key.publicKey.bytes) == row.publicKey)
        #expect(hex(try key.sign(hex(row.message))) == row.signature)
        #expect(try Ed25519.PublicKey(bytes: hex(row.publicKey)).isValid(hex(row.signature), for: hex(row.message)))
    }

    @Test("A signature with any one bit flipped does not hold", arguments: vectors.suffix(1))
    func flipped(_ row: SignatureVector) throws {
        let key = try Ed25519.PublicKey(bytes: hex(row.publicKey))
        let message = hex(row.message)
        for bit in 0..<512 {
            var signature = hex(row.signature)
            signature[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.isValid(signature, for: message), "bit \(bit)")
        }
    }

    @Test("A signature does not hold for another message, under another key, or cut, extended or all zero")
    func refused() throws {
        let key = try Ed25519.PublicKey(bytes: hex(vectors[1].publicKey))
        let signature = hex(vectors[1].signature)
        let message = hex(vectors[1].message)
        #expect(!key.isValid(signature, for: message + [0]))
        #expect(!key.isValid(signature, for: []))
        #expect(!(try Ed25519.PublicKey(bytes: hex(vectors[2].publicKey)).isValid(signature, for: message)))
        for wrong in [[], Array(signature.prefix(32)), Array(signature.dropLast()), signature + [0], [UInt8](repeating: 0, count: 64)] {
            #expect(!key.isValid(wrong, for: message), "\(wrong.count) bytes")
        }
    }

    @Test("A signature made bigger by the order of the group does not hold (RFC 8032 section 5.1.7)")
    func malleable() throws {
        // 2^252 + 27742317777372353535851937790883648493, little-endian.
        let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var signature = hex(vectors[1].signature)
        var carry = 0
        for index in 0..<32 {
            let sum = Int(signature[32 + index]) + Int(order[index]) + carry
            signature[32 + index] = UInt8(sum & 0xFF)
            carry = sum >> 8
        }
        #expect(carry == 0)
        let key = try Ed25519.PublicKey(bytes: hex(vectors[1].publicKey))
        #expect(!key.isValid(signature, for: hex(vectors[1].message)))
    }

    @Test("A key of another length is refused", arguments: [0, 31, 33, 64])
    func keyLength(count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(throws: CryptoError(.keyLength, "")) { try Ed25519.PrivateKey(seed: SecretBytes(bytes)) }
        #expect(throws: CryptoError(.keyLength, "")) { try Ed25519.PublicKey(bytes: bytes) }
    }
}
