package import Access
import GatewayCore
import OpenSSLCrypto

/// What became of a policy file.
package struct PolicyLoad: Sendable {
    /// As the person named it.
    package let file: String
    /// Nil when any diagnostic is an error.
    package let policy: Policy?
    /// In the order of the file.
    package let diagnostics: [Diagnostic]
    package let summary: PolicySummary
    /// What was read, to show the lines with the problems; empty when nothing was.
    package var bytes: [UInt8] = []

    package var errors: [Diagnostic] {
        diagnostics.filter { $0.severity == .error }
    }
}

/// Policy files: bytes on disk to a policy, or to everything that is wrong with them.
package enum PolicyFile {
    /// - Parameter upstreams: the names of the gateway's upstreams; nil when they are not known, so that no destination is refused.
    package static func load(_ file: String, upstreams: Set<String>?) -> PolicyLoad {
        let bytes: [UInt8]
        do {
            bytes = try OpenFile(file, for: .reading).readToEnd(limit: YAMLReader.maximumSize)
        } catch {
            let problem = Diagnostic(file: file, line: 1, column: 1, message: "the policy cannot be read: \(error.reason)")
            return PolicyLoad(file: file, policy: nil, diagnostics: [problem], summary: PolicySummary())
        }
        return compile(bytes, file: file, upstreams: upstreams)
    }

    /// The same for bytes at hand. The digest of the policy is the SHA-256 of these bytes.
    package static func compile(_ bytes: [UInt8], file: String, upstreams: Set<String>?) -> PolicyLoad {
        let source = YAMLReader.read(bytes, file: file)
        guard let root = source.root else {
            return PolicyLoad(file: file, policy: nil, diagnostics: source.problems, summary: PolicySummary(), bytes: bytes)
        }
        let (policy, diagnostics, summary) = PolicyCompiler.compile(
            root, file: file, digest: digest(bytes), upstreams: upstreams, isWhole: source.problems.isEmpty,
            ownPaths: Set(Endpoint.allCases.map(\.rawValue))
        )
        let all = (source.problems + diagnostics).sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        return PolicyLoad(file: file, policy: source.problems.isEmpty ? policy : nil, diagnostics: all, summary: summary, bytes: bytes)
    }

    /// Of a file as it stands, good or not; nil when it cannot be read.
    package static func digest(of file: String) -> String? {
        (try? OpenFile(file, for: .reading).readToEnd(limit: YAMLReader.maximumSize)).map { digest($0) }
    }

    /// SHA-256, 64 lower-case hexadecimal digits: what `/status`, the decision log and assertions name a policy by.
    package static func digest(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = Digest.hash(.sha256, bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
