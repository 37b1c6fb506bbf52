import Access
import GatewayConfiguration
import Testing

@Suite("Damaged policies")
struct PolicyDamageTests {
    /// Pieces that mean something to YAML, JSON or the policy.
    static let pieces = [
        "\n", " ", "\t", "  ", "- ", ": ", "{", "}", "[", "]", "\"", "'", "#", "&a ", "*a", "!!str ", "<<: ", "|", ">", "---\n", "...\n",
        "%", "@", "`",
        "?", ",", "\\", "\u{0}", "\u{feff}", "\u{2028}", "é", "null", "~", "true", "1", "own", "{id}", "{id...}", "**", "policy: 1\n",
    ]

    @Test("damage gives either a policy or errors inside the file, and never a crash", arguments: 0..<5 as Range<UInt64>)
    func damage(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let whole = try PolicyFixture.repositoryFile("policies/policy.yaml")
        for _ in 0..<20 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                let end = min(bytes.count, position + Int.random(in: 0...20, using: &generator))
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: bytes.removeSubrange(position..<end)
                case 1: bytes.insert(contentsOf: Array(bytes[position..<end]), at: Int.random(in: 0..<bytes.count, using: &generator))
                case 2: bytes[position] = UInt8.random(in: 0...255, using: &generator)
                case 3: bytes.removeSubrange(position...)
                default: bytes.insert(contentsOf: Array((Self.pieces.randomElement(using: &generator) ?? "").utf8), at: position)
                }
                if bytes.isEmpty { bytes = [0x0a] }
            }
            let load = PolicyFile.compile(bytes, file: "p", upstreams: [])
            #expect((load.policy == nil) == load.diagnostics.contains { $0.severity == .error })
            let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false).count
            #expect(load.diagnostics.allSatisfy { (1...lines + 1).contains($0.line) && $0.column >= 1 })
        }
    }
}
