import Access
import OpenSSLCrypto
import StrictJSON
import Tokens

/// Makes what is missing of a keys folder. What is there stays as it is, byte for byte.
package struct KeyFolderSetup {
    /// What became of one name.
    package struct Step: Sendable, Equatable {
        package let path: String
        /// Whether it was made now; false: it was there.
        package let isCreated: Bool
    }

    private let folder: KeyFolder
    private let environment: [String: String]
    private let now: Int64

    /// - Parameters:
    ///   - environment: where session secrets may come from.
    ///   - now: unix seconds.
    package init(_ folder: KeyFolder, environment: [String: String], at now: Int64) {
        self.folder = folder
        self.environment = environment
        self.now = now
    }

    /// - Throws: what kept a file from being made; those before it are there.
    package func run() throws -> [Step] {
        let made = try Self.makeDirectory(folder.path)
        return try [made] + FolderLock.hold(folder: folder.path) { Result { try makeFiles() } }.get()
    }

    private func makeFiles() throws -> [Step] {
        PrivateFile.removeLeftovers(in: folder.path)
        var steps = [
            try Self.makeDirectory(folder.partnersPath),
            try make(folder.tokenKeysPath, TokenKeyFile.generate(at: now)),
            try make(folder.assertionKeysPath, AssertionKeyFile.generate(at: now)),
            try make(folder.sessionSecretsPath, sessionSecrets()),
        ]
        // A seal key in the environment goes before the file, so a second one would only mislead.
        if !folder.hasEnvironmentSealKey { steps.append(try make(folder.sealKeyPath, Array((SealKey.generateText() + "\n").utf8))) }
        return steps
    }

    /// Creates a directory with mode 0700 unless it is there.
    package static func makeDirectory(_ path: String) throws -> Step {
        Step(path: path, isCreated: try PrivateFile.makeDirectory(path))
    }

    private func make(_ path: String, _ contents: @autoclosure () throws -> [UInt8]) throws -> Step {
        // Asked first, so that nothing is generated, and no environment judged, for a file that is there.
        if PrivateFile.exists(path) { return Step(path: path, isCreated: false) }
        do {
            try PrivateFile.create(path, contents: try contents())
            return Step(path: path, isCreated: true)
        } catch let error as FileError where error.isExisting {
            return Step(path: path, isCreated: false)
        }
    }

    private func sessionSecrets() throws -> [UInt8] {
        var secrets = SessionSecretsFile.secrets(in: environment)
        if secrets.isEmpty { secrets = [RandomBytes.generateSecret(32).withBytes { Base64URL.encode($0) }] }
        let contents = Array((secrets.joined(separator: "\n") + "\n").utf8)
        var diagnostics: [Diagnostic] = []
        // A secret that the file cannot hold is refused here and not at the next start.
        guard SessionSecretsFile.parse(contents, path: "AUTH_SECRET", diagnostics: &diagnostics)?.count == secrets.count else {
            throw FileError(
                path: folder.sessionSecretsPath,
                reason: "a session secret in the environment has white space at an end or control characters, so it cannot be kept"
            )
        }
        return contents
    }
}

/// `keys/tokens.jwks.json`, written; `KeyRing` reads it.
enum TokenKeyFile {
    /// A set with one new HS256 key.
    static func generate(at now: Int64) -> [UInt8] {
        JSONValue.object([("keys", .array([key(.HS256, at: now)]))]).utf8(pretty: true) + [UInt8(ascii: "\n")]
    }

    /// A new key, as long as the algorithm's hash.
    static func key(_ algorithm: TokenAlgorithm, at now: Int64) -> JSONValue {
        .object([
            ("kty", "oct"), ("kid", .string("\(UnixTime.day(now))-\(Hex.text(RandomBytes.generate(4)))")),
            ("alg", .string(algorithm.rawValue)), ("use", "sig"),
            ("k", .string(RandomBytes.generateSecret(algorithm.byteCount).withBytes { Base64URL.encode($0) })), ("created", .integer(now)),
        ])
    }
}
