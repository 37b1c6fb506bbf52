package import Access
package import GatewayCore
package import OpenSSLCrypto
import StrictJSON
package import Tokens

/// Changes the key files: a new key that signs from now on, and away with keys that nothing can need any more. Whole files, one change at a
/// time; a running gateway follows by itself.
package struct KeyRotation {
    private let folder: KeyFolder
    /// Unix seconds.
    private let now: Int64

    package init(_ folder: KeyFolder, at now: Int64) {
        self.folder = folder
        self.now = now
    }

    /// Why the keys were not changed.
    package enum Failure: Error, CustomStringConvertible {
        case file(FileError)
        /// What is wrong with the file as it is.
        case unreadable([Diagnostic])
        case crypto(CryptoError)

        package var description: String {
            switch self {
            case .file(let error): error.description
            case .unreadable(let diagnostics): diagnostics.map(\.rendered).joined(separator: "\n")
            case .crypto(let error): "no key could be made: \(error)"
            }
        }
    }

    /// Puts a new key first and retires the one that signed until now.
    /// - Parameter algorithm: of a new token key; nil: as the one before. Assertion keys are Ed25519 keys always.
    /// - Returns: the ids of both.
    package func rotate(
        _ purpose: KeyStatus.Purpose, algorithm: TokenAlgorithm? = nil
    ) throws(Failure) -> (new: String, retired: String) {
        try changing(purpose) { set throws(Failure) in
            guard let signing = set.firstIndex(where: { $0.member("retired") == nil }) else { throw .unreadable([]) }
            let retired = set[signing].text("kid")
            let new: JSONValue
            switch purpose {
            case .token:
                let old = set[signing].text("alg")
                new = TokenKeyFile.key(algorithm ?? TokenAlgorithm(rawValue: old) ?? .HS256, at: now)
            case .assertion:
                do throws(CryptoError) { new = try AssertionKeyFile.key(at: now) } catch { throw .crypto(error) }
            }
            set[signing].add("retired", .integer(now))
            set.insert(new, at: 0)
            return (new.text("kid"), retired)
        }
    }

    /// Removes the keys that were retired so long ago that nothing they signed can be good.
    /// - Returns: their ids.
    package func prune(_ purpose: KeyStatus.Purpose) throws(Failure) -> [String] {
        try changing(purpose) { set throws(Failure) in
            let isExpired = { (key: JSONValue) in
                if case .integer(let retired)? = key.member("retired") { now > retired + KeyStatus.longestUse } else { false }
            }
            let removed = set.filter(isExpired).map { $0.text("kid") }
            set.removeAll(where: isExpired)
            return removed
        }
    }

    private func changing<Answer>(
        _ purpose: KeyStatus.Purpose, _ change: (inout [JSONValue]) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        let result: Result<Answer, Failure>
        do {
            result = try FolderLock.hold(folder: folder.path) {
                PrivateFile.removeLeftovers(in: folder.path)
                return Result { () throws(Failure) in try changeHeld(purpose, change) }
            }
        } catch {
            throw .file(error)
        }
        return try result.get()
    }

    private func changeHeld<Answer>(
        _ purpose: KeyStatus.Purpose, _ change: (inout [JSONValue]) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        let path = purpose == .token ? folder.tokenKeysPath : folder.assertionKeysPath
        let bytes: [UInt8]
        do { bytes = try PrivateFile.read(path) } catch { throw .file(error) }
        try check(bytes, purpose, path)
        guard let root = try? JSONDocument(bytes).root, let list = root["keys"] else { throw .unreadable([]) }
        var set = list.elements.map { JSONValue($0) }
        let before = set.count
        let answer = try change(&set)
        // What this version does not know of a set stays as it is.
        let members = root.members.map { ($0.name, $0.name == "keys" ? JSONValue.array(set) : JSONValue($0.value)) }
        let text = JSONValue.object(members).utf8(pretty: true) + [UInt8(ascii: "\n")]
        try check(text, purpose, path)
        if set.count == before { return answer }
        do { try PrivateFile.replace(path, contents: text) } catch { throw .file(error) }
        return answer
    }

    /// As a gateway will read it.
    private func check(_ bytes: [UInt8], _ purpose: KeyStatus.Purpose, _ path: String) throws(Failure) {
        var diagnostics: [Diagnostic] = []
        switch purpose {
        case .token: do { _ = try KeyRing(jwks: bytes) } catch { diagnostics = [.whole(path, "\(error)")] }
        case .assertion: _ = AssertionKeyFile.parse(bytes, path: path, diagnostics: &diagnostics)
        }
        if diagnostics.contains(where: { $0.severity == .error }) { throw .unreadable(diagnostics) }
    }
}

extension JSONValue {
    fileprivate func member(_ name: String) -> JSONValue? {
        if case .object(let members) = self { members.first { $0.0 == name }?.1 } else { nil }
    }

    fileprivate func text(_ name: String) -> String {
        if case .string(let text)? = member(name) { text } else { "" }
    }

    fileprivate mutating func add(_ name: String, _ value: JSONValue) {
        if case .object(let members) = self { self = .object(members + [(name, value)]) }
    }
}
