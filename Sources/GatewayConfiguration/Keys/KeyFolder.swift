import Foundation
import OpenSSLCrypto

/// Where the keys and partners of one gateway are. Only names: nothing is read before it is asked for.
package struct KeyFolder: Sendable {
    /// The folder, relative to the working directory or absolute.
    package let path: String
    /// One NextAuth/Auth.js secret a line.
    package let sessionSecretsPath: String
    /// What the environment gives as seal key; it goes before the file.
    private let environmentSealKey: SecretBytes?

    /// - Parameters:
    ///   - sessionSecretsPath: nil: `session-secrets` in the folder.
    ///   - environment: where `GATEHOUSE_SEAL_KEY` is looked for; an empty one counts as none.
    package init(path: String, sessionSecretsPath: String? = nil, environment: [String: String]) {
        self.path = path
        self.sessionSecretsPath = sessionSecretsPath ?? "\(path)/session-secrets"
        environmentSealKey = environment[SealKey.environmentName].flatMap { $0.isEmpty ? nil : SecretBytes(Array($0.utf8)) }
    }

    package var tokenKeysPath: String { "\(path)/tokens.jwks.json" }
    package var assertionKeysPath: String { "\(path)/assertion.jwks.json" }
    package var sealKeyPath: String { "\(path)/seal.key" }
    package var partnersPath: String { "\(path)/partners" }
    package func partnerPath(_ id: String) -> String { "\(partnersPath)/\(id).json" }

    var hasEnvironmentSealKey: Bool { environmentSealKey != nil }

    /// What to call the place the seal key comes from, in messages.
    var sealKeySource: String { hasEnvironmentSealKey ? SealKey.environmentName : sealKeyPath }

    package func loadSealKey() throws(SealKeyError) -> SealKey {
        if let environmentSealKey { return try SealKey(text: environmentSealKey) }
        let text: [UInt8]
        do {
            text = try PrivateFile.read(sealKeyPath)
        } catch {
            throw error.isMissing ? .missing(path: sealKeyPath) : .file(error)
        }
        return try SealKey(text: SecretBytes(text))
    }

    /// The ids that have a file in `partners`, sorted, and what lies there that is no partner's file. A missing folder has neither.
    ///
    /// Names that begin with a dot are passed over: they are files on their way to their name.
    func partnerFiles() throws(FileError) -> (ids: [String], strangers: [String]) {
        do {
            _ = try OpenFile(partnersPath, for: .directory)
        } catch {
            // No such name at all is a folder without partners yet; one that cannot be opened is an error.
            if error.isMissing { return ([], []) }
            throw error
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: partnersPath) else {
            throw FileError(path: partnersPath, reason: "cannot be listed")
        }
        var ids: [String] = []
        var strangers: [String] = []
        for name in names.sorted() where !name.hasPrefix(".") {
            if name.hasSuffix(".json") { ids.append(String(name.dropLast(5))) } else { strangers.append(name) }
        }
        return (ids, strangers)
    }
}
