import Foundation
import GatewayTesting
import Testing

@Suite("The README", .ownThread)
struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let pages =
        ["README.md", "Benchmarks/README.md", "Fuzz/README.md", "keys/README.md", "policies/README.md"]
        + ["decision-mode", "in-front", "operation", "partners", "sessions", "deploy/README"].map { "Sources/Documentation/\($0).md" }

    static func text(_ page: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(page), encoding: .utf8)
    }

    /// What stands between the fences of the first block of this language.
    static func block(_ language: String, of page: String) throws -> String {
        try text(page).split(separator: "\n", omittingEmptySubsequences: false).drop { $0 != "```\(language)" }.dropFirst()
            .prefix { $0 != "```" }.joined(separator: "\n")
    }

    @Test("every file and folder that the pages name is there", arguments: pages)
    func paths(page: String) throws {
        let folder = Self.root.appendingPathComponent(page).deletingLastPathComponent()
        let text = try Self.text(page)
        // `Sources/…` in backticks, and links to pages; what running makes, such as keys and data, is not there yet.
        let named = text.matches(of: /`((?:Sources|Tests|policies)\/[A-Za-z0-9_.\/+-]*)`/).map { (Self.root, String($0.1)) }
        let linked = text.matches(of: /\]\(([A-Za-z0-9_.\/-]+)(?:#[a-z-]+)?\)/).map { (folder, String($0.1)) }
        if page == "README.md" { #expect(named.count > 20) }
        for (folder, path) in named + linked {
            #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent(path).path), "\(path)")
        }
    }

    @Test("every target of make that the README names is one")
    func targets() throws {
        let readme = try Self.text("README.md")
        let makefile = try Self.text("Makefile")
        let named = Set(readme.matches(of: /`make ([a-z]+)`/).map { String($0.1) })
        #expect(named.count > 4)
        for target in named { #expect(makefile.contains("\n\(target):"), "\(target)") }
    }

    @Test("shows an endpoint and its route as they are")
    func endpoint() throws {
        let code = try Self.block("swift", of: "README.md")
        #expect(code.contains("Operation("))
        #expect(try Self.text("Sources/CustomerAPI/Operations/RemoveCustomer.swift").contains(code))
        let route = try Self.block("yaml", of: "README.md")
        #expect(route.contains("customers.delete"))
        #expect(try Self.text("policies/policy.yaml").contains(route))
    }
}
