import Foundation
import Testing

@Suite("The README")
struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("every file and folder that the pages name is there", arguments: ["README.md", "Benchmarks/README.md"])
    func paths(page: String) throws {
        let folder = Self.root.appendingPathComponent(page).deletingLastPathComponent()
        let text = try String(contentsOf: Self.root.appendingPathComponent(page), encoding: .utf8)
        // `Sources/…` in backticks, and links to pages; what running makes, such as keys and data, is not there yet.
        let named = text.matches(of: /`((?:Sources|Tests|policies)\/[A-Za-z0-9_.\/+-]*)`/).map { (Self.root, String($0.1)) }
        let linked = text.matches(of: /\]\(([A-Za-z0-9_.\/-]+)\)/).map { (folder, String($0.1)) }
        if page == "README.md" { #expect(named.count > 20) }
        for (folder, path) in named + linked {
            #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent(path).path), "\(path)")
        }
    }

    @Test("every target of make that the README names is one")
    func targets() throws {
        let readme = try String(contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
        let makefile = try String(contentsOf: Self.root.appendingPathComponent("Makefile"), encoding: .utf8)
        let named = Set(readme.matches(of: /`make ([a-z]+)`/).map { String($0.1) })
        #expect(named.count > 4)
        for target in named { #expect(makefile.contains("\n\(target):"), "\(target)") }
    }
}
