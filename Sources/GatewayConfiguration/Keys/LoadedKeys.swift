package import Access
package import GatewayCore
package import OpenSSLCrypto
package import StrictJSON
package import Tokens

/// Every key of the folder at one moment, apart from the partners' secrets. Immutable: a change on disk makes a new value.
package struct LoadedKeys: Sendable {
    /// The HMAC keys of access tokens.
    package let tokens: KeyRing
    /// In the order of the file; at least one is not retired.
    package let assertions: [AssertionKey]
    /// UTF-8 bytes, newest first; may be empty: then no session is accepted.
    package let sessionSecrets: [SecretBytes]

    /// The key that signs what upstreams are told: the first that is not retired.
    package let assertionSigningKey: AssertionKey

    /// The public assertion keys (RFC 7517): what `/.well-known/jwks.json` answers.
    package var publicKeySet: JSONValue { .object([("keys", .array(assertions.map(\.publicJWK)))]) }

    /// What may be told of every key, in the order of the files.
    package var status: [KeyStatus] {
        tokens.keys.map { key in
            KeyStatus(
                .token, id: key.id, algorithm: key.algorithm.rawValue, created: key.created, retired: key.retired,
                isSigning: key.id == tokens.signing.id, use: key.use
            )
        }
            + assertions.map { key in
                KeyStatus(
                    .assertion, id: key.id, algorithm: "EdDSA", created: key.created, retired: key.retired,
                    isSigning: key.id == assertionSigningKey.id, use: key.use
                )
            }
    }

    /// Reads the folder: all of it, or nothing and every mistake.
    ///
    /// Diagnostics may hold warnings beside a value. A file that group or others can read is an error that names the `chmod` that mends it.
    package static func load(_ folder: KeyFolder) -> (keys: LoadedKeys?, diagnostics: [Diagnostic]) {
        var diagnostics: [Diagnostic] = []
        for directory in [folder.path, folder.partnersPath] {
            do { try PrivateFile.checkDirectory(directory) } catch { diagnostics.append(.whole(error)) }
        }
        let tokens = contents(of: folder.tokenKeysPath, &diagnostics).flatMap { bytes -> KeyRing? in
            do {
                return try KeyRing(jwks: bytes)
            } catch {
                diagnostics.append(.whole(folder.tokenKeysPath, "\(error)"))
                return nil
            }
        }
        let assertions = contents(of: folder.assertionKeysPath, &diagnostics).flatMap {
            AssertionKeyFile.parse($0, path: folder.assertionKeysPath, diagnostics: &diagnostics)
        }
        let secrets = contents(of: folder.sessionSecretsPath, &diagnostics).flatMap {
            SessionSecretsFile.parse($0, path: folder.sessionSecretsPath, diagnostics: &diagnostics)
        }
        guard let tokens, let assertions, let secrets, let signing = assertions.first(where: { $0.retired == nil }),
            !diagnostics.contains(where: { $0.severity == .error })
        else { return (nil, diagnostics) }
        let keys = LoadedKeys(tokens: tokens, assertions: assertions, sessionSecrets: secrets, assertionSigningKey: signing)
        return (keys, diagnostics)
    }

    private static func contents(of path: String, _ diagnostics: inout [Diagnostic]) -> [UInt8]? {
        do {
            return try PrivateFile.read(path)
        } catch {
            diagnostics.append(
                error.isMissing ? .whole(path, "is missing: `gatehouse init` makes the keys that are not there") : .whole(error))
            return nil
        }
    }
}
