import Foundation
import GatewayServer
import GatewayTesting
import StrictJSON
import Testing

@Suite("gatehouse audit verify", .ownThread)
struct AuditCommandTests {
    private static func chain(_ count: Int, _ chain: inout DecisionChain) -> String {
        let lines = (0..<count).map { #"{"time":"t","request_id":"r\#($0)","method":"GET""# + "\n" }.joined()
        return String(decoding: chain.seal(Array(lines.utf8)), as: UTF8.self)
    }

    @Test("an intact log ends with 0 and says where it ends; the configured file is the default")
    func intact() throws {
        let place = try Workplace()
        var chain = DecisionChain()
        try FileManager.default.createDirectory(atPath: "\(place.path)/data", withIntermediateDirectories: true)
        try place.write("data/decisions.jsonl", Self.chain(5, &chain))
        let result = try place.run("audit", "verify")
        #expect(result.status == 0)
        #expect(result.output.contains("data/decisions.jsonl: 5 records, intact"))
        #expect(result.output.contains(String(decoding: chain.last, as: UTF8.self)))
        let json = try place.run("audit", "verify", "data/decisions.jsonl", "--json").json()
        #expect(json["ok"]?.bool == true)
        #expect(json["records"]?.integer == 5)
        #expect(json["broken"]?.kind == .null)
        #expect(json["last_hash"]?.string == String(decoding: chain.last, as: UTF8.self))
    }

    @Test("an empty log is intact")
    func empty() throws {
        let place = try Workplace()
        try place.write("empty.jsonl", "")
        let result = try place.run("audit", "verify", "empty.jsonl")
        #expect(result.status == 0)
        #expect(result.output.contains("0 records"))
    }

    @Test(
        "the first broken line is named with its number and why, and the exit code is 1",
        arguments: [
            ("changed", 3, "the line was changed"), ("removed", 3, "does not follow"), ("cut", 6, "has no end"),
            ("text", 3, "is no decision record"),
        ]
    )
    func broken(kind: String, line: Int, why: String) throws {
        let place = try Workplace()
        var chain = DecisionChain()
        var lines = Self.chain(6, &chain).components(separatedBy: "\n")
        switch kind {
        case "changed": lines[2] = lines[2].replacing("GET", with: "PUT")
        case "removed": lines.remove(at: 2)
        case "cut": lines = Array(lines[..<5]) + [String(lines[5].dropLast(20))]
        default: lines.insert("hello", at: 2)
        }
        try place.write("log", lines.joined(separator: "\n"))
        let result = try place.run("audit", "verify", "log")
        #expect(result.status == 1)
        #expect(result.output.contains("log:\(line): broken: "))
        #expect(result.output.contains(why))
        let json = try place.run("audit", "verify", "log", "--json")
        #expect(json.status == 1)
        let broken = try json.json()["broken"]
        #expect(broken?["line"]?.integer == Int64(line))
        #expect(broken?["file"]?.string == "log")
        #expect(broken?["why"]?.string?.contains(why) == true)
    }

    @Test("rotated files are one chain in their order, and in no other")
    func several() throws {
        let place = try Workplace()
        var chain = DecisionChain()
        for name in ["1", "2", "3"] { try place.write(name, Self.chain(3, &chain)) }
        #expect(try place.run("audit", "verify", "1", "2", "3").status == 0)
        let wrong = try place.run("audit", "verify", "1", "3", "2")
        #expect(wrong.status == 1)
        #expect(wrong.output.contains("3:1: broken: "))
        let late = try place.run("audit", "verify", "2", "3")
        #expect(late.status == 0)
        #expect(late.output.contains("begins in the middle of a chain"))
        #expect(try place.run("audit", "verify", "2", "--json").json()["continues"]?.string?.count == 64)
        #expect(try place.run("audit", "verify", "1", "--json").json()["continues"]?.kind == .null)
        var other = DecisionChain()
        try place.write("other", Self.chain(1, &other))
        let restarted = try place.run("audit", "verify", "1", "other")
        #expect(restarted.status == 1)
        #expect(restarted.output.contains("a new chain begins here"))
    }

    @Test("what cannot be read is named", arguments: ["nowhere.jsonl", "policies"])
    func unreadable(name: String) throws {
        let place = try Workplace()
        let result = try place.run("audit", "verify", name)
        #expect(result.status == 66)
        #expect(result.error.contains(name))
        #expect(!result.error.contains("NSError") && !result.error.contains("Domain="))
        #expect(result.output == "")
    }

    @Test("what is asked wrongly is a usage error")
    func usage() throws {
        let place = try Workplace()
        #expect(try place.run("audit", "verify", "--nothing").status == 64)
        #expect(try place.run("audit", "prove").status == 64)
        try place.write("policies/gateway.yaml", "decisions: \"-\"\n")
        let standard = try place.run("audit", "verify")
        #expect(standard.status == 64)
        #expect(standard.error.contains("name the files"))
    }
}
