import Access
import GatewayConfiguration
import GatewayCore
import Testing

/// `policies/README.md` says of every reason what to do about it.
@Suite("The guide for admins")
struct PolicyGuideTests {
    static func lines() throws -> [Substring] {
        String(decoding: try PolicyFixture.repositoryFile("policies/README.md"), as: UTF8.self).split(separator: "\n")
    }

    @Test("has one entry for each reason, and no other", arguments: Reason.allCases)
    func entry(reason: Reason) throws {
        let entries = try Self.lines().filter { $0.hasPrefix("| `\(reason.rawValue)` |") }
        #expect(entries.count == 1)
        let cells = (entries.first ?? "").split(separator: "|").map { $0.trimming { $0 == " " } }
        #expect(cells.allSatisfy { !$0.isEmpty } && cells.count >= 3)
        // Where the table tells the status, it is the one that the gateway answers with.
        if cells.count > 2, let told = Int(cells[1].prefix(3)) { #expect(told == reason.problemCode?.status) }
    }

    @Test("tells of no reason that there is not")
    func noOthers() throws {
        let section = try Self.lines().drop { !$0.hasPrefix("## 3.") }
        let named = section.filter { $0.hasPrefix("| `") }.map { $0.dropFirst(3).prefix { $0 != "`" } }
        #expect(named.count == Reason.allCases.count)
        for name in named { #expect(Reason(rawValue: String(name)) != nil, "\(name)") }
    }

    @Test("shows a policy that loads")
    func example() throws {
        let text = try Self.lines().drop { $0 != "policy: 1" }.prefix { $0 != "```" }.joined(separator: "\n")
        let load = PolicyFixture.compile(text + "\n", upstreams: [])
        #expect(load.policy != nil, "\(load.diagnostics)")
    }
}

extension Substring {
    fileprivate func trimming(_ isSpace: (Character) -> Bool) -> Substring {
        var result = self.drop(while: isSpace)
        while let last = result.last, isSpace(last) { result.removeLast() }
        return result
    }
}
