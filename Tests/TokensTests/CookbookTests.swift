import OpenSSLCrypto
import Testing
import Tokens

/// Examples of the JOSE cookbook that are no MACed JWS: the primitives below, with the encoding of this target.
@Suite("JOSE cookbook")
struct CookbookTests {
    private func text(_ object: Any?, _ path: String...) throws -> String {
        var object = object
        for name in path { object = (object as? [String: Any])?[name] }
        return try #require(object as? String)
    }

    @Test("RFC 8037 appendix A: an Ed25519 signature is made and holds")
    func ed25519() throws {
        let file = try VectorFiles.json("jose-cookbook/curve25519/jws.json")
        let key = try Ed25519.PrivateKey(seed: SecretBytes(Base64URL.decode(text(file, "input", "key", "d"))))
        #expect(Base64URL.encode(key.publicKey.bytes) == (try text(file, "input", "key", "x")))
        let input = Array(try text(file, "signing", "sig-input").utf8)
        let signature = try text(file, "signing", "sig")
        #expect(Base64URL.encode(try key.sign(input)) == signature)
        #expect(key.publicKey.isValid(try Base64URL.decode(signature), for: input))
        #expect(!key.publicKey.isValid(try Base64URL.decode(signature), for: input + [0]))
    }

    @Test("RFC 7520 section 5.6: direct encryption with A128GCM opens and seals alike")
    func directEncryption() throws {
        let file = try VectorFiles.json("jose-cookbook/jwe/5_6.direct_encryption_using_aes-gcm.json")
        let token = Array(try text(file, "output", "compact").utf8)
        let jwe = try UnverifiedJWE(token.span)
        let segment = { (range: Range<Int>) throws in try Base64URL.decode(String(decoding: token[range], as: UTF8.self)) }
        let key = SecretBytes(try Base64URL.decode(text(file, "input", "key", "k")))
        let plaintext = Array(try text(file, "input", "plaintext").utf8)
        let nonce = try segment(jwe.initializationVector)
        let aad = Array(token[jwe.header])
        #expect(
            try AESGCM.open(ciphertext: segment(jwe.ciphertext), tag: segment(jwe.tag), key: key, nonce: nonce, aad: aad) == plaintext)
        let sealed = try AESGCM.seal(plaintext, key: key, nonce: nonce, aad: aad)
        #expect(try sealed.ciphertext == segment(jwe.ciphertext))
        #expect(try sealed.tag == segment(jwe.tag))
    }
}
