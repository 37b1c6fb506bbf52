import Foundation
import Testing

/// `Tests/KnownAttacks.md` is a promise: these tests hold it against the sources and the tests that it names.
@Suite("The known attacks")
struct KnownAttacksTests {
    /// How many rows there are under each letter, numbered from 1.
    static let rows: KeyValuePairs = ["P": 21, "H": 17, "F": 12, "J": 18, "S": 7, "M": 12, "T": 7, "D": 11, "L": 4]

    static let ids = rows.flatMap { letter, count in (1...count).map { "\(letter)-\($0 < 10 ? "0" : "")\($0)" } }

    /// One row of a table.
    struct Row: Sendable, CustomTestStringConvertible {
        let id: String
        let cells: [String]
        /// The file that tests without one are in, from the text above the table.
        let tests: String?

        var testDescription: String { id }
        var stoppedBy: String { cells[2] }
        var provedBy: String { cells[3] }
    }

    /// A test, up to where its name is cut, and the file that it is in.
    struct Proof: Sendable {
        let name: String
        let file: String?
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) -> String? { try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) }

    /// The last path components of all sources; a file that was named with its folder may be named without it behind.
    private static let sources: Set<String> = {
        let files = FileManager.default.enumerator(at: root.appendingPathComponent("Sources"), includingPropertiesForKeys: nil)
        return Set((files?.allObjects as? [URL] ?? []).map(\.lastPathComponent))
    }()

    /// The rows of the attacks, then those of the invariants, whose ids are numbers.
    static let table: [Row] = {
        var rows: [Row] = []
        var tests: String?
        for line in (text("Tests/KnownAttacks.md") ?? "").split(separator: "\n") {
            if line.hasPrefix("## ") { tests = nil }
            if let file = line.firstMatch(of: /^All in `([^`]+)`/)?.1 { tests = String(file) }
            guard line.hasPrefix("| ") else { continue }
            let cells = line.dropFirst(2).dropLast(2).components(separatedBy: " | ")
            guard let id = cells.first, id.contains(/^([A-Z]-)?[0-9]+$/) else { continue }
            rows.append(Row(id: id, cells: cells, tests: tests))
        }
        return rows
    }()

    /// `"a name" … in `a file`` belong together; what has no file behind it is in the table's own.
    static func proofs(of row: Row) -> [Proof] {
        var (proofs, waiting): ([Proof], [String]) = ([], [])
        for match in row.provedBy.matches(of: /"([^"]+)"| in `([^`]+\.swift)`|;/) {
            if let name = match.1 {
                waiting.append(name.prefix { $0 != "…" }.trimmingCharacters(in: .whitespaces))
            } else {
                // A semicolon ends what is in the table's own file.
                proofs += waiting.map { Proof(name: $0, file: match.2.map(String.init) ?? row.tests) }
                waiting = []
            }
        }
        return proofs + waiting.map { Proof(name: $0, file: row.tests) }
    }

    @Test("every row of the list of attacks, and every invariant, is there once")
    func complete() {
        #expect(Self.ids.count == 109)
        #expect(Self.table.map(\.id) == Self.ids + (1...10).map(String.init))
        for row in Self.table { #expect(row.cells.count == 4, "\(row.id)") }
    }

    @Test("every row names a file that stops the attack, and every file that is named is there", arguments: table)
    func sourceFiles(row: Row) {
        let files = row.stoppedBy.matches(of: /[A-Za-z0-9_+\/]+\.swift/).map { String($0.0) }
        #expect(!files.isEmpty || row.stoppedBy.contains("/"))
        for file in files {
            let isThere = file.contains("/") ? Self.text("Sources/\(file)") != nil : Self.sources.contains(file) || Self.text(file) != nil
            #expect(isThere, "\(file)")
        }
        for folder in row.stoppedBy.matches(of: /[A-Za-z]+\/[A-Za-z\/]*[A-Za-z](?![A-Za-z0-9_+\/.])/).map({ String($0.0) }) {
            #expect(FileManager.default.fileExists(atPath: Self.root.appendingPathComponent("Sources/\(folder)").path), "\(folder)")
        }
    }

    @Test("every test file that is named is there, and has the tests that are quoted from it", arguments: table)
    func testFiles(row: Row) {
        let proofs = Self.proofs(of: row)
        let files = row.provedBy.matches(of: /`([^`]+\.swift)`/).map { String($0.1) }
        let others = row.provedBy.matches(of: /[A-Z]-[0-9]{2}/).map { String($0.0) }
        // An invariant may point at rows and whole files; an attack is proved by tests of its own.
        #expect(row.id.contains("-") ? !proofs.isEmpty : !(proofs.isEmpty && files.isEmpty && others.isEmpty))
        for file in files { #expect(Self.text("Tests/\(file)") != nil, "\(file)") }
        for proof in proofs {
            let text = proof.file.flatMap { Self.text("Tests/\($0)") }
            #expect(text?.contains("\"\(proof.name)") == true, "\(proof.name) in \(proof.file ?? "no file")")
        }
        for id in others { #expect(Self.ids.contains(id), "\(id)") }
    }
}
