import OpenSSLCrypto
import StrictJSON

/// Why a key file is refused, for the person who must mend it. Holds no key.
package struct KeyRingError: Error, Equatable, CustomStringConvertible {
    package let message: String
    package var description: String { message }
}

/// The keys that sign and verify access tokens: a JWK Set (RFC 7517) of `oct` keys.
///
/// Each key: `kty` `oct`, `kid`, `alg` `HS256`, `HS384` or `HS512`, `k`; optionally `use` `sig`, `key_ops`, `created` and `retired`
/// (unix seconds). Other members are left alone. A set loads whole or not at all.
package struct KeyRing: Sendable {
    /// Every key, in the order of the file.
    package let keys: [TokenKey]
    /// The key for new tokens: the first that is not retired.
    package let signing: TokenKey

    /// - Parameter bytes: the JSON text of the set.
    package init(jwks bytes: [UInt8]) throws(KeyRingError) {
        let document: JSONDocument
        do { document = try JSONDocument(bytes) } catch { throw KeyRingError(message: "not a JWK Set: \(error)") }
        guard document.root.kind == .object, let list = document.root["keys"], list.kind == .array else {
            throw KeyRingError(message: "not a JWK Set: there must be an object with the array `keys`")
        }
        var keys: [TokenKey] = []
        for (position, element) in list.elements.enumerated() {
            let key = try Self.key(element, position: position + 1)
            guard !keys.contains(where: { $0.id == key.id }) else {
                throw KeyRingError(message: "key \(position + 1): `kid` `\(key.id)` is that of an earlier key; each must be unique")
            }
            keys.append(key)
        }
        guard !keys.isEmpty else { throw KeyRingError(message: "the set holds no key") }
        guard let signing = keys.first(where: { $0.retired == nil }) else {
            throw KeyRingError(message: "every key is retired, so none is left to sign with; rotate to add one")
        }
        self.keys = keys
        self.signing = signing
    }

    /// The key with exactly this id.
    package subscript(kid kid: Span<UInt8>) -> TokenKey? {
        keys.first { key in
            let id = key.id.utf8
            guard id.count == kid.count else { return false }
            var index = 0
            for byte in id {
                guard byte == kid[index] else { return false }
                index += 1
            }
            return true
        }
    }

    /// The key whose id is this string of a header; nil for everything that is no string.
    func key(named element: JSONElement) -> TokenKey? { keys.first { key in element.isString(key.id) } }

    private static func key(_ element: JSONElement, position: Int) throws(KeyRingError) -> TokenKey {
        func refuse(_ problem: String) -> KeyRingError { KeyRingError(message: "key \(position): \(problem)") }

        guard element.kind == .object else { throw refuse("not an object") }
        guard let id = element["kid"]?.string, !id.isEmpty else { throw refuse("`kid` must be a string that is not empty") }
        guard let kind = element["kty"]?.string else { throw refuse("`kty` must be the string `oct`") }
        guard kind == "oct" else { throw refuse("`kty` is `\(kind)`; only `oct` keys sign access tokens") }
        guard let algorithm = element["alg"]?.string.flatMap(TokenAlgorithm.init(rawValue:)) else {
            throw refuse("`alg` must be `HS256`, `HS384` or `HS512`")
        }
        if let use = element["use"], !use.isString("sig") { throw refuse("`use` must be `sig` where it is given") }
        if let operations = element["key_ops"] {
            guard operations.elements.contains(where: { $0.isString("verify") }) else {
                throw refuse("`key_ops` must list `verify` where it is given")
            }
        }
        guard let encoded = element["k"], encoded.kind == .string, let secret = try? Base64URL.decode(encoded.utf8.span) else {
            throw refuse("`k` must be the key as base64url without padding")
        }
        guard secret.count >= algorithm.byteCount else {
            throw refuse("`k` has \(secret.count) bytes; \(algorithm.rawValue) takes at least \(algorithm.byteCount)")
        }
        return TokenKey(
            id: id, algorithm: algorithm, secret: SecretBytes(secret),
            created: try time(element["created"], "created", refuse), retired: try time(element["retired"], "retired", refuse))
    }

    private static func time(
        _ element: JSONElement?, _ name: String, _ refuse: (String) -> KeyRingError
    ) throws(KeyRingError) -> Int64? {
        guard let element else { return nil }
        guard let time = element.integer, NumericDate.bounds.contains(time) else {
            throw refuse("`\(name)` must be a time in whole unix seconds")
        }
        return time
    }
}
