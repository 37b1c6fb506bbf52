import OpenSSLCrypto
import StrictJSON
import Tokens

/// Sessions as the application behind the gateway would make them, and as nobody should.
enum TestSession {
    static let name = "authjs.session-token"
    /// Newest first.
    static let secrets = ["7f2c0a94e5b84d6b9a3157d2c86e40f1", "the-secret-before-that-one-0123456789"]

    static func bytes(_ secret: String) -> SecretBytes { SecretBytes(Array(secret.utf8)) }

    static func token(
        _ profile: SessionProfile = .authjsV5, cookie: String = name, secret: String = secrets[0], subject: String = "ada@example.com",
        roles: [String] = ["provisioning-admin"], more: [(String, JSONValue)] = [], lifetime: Int64 = 3600, at now: Int64 = TestClock.now()
    ) throws -> String {
        try SessionIssuer(profile, cookieName: cookie, secrets: [bytes(secret)]).issue(
            [("sub", .string(subject)), ("roles", .array(roles.map { .string($0) }))] + more, lifetime: lifetime, at: now, tokenID: "j")
    }

    /// A header line.
    static func cookie(_ token: String, _ name: String = name) -> String { "Cookie: \(name)=\(token)\r\n" }

    /// Encrypted under any key and header; 64 bytes of key encrypt with A256CBC-HS512, 32 with A256GCM.
    static func sealed(secret: String = secrets[0], salt: String, info: String, count: Int, header: String) throws -> String {
        let key = try HKDF.derive(secret: bytes(secret), salt: Array(salt.utf8), info: Array(info.utf8), byteCount: count)
        let now = TestClock.now()
        let claims = Array(#"{"sub":"ada@example.com","roles":["provisioning-admin"],"iat":\#(now),"exp":\#(now + 3600)}"#.utf8)
        let segment = Base64URL.encode(Array(header.utf8))
        let aad = Array(segment.utf8)
        let vector = RandomBytes.generate(count == 64 ? 16 : 12)
        let (ciphertext, tag) =
            count == 64
            ? try AESCBCHMAC.a256CBCHS512.seal(claims, key: key, iv: vector, aad: aad)
            : try AESGCM.seal(claims, key: key, nonce: vector, aad: aad)
        return "\(segment)..\(Base64URL.encode(vector)).\(Base64URL.encode(ciphertext)).\(Base64URL.encode(tag))"
    }
}
