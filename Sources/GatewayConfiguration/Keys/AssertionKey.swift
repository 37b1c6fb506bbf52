import Access
import GatewayCore
package import OpenSSLCrypto
package import StrictJSON
package import Tokens

/// An Ed25519 key that signs what upstreams are told (RFC 8037 JWK, kty OKP).
package struct AssertionKey: Sendable {
    /// The `kid`.
    package let id: String
    package let privateKey: Ed25519.PrivateKey
    private let seed: SecretBytes
    /// Unix seconds.
    package let created: Int64
    /// Unix seconds since when it signs no more; nil: it may sign.
    package let retired: Int64?
    package let use = KeyUseMark()

    init(id: String, seed: SecretBytes, created: Int64, retired: Int64?) throws(CryptoError) {
        self.id = id
        self.seed = seed
        privateKey = try Ed25519.PrivateKey(seed: seed)
        self.created = created
        self.retired = retired
    }

    /// The key that `assertion: hmac` shares with one upstream.
    package func hmacKey(upstream: String) throws(CryptoError) -> SecretBytes {
        try UpstreamProfile.hmacKey(seed: seed, upstream: upstream)
    }

    /// The public half, as it stands in `/.well-known/jwks.json`.
    package var publicJWK: JSONValue {
        .object([
            ("kty", "OKP"), ("crv", "Ed25519"), ("kid", .string(id)), ("alg", "EdDSA"), ("use", "sig"),
            ("x", .string(Base64URL.encode(privateKey.publicKey.bytes))),
        ])
    }

    /// The RFC 7638 thumbprint of a public key: its `kid` when Gatehouse makes one.
    static func thumbprint(publicKey x: String) -> String {
        // Members in lexicographic order and no white space, as section 3 asks; the RFC 8037 appendix A.3 example is a test.
        Base64URL.encode(Digest.hash(.sha256, Array(#"{"crv":"Ed25519","kty":"OKP","x":"\#(x)"}"#.utf8)))
    }
}

/// `keys/assertion.jwks.json`, read strictly and written.
enum AssertionKeyFile {
    /// A set with one new key.
    static func generate(at now: Int64) throws(CryptoError) -> [UInt8] {
        JSONValue.object([("keys", .array([try key(at: now)]))]).utf8(pretty: true) + [UInt8(ascii: "\n")]
    }

    /// A new key.
    static func key(at now: Int64) throws(CryptoError) -> JSONValue {
        let seed = RandomBytes.generateSecret(Ed25519.keyByteCount)
        let x = Base64URL.encode(try Ed25519.PrivateKey(seed: seed).publicKey.bytes)
        return .object([
            ("kty", "OKP"), ("crv", "Ed25519"), ("kid", .string(AssertionKey.thumbprint(publicKey: x))), ("alg", "EdDSA"), ("use", "sig"),
            ("x", .string(x)), ("d", .string(seed.withBytes { Base64URL.encode($0) })), ("created", .integer(now)),
        ])
    }

    /// - Returns: the keys in the order of the file, at least one not retired; nil when there was a mistake.
    static func parse(_ bytes: [UInt8], path: String, diagnostics: inout [Diagnostic]) -> [AssertionKey]? {
        guard var file = JSONFile(path: path, bytes: bytes, diagnostics: &diagnostics) else { return nil }
        defer { diagnostics += file.diagnostics }
        let root = file.document.root
        guard file.checkObject(root, required: ["keys"], optional: [], what: "a key set"), let list = root["keys"] else { return nil }
        guard list.kind == .array else {
            file.problem("`keys` must be a list", at: list)
            return nil
        }
        var keys: [AssertionKey] = []
        for item in list.elements {
            guard let key = key(item, in: &file) else { continue }
            if keys.contains(where: { $0.id == key.id }) {
                file.problem("two keys have the kid `\(ForeignText.quotable(key.id))`", at: item)
            }
            keys.append(key)
        }
        if file.isGood && !keys.contains(where: { $0.retired == nil }) {
            file.problem("there is no key that may sign: the set needs one that is not retired", at: list)
        }
        return file.isGood ? keys : nil
    }

    private static func key(_ item: JSONElement, in file: inout JSONFile) -> AssertionKey? {
        let isWhole = file.checkObject(
            item, required: ["kty", "crv", "kid", "x", "d"], optional: ["alg", "use", "created", "retired"], what: "an assertion key"
        )
        guard isWhole else { return nil }
        _ = file.string("kty", of: item, { $0 == "OKP" }, expected: "`OKP`")
        _ = file.string("crv", of: item, { $0 == "Ed25519" }, expected: "`Ed25519`")
        _ = file.string("alg", of: item, { $0 == "EdDSA" }, expected: "`EdDSA`")
        _ = file.string("use", of: item, { $0 == "sig" }, expected: "`sig`")
        let id = file.string("kid", of: item, PartnerRecord.isWord, expected: "1 to 128 printable characters")
        let created = file.time("created", of: item)
        let retired = file.time("retired", of: item)
        guard let id, let x = bytes("x", of: item, in: &file), let d = bytes("d", of: item, in: &file) else { return nil }
        guard let key = try? AssertionKey(id: id, seed: SecretBytes(d), created: created ?? 0, retired: retired) else {
            file.problem("`d` is no Ed25519 private key", at: item)
            return nil
        }
        guard key.privateKey.publicKey.bytes == x else {
            // Publishing another key than the one that signs would make every upstream refuse.
            file.problem("`x` is not the public key that belongs to `d`", at: item)
            return nil
        }
        return key
    }

    private static func bytes(_ name: String, of item: JSONElement, in file: inout JSONFile) -> [UInt8]? {
        guard let element = item[name] else { return nil }
        guard let text = element.string, let bytes = try? Base64URL.decode(Array(text.utf8).span), bytes.count == Ed25519.keyByteCount
        else {
            file.problem("`\(name)` must be 32 bytes in base64url", at: element)
            return nil
        }
        return bytes
    }
}
