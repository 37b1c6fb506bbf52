import Access
import Foundation
import GatewayConfiguration

/// Small policies for tests, and what became of them.
enum PolicyFixture {
    /// A valid policy without warnings, by line.
    static let lines = [
        "policy: 1",
        "scopes: {s: A scope, t: Another scope}",
        "roles: {reader: {grants: [s]}, writer: {includes: [reader], grants: [t], objects: any}}",
        "callers: {partner: {via: partner-token, roles: [reader, writer]}, staff: {via: session, roles: [reader]}}",
        "routes:",
        "  - {id: a.read, methods: [GET], path: '/a/{id}', needs: [s], object: id, to: provisioning}",
        "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning}",
        "tests:",
        "  - {as: {partner: acme, roles: [writer]}, may: [a.read, a.write]}",
        "  - {as: {anonymous: true}, may-not: [a.read]}",
    ]

    static func text(replacing replacements: [Int: String] = [:], adding: [String] = []) -> String {
        let all = lines.enumerated().map { replacements[$0 + 1] ?? $1 } + adding
        return all.joined(separator: "\n") + "\n"
    }

    static func compile(_ text: String, upstreams: Set<String>? = nil) -> PolicyLoad {
        PolicyFile.compile(Array(text.utf8), file: "p", upstreams: upstreams)
    }

    /// `line:column severity: message [suggestion]`
    static func problems(_ load: PolicyLoad) -> [String] {
        load.diagnostics.map { problem in
            "\(problem.line):\(problem.column) \(problem.severity.rawValue): \(problem.message)"
                + (problem.suggestion.map { " [\($0)]" } ?? "")
        }
    }

    /// The repository's own file of this name.
    static func repositoryFile(_ name: String) throws -> [UInt8] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return Array(try Data(contentsOf: root.appending(path: name)))
    }
}
