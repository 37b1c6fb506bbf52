import Foundation
import GatewayTesting
import Glibc
import StrictJSON
import Testing

@Suite("The policy that changes while the gateway runs", .ownThread)
struct PolicyChangeTests {
    static let suspension = "\ndeny:\n  - id: suspended\n    when: { partner: [initech] }\n    because: Not paid\n"

    /// Everything that can become of the file but a policy.
    static let damages: [(name: String, text: String)] = [
        ("D-03: empty", ""),
        ("D-03: another kind of file", "<!doctype html><title>502 Bad Gateway</title>"),
        (
            "D-04: one rule of many is bad",
            Place.shippedPolicy + "\ndeny:\n  - id: one\n    when: { partner: [x1] }\n  - id: two\n    wen: { partner: [x2] }\n"
        ),
        ("D-04: a narrowing key is misspelt", Place.shippedPolicy.replacing("    object: id\n", with: "    objetc: id\n")),
        ("D-05: a name that looks like code", Place.shippedPolicy.replacing("customers.list", with: #""x\"] data.allow = {true""#)),
        ("D-06: half written", String(Place.shippedPolicy.prefix(Place.shippedPolicy.count / 2)) + "\n  - id: [cut"),
        ("a test of its own fails", Place.shippedPolicy.replacing("may-not: [customers.read other,", with: "may-not: [customers.list,")),
    ]

    @Test("whatever becomes of the file, the last good policy stays in force and the log says where the mistake is (D-02 to D-06)")
    func damaged() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        try place.serving { gateway in
            let connection = try gateway.connect()
            let bearer = "Authorization: Bearer \(try gateway.token(initech))"
            #expect(try connection.get(Gateway.customers, bearer).status == 200)
            for (name, text) in Self.damages {
                try place.write("policies/policy.yaml", text)
                _ = try gateway.record("stale")
                #expect(gateway.program.errors.lines.contains { $0.contains("policies/policy.yaml:") && $0.contains("error") }, "\(name)")
                #expect(try connection.get(Gateway.customers, bearer).status == 200, "\(name)")
                #expect(try connection.get(Gateway.customers).status == 401, "\(name)")
                #expect(try connection.get("/none", bearer).status == 404, "\(name)")
            }
            try place.remove("policies/policy.yaml")
            _ = try gateway.record("stale")
            #expect(try connection.get(Gateway.customers, bearer).status == 200)
            try FileManager.default.createDirectory(atPath: "\(place.path)/policies/policy.yaml", withIntermediateDirectories: false)
            _ = try gateway.record("stale")
            #expect(try connection.get(Gateway.customers, bearer).status == 200)
            try place.remove("policies/policy.yaml")
            try place.write("policies/policy.yaml", Place.shippedPolicy + Self.suspension)
            _ = try gateway.record("reloaded")
            #expect(try eventually { try connection.get(Gateway.customers, bearer).status == 403 })
        }
    }

    /// Puts a file in the place of another, as careful people do.
    private static func swap(_ place: Place, _ text: String) throws {
        try place.write("policies/next.yaml", text)
        try rename("next.yaml", in: place)
    }

    private static func rename(_ name: String, in place: Place) throws {
        // Strings live for the length of the call.
        let result = unsafe Glibc.rename("\(place.path)/policies/\(name)", "\(place.path)/policies/policy.yaml")
        try #require(result == 0)
    }

    @Test("D-06: under a storm of requests and changes each request has one policy, which its record names")
    func storm() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        let texts = [Place.shippedPolicy, Place.shippedPolicy + Self.suspension]
        try place.serving { gateway in
            let connection = try gateway.connect()
            let bearer = "Authorization: Bearer \(try gateway.token(initech))"
            var statuses: [Int: Int] = [:]
            for round in 1...6 {
                try Self.swap(place, texts[round % 2])
                let wanted = round % 2 == 0 ? 200 : 403
                // Asks on and on while the gateway turns from one to the other.
                #expect(
                    try eventually {
                        let status = try connection.get(Gateway.customers, bearer).status
                        statuses[status, default: 0] += 1
                        return status == wanted
                    })
            }
            #expect(Set(statuses.keys) == [200, 403])
            // A link that is flipped is a change too.
            try place.write("policies/a.yaml", texts[1])
            try FileManager.default.createSymbolicLink(atPath: "\(place.path)/policies/link", withDestinationPath: "a.yaml")
            try Self.rename("link", in: place)
            #expect(try eventually { try connection.get(Gateway.customers, bearer).status == 403 })
            try gateway.stop()
        }
        var decisions: [String: Set<String>] = [:]
        for line in try place.decisions() {
            let record = try JSONDocument(Array(line.utf8)).root
            guard record["route"]?.string == "customers.list", let policy = record["policy"]?.string else { continue }
            decisions[policy, default: []].insert(record["decision"]?.string ?? "")
        }
        #expect(decisions.count == 2)
        #expect(decisions.values.allSatisfy { $0.count == 1 })
    }

    @Test("a candidate is asked beside, re-read when it changes, and its mistakes hold up nothing")
    func shadow() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        try place.write("next.yaml", Place.shippedPolicy + Self.suspension)
        try place.serving("--shadow-policy", "next.yaml") { gateway in
            let connection = try gateway.connect()
            let bearer = "Authorization: Bearer \(try gateway.token(initech))"
            #expect(try connection.get(Gateway.customers, bearer).status == 200)
            let told = try gateway.record("shadow")
            #expect(
                ["route", "live", "shadow", "shadow_reason"].map { told[$0]?.string } == ["customers.list", "allow", "deny", "deny_rule"])
            #expect(told["level"]?.string == "warning")

            // A candidate that does not load is told; the last one stays, and the live policy changes all the same.
            try place.write("next.yaml", "policy: 1\nroutes: [\n")
            _ = try gateway.record("reloaded")
            #expect(gateway.program.errors.lines.contains { $0.contains("next.yaml:") && $0.contains("warning") })
            #expect(try connection.get(Gateway.customers, bearer).status == 200)
            _ = try gateway.record("shadow")
            try place.write("policies/policy.yaml", Place.shippedPolicy + Self.suspension)
            #expect(try eventually { try connection.get(Gateway.customers, bearer).status == 403 })

            // Now both refuse; a candidate that allows again disagrees the other way.
            try place.write("next.yaml", Place.shippedPolicy)
            let isTold = try eventually {
                _ = try connection.get(Gateway.customers, bearer)
                return gateway.program.errors.lines.contains { $0.contains(#""shadow":"allow""#) && $0.contains(#""live":"deny""#) }
            }
            #expect(isTold)
        }
    }

    @Test("a candidate that does not load when the gateway starts is told by its line")
    func badShadow() throws {
        let place = try Place()
        try place.write("next.yaml", "policy: 1\nroute: []\n")
        let failed = try place.serveFails("--shadow-policy", "next.yaml")
        #expect(failed.status == 78)
        #expect(failed.error.contains("next.yaml:2:1: error: unknown key `route` in the policy (did you mean `routes`?)"))
        let missing = try place.serveFails(environment: ["GATEHOUSE_SHADOW_POLICY": "none.yaml"])
        #expect(missing.status == 78 && missing.error.contains("none.yaml"))
    }

    @Test("the commands of the guide print what the guide shows")
    func guide() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("policies/README.md"), encoding: .utf8)
        let shown = Set(page.split(separator: "\n").filter { $0.hasPrefix("    ") }.map { $0.dropFirst(4) })
        let place = try Place()
        _ = try place.addPartner("acme")
        let next = try Place.policy(
            with: "partner-reader:     { grants: [customers:read, customers:write], objects: own }",
            for: "partner-reader:     { grants: [customers:read], objects: own }"
        )
        try place.write("next.yaml", next)
        let check = try place.run("policy", "check", "next.yaml")
        #expect(check.status == 1)
        let problems = check.output.split(separator: "\n")
        for line in problems.prefix(3) + problems.suffix(1) { #expect(shown.contains(line), "\(line)") }

        try place.write(
            "next.yaml",
            next.replacing(
                "[customers.read other, customers.create, customers.replace, customers.update, customers.delete]",
                with: "[customers.delete]")
        )
        let diff = try place.run("policy", "diff", "policies/policy.yaml", "next.yaml")
        #expect(diff.status == 3, "\(diff.error)")
        for line in diff.output.split(separator: "\n") { #expect(shown.contains(line), "\(line)") }

        let explained = try place.run(
            "policy", "explain", "--partner", "acme", "--method", "PUT", "--path", "/api/provisioning/customers/cus_1", "--owner", "globex")
        #expect(explained.status == 3)
        for line in explained.output.split(separator: "\n") { #expect(shown.contains(line), "\(line)") }
    }

    @Test("what a running gateway has decided is replayed from its own log")
    func replay() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        try place.serving { gateway in
            let connection = try gateway.connect()
            let bearer = "Authorization: Bearer \(try gateway.token(initech))"
            _ = try gateway.createCustomer("One", token: String(bearer.dropFirst("Authorization: Bearer ".count)))
            #expect(try connection.get(Gateway.customers, bearer).status == 200)
            #expect(try connection.get(Gateway.customers).status == 401)
            #expect(try connection.get("/none", bearer).status == 404)
            try gateway.stop()
        }
        let same = try place.run("policy", "replay", "policies/policy.yaml")
        #expect(same.status == 0, "\(same.output)\(same.error)")
        try place.write("next.yaml", Place.shippedPolicy + Self.suspension)
        let replayed = try place.run("policy", "replay", "next.yaml", "--json")
        #expect(replayed.status == 3)
        let json = try JSONDocument(Array(replayed.output.utf8)).root
        #expect(json["unreadable"]?.integer == 0 && (json["decisions"]?.integer ?? 0) >= 4)
        let changed = json["changed"]?.elements.map {
            "\($0["route"]?.string ?? "") \($0["now"]?.string ?? "") \($0["reason"]?.string ?? "")"
        }
        #expect(Set(changed ?? []) == ["customers.create deny deny_rule", "customers.list deny deny_rule"])
    }
}
