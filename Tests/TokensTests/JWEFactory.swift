import OpenSSLCrypto
import Tokens

/// Encrypted tokens as nobody should make them: any header and plaintext, with a tag that holds.
struct JWEFactory: Sendable {
    /// 64 bytes encrypt with A256CBC-HS512, 48 with A192CBC-HS384, 32 with A256GCM.
    var key: [UInt8]

    static let secret = "7f2c0a94e5b84d6b9a3157d2c86e40f1"
    static let cookie = "authjs.session-token"
    static let now: Int64 = 1_790_000_000

    init(key: [UInt8]) { self.key = key }

    static func derived(_ count: Int, secret: String = Self.secret, salt: String, info: String) throws -> JWEFactory {
        let key = try HKDF.derive(secret: SecretBytes(Array(secret.utf8)), salt: Array(salt.utf8), info: Array(info.utf8), byteCount: count)
        return JWEFactory(key: key.withBytes { bytes in bytes.indices.map { bytes[$0] } })
    }

    static func v5(_ count: Int = 64, secret: String = Self.secret, cookie: String = Self.cookie) throws -> JWEFactory {
        try derived(count, secret: secret, salt: cookie, info: "Auth.js Generated Encryption Key (\(cookie))")
    }

    static func v4(secret: String = Self.secret) throws -> JWEFactory {
        try derived(32, secret: secret, salt: "", info: "NextAuth.js Generated Encryption Key")
    }

    var thumbprint: String {
        Base64URL.encode(Digest.hash(key.count == 64 ? .sha512 : .sha256, Array(#"{"k":"\#(Base64URL.encode(key))","kty":"oct"}"#.utf8)))
    }

    static let claims = #"{"sub":"user_01","email":"ada@example.com","iat":1789996400,"exp":4102444800}"#

    func token(header: String, _ plaintext: String = Self.claims) throws -> String {
        try token(header: header, Array(plaintext.utf8))
    }

    func token(header: String, _ plaintext: [UInt8]) throws -> String {
        let segment = Base64URL.encode(Array(header.utf8))
        let parts = try seal(plaintext, aad: Array(segment.utf8))
        return segment + ".." + parts.map { Base64URL.encode($0) }.joined(separator: ".")
    }

    private func seal(_ plaintext: [UInt8], aad: [UInt8]) throws -> [[UInt8]] {
        if key.count == 32 {
            let nonce = RandomBytes.generate(12)
            let (ciphertext, tag) = try AESGCM.seal(plaintext, key: SecretBytes(key), nonce: nonce, aad: aad)
            return [nonce, ciphertext, tag]
        }
        let iv = RandomBytes.generate(16)
        let cipher: AESCBCHMAC = key.count == 64 ? .a256CBCHS512 : .a192CBCHS384
        let (ciphertext, tag) = try cipher.seal(plaintext, key: SecretBytes(key), iv: iv, aad: aad)
        return [iv, ciphertext, tag]
    }
}

extension SessionVerifier {
    /// The error, or nil when the token is accepted.
    func refusal(_ token: String, at now: Int64 = JWEFactory.now) -> TokenError? { refusal(Array(token.utf8), at: now) }

    func refusal(_ token: [UInt8], at now: Int64 = JWEFactory.now) -> TokenError? {
        do throws(TokenError) {
            _ = try verify(token.span, at: now)
            return nil
        } catch {
            return error
        }
    }
}
