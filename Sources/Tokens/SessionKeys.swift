import OpenSSLCrypto
import StrictJSON

/// Why session secrets cannot be used. Holds none of them.
package struct SessionKeyError: Error, Equatable, CustomStringConvertible {
    package let message: String
    package var description: String { message }
}

/// One key for the content of a JWE, and the header that its issuer writes.
struct SessionContentKey: Sendable {
    enum Cipher: Sendable {
        case cbcHMAC(AESCBCHMACKey)
        case gcm(SecretBytes)
    }

    let cipher: Cipher
    /// The `enc` that this key is for, and no other.
    let encryption: String
    /// The RFC 7638 thumbprint that Auth.js writes as `kid`.
    let thumbprint: String
    /// The header segment of what the issuer of this profile writes, or wrote.
    let headerSegment: [UInt8]

    /// - Parameter bytes: 64 bytes for A256CBC-HS512, 32 for A256GCM.
    init(_ bytes: SecretBytes, namingKey: Bool) throws(CryptoError) {
        let hash: HashAlgorithm
        if bytes.count == AESCBCHMAC.a256CBCHS512.keyByteCount {
            cipher = .cbcHMAC(try AESCBCHMACKey(.a256CBCHS512, key: bytes))
            encryption = "A256CBC-HS512"
            hash = .sha512
        } else {
            cipher = .gcm(bytes)
            encryption = "A256GCM"
            hash = .sha256
        }
        thumbprint = bytes.withBytes { bytes in
            Base64URL.encode(Digest.hash(hash, Array("{\"k\":\"\(Base64URL.encode(bytes))\",\"kty\":\"oct\"}".utf8)))
        }
        var members: [(String, JSONValue)] = [("alg", "dir"), ("enc", .string(encryption))]
        if namingKey { members.append(("kid", .string(thumbprint))) }
        headerSegment = Array(Base64URL.encode(JSONValue.object(members).utf8()).utf8)
    }

    /// The plaintext.
    /// - Throws: `.badMAC` for everything that was not made with this key, whatever is wrong with it.
    func open(_ jwe: UnverifiedJWE, of token: Span<UInt8>) throws(TokenError) -> [UInt8] {
        let vector = try Base64URL.decode(token.extracting(jwe.initializationVector))
        let ciphertext = try Base64URL.decode(token.extracting(jwe.ciphertext))
        let tag = try Base64URL.decode(token.extracting(jwe.tag))
        let associated = token.extracting(jwe.header)
        do {
            switch cipher {
            case .cbcHMAC(let key):
                return try key.open(ciphertext: ciphertext.span, tag: tag.span, iv: vector.span, aad: associated)
            case .gcm(let key):
                return try AESGCM.open(
                    ciphertext: ciphertext.span, tag: tag.span, key: key, nonce: vector.span, aad: associated)
            }
        } catch {
            throw .badMAC
        }
    }
}

/// The keys of one profile under one cookie name, derived once.
struct SessionKeys: Sendable {
    /// In the order of the secrets, newest first; for Auth.js A256CBC-HS512 and A256GCM of each secret.
    private(set) var content: [SessionContentKey] = []
    /// What signs; of the first secret.
    private(set) var signing: TokenKey?

    init(_ profile: SessionProfile, cookieName: String, secrets: [SecretBytes]) throws(SessionKeyError) {
        guard let first = secrets.first else { throw SessionKeyError(message: "there is no session secret") }
        if let position = secrets.firstIndex(where: { $0.count == 0 }) {
            throw SessionKeyError(message: "session secret \(position + 1) is empty")
        }
        do {
            switch profile {
            case .authjsV5:
                for secret in secrets {
                    let long = try HKDF.derive(
                        secret: secret, salt: Array(cookieName.utf8),
                        info: Array("Auth.js Generated Encryption Key (\(cookieName))".utf8), byteCount: 64)
                    let short = long.withBytes { SecretBytes($0.extracting(first: 32)) }
                    content.append(try SessionContentKey(long, namingKey: true))
                    content.append(try SessionContentKey(short, namingKey: false))
                }
            case .nextauthV4:
                content = [try Self.fixed(first)]
            case .nextauthV3:
                content = [try Self.fixed(first)]
                let key = try HKDF.derive(
                    secret: first, salt: [], info: Array("NextAuth.js Generated Signing Key".utf8), byteCount: 64)
                signing = TokenKey(id: "", algorithm: .HS512, secret: key)
            case .jwtHS256: signing = TokenKey(id: "", algorithm: .HS256, secret: first)
            case .jwtHS512: signing = TokenKey(id: "", algorithm: .HS512, secret: first)
            }
        } catch {
            throw SessionKeyError(message: "session keys cannot be derived: \(error.description)")
        }
    }

    /// The key of v4 sessions, which v3 also encrypts with: no salt, so it is the same under every cookie name.
    private static func fixed(_ secret: SecretBytes) throws(CryptoError) -> SessionContentKey {
        try SessionContentKey(
            HKDF.derive(secret: secret, salt: [], info: Array("NextAuth.js Generated Encryption Key".utf8), byteCount: 32),
            namingKey: false)
    }
}
