import Foundation
import GatewayTesting
import StrictJSON
import Testing

/// The policy commands as people run them: exit codes and shapes are the contract's (section 6).
@Suite(.ownThread) struct PolicyCommandTests {
    static let policy = """
        policy: 1
        scopes: { customers:read: Look, customers:write: Change }
        roles:
          partner-reader: { grants: [customers:read] }
          partner-writer: { includes: [partner-reader], grants: [customers:write] }
          support: { grants: [customers:read], objects: any }
        callers:
          partner: { via: partner-token, roles: [partner-reader, partner-writer] }
          staff: { via: session, roles: [support] }
        routes:
          - { id: read, methods: [GET], path: "/c/{id}", needs: [customers:read], object: id, to: provisioning }
          - { id: write, methods: [POST], path: /c, needs: [customers:write], to: provisioning }
          - { id: open, methods: [GET], path: /open, public: true, to: provisioning }
        tests:
          - as: { partner: acme, roles: [partner-reader] }
            may: [read own, open]
            may-not: [read other, write]

        """

    static func place() throws -> Workplace { try Workplace(policy: policy) }

    static func names(_ element: JSONElement?) -> [String] { element?.members.map(\.name) ?? [] }

    // MARK: check

    @Test func checkTellsWhereAndExitsByIt() throws {
        let place = try Self.place()
        let good = try place.run("policy", "check", "--strict")
        #expect(good.status == 0 && good.error == "")
        #expect(good.output == "policies/policy.yaml: 0 errors, 0 warnings; 3 routes, 1 test, 3 of 3 routes covered by tests\n")

        try place.write(
            "bad.yaml",
            Self.policy.replacing("needs: [customers:write]", with: "needs: [customers:wriet]").replacing("public:", with: "pubic:"))
        let bad = try place.run("policy", "check", "bad.yaml")
        #expect(bad.status == 1)
        let lines = bad.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "bad.yaml:12:53: error: undefined scope `customers:wriet` (did you mean `customers:write`?)")
        #expect(lines.dropFirst().first == " 12 |   - { id: write, methods: [POST], path: /c, needs: [customers:wriet], to: provisioning }")
        #expect(lines.dropFirst(2).first == "    | " + String(repeating: " ", count: 52) + "^")
        #expect(lines.contains("bad.yaml:13:46: error: unknown key `pubic` in a route (did you mean `public`?)"))
        #expect(lines.last?.hasPrefix("bad.yaml: 2 errors, 0 warnings; 3 routes, 1 test") == true)
        #expect(!bad.output.contains("\u{1B}"))
    }

    @Test func checkPrintsTheShapeOfTheContract() throws {
        let place = try Self.place()
        try place.write("warned.yaml", Self.policy.replacing("[read own, open]", with: "[read own]"))
        let result = try place.run("policy", "check", "warned.yaml", "--json")
        let json = try result.json()
        #expect(result.status == 0 && json["ok"]?.bool == true)
        #expect(json["routes"]?.integer == 3 && json["tests"]?.integer == 1 && json["covered"]?.integer == 2)
        let problem = try #require(json["problems"]?.elements.first)
        #expect(Self.names(problem) == ["file", "line", "column", "severity", "message", "suggestion"])
        #expect(problem["severity"]?.string == "warning" && problem["line"]?.integer == 13 && problem["suggestion"]?.isNull == true)
        #expect(try place.run("policy", "check", "warned.yaml", "--strict").status == 1)

        let missing = try place.run("policy", "check", "none.yaml", "--json")
        #expect(missing.status == 1)
        #expect(try missing.json()["ok"]?.bool == false)
    }

    // MARK: explain

    struct Explained: CustomTestStringConvertible, Sendable {
        let arguments: [String]
        /// `decision status reason route`
        let verdict: String
        var nearest: String?
        var testDescription: String { arguments.joined(separator: " ") }

        init(_ arguments: String, _ verdict: String, nearest: String? = nil) {
            self.arguments = arguments.split(separator: " ").map(String.init)
            self.verdict = verdict
            self.nearest = nearest
        }
    }

    @Test(arguments: [
        Explained("GET /c/1 --caller partner --role partner-reader", "allow 200 allowed read"),
        Explained("GET /c/1 --caller partner --role partner-reader --tenant acme --owner acme", "allow 200 allowed read"),
        Explained(
            "GET /c/1 --caller partner --role partner-reader --tenant acme --owner globex", "deny 404 not_owner read",
            nearest: "ask for an object of its own tenant"),
        Explained("HEAD /c/1 --caller staff --role support --owner globex", "allow 200 allowed read"),
        Explained(
            "POST /c --caller partner --role partner-reader", "deny 403 missing_scope write", nearest: "carry the role `partner-writer` too"
        ),
        Explained(
            "POST /c --caller partner --role partner-writer --scope customers:read", "deny 403 missing_scope write",
            nearest: "ask for a token with `customers:write`"),
        Explained("POST /c --caller staff --role support", "deny 403 missing_scope write"),
        Explained("GET /open --anonymous", "allow 200 public open"),
        Explained(
            "GET /c/1 --anonymous", "deny 401 no_credential read",
            nearest: "present a credential as `partner` with the role `partner-reader`"),
        Explained("GET /none --anonymous", "deny 404 no_route -"),
        Explained("DELETE /c --anonymous", "deny 405 method_not_allowed -", nearest: "use one of POST"),
        Explained("BREW /c --anonymous", "deny 501 unknown_method -"),
        Explained("GET /c/%2e%2e --anonymous", "deny 400 malformed_target -"),
        Explained("GET /open?access_token=x --anonymous", "deny 400 token_in_query -"),
        Explained("OPTIONS /c --anonymous", "allow 204 public -"),
        Explained("GET /session --anonymous", "deny 401 no_credential /session"),
        Explained("GET /session --caller staff", "allow 200 allowed /session"),
        Explained("GET /oauth2/token --anonymous", "deny 405 method_not_allowed /oauth2/token"),
    ])
    func explainDecidesAndTellsWhy(row: Explained) throws {
        let place = try Self.place()
        let arguments = ["policy", "explain", "--method", row.arguments[0], "--path", row.arguments[1]] + row.arguments[2...]
        let result = try place.run(arguments + ["--json"])
        let json = try result.json()
        #expect(Self.names(json) == ["decision", "status", "reason", "route", "policy", "conditions", "nearest"])
        let words = [
            json["decision"]?.string, json["status"]?.integer.map { "\($0)" }, json["reason"]?.string, json["route"]?.string ?? "-",
        ]
        #expect(words.compactMap(\.self).joined(separator: " ") == row.verdict)
        let isAllowed = row.verdict.hasPrefix("allow")
        #expect(result.status == (isAllowed ? 0 : 3))
        #expect(json["policy"]?.string?.count == 64)
        let conditions = try #require(json["conditions"]?.elements)
        #expect(conditions.allSatisfy { Self.names($0) == ["condition", "holds", "line", "detail"] })
        #expect(conditions.allSatisfy { $0["holds"]?.bool == true } == isAllowed)
        if let nearest = row.nearest { #expect(json["nearest"]?.string == nearest) }
        if isAllowed { #expect(json["nearest"]?.isNull == true) }

        let table = try place.run(arguments)
        #expect(table.status == result.status && !table.output.contains("\u{1B}"))
        let lines = table.output.split(separator: "\n")
        #expect(lines.dropFirst().prefix(conditions.count).allSatisfy { $0.hasPrefix("hit") || $0.hasPrefix("miss") })
        #expect(lines.contains { $0.hasPrefix("miss") } == !isAllowed)
    }

    @Test func explainReadsCredentialsOfflineOnTheKeyFiles() throws {
        let place = try Self.place()
        try place.run("init")
        for (id, more) in [("acme", []), ("far", ["--network", "10.0.0.0/8"])] as [(String, [String])] {
            let added = try place.run(["partner", "add", id, "--name", id, "--role", "partner-writer"] + more)
            #expect(added.status == 0, "\(added.error)")
        }
        func explain(_ arguments: String..., input: String = "") throws -> String {
            let result = try place.run(["policy", "explain", "--method", "GET", "--path", "/c/1", "--json"] + arguments, input: input)
            let json = try result.json()
            return "\(result.status) \(json["status"]?.integer ?? 0) \(json["reason"]?.string ?? "")"
        }
        let token = try place.run("token", "mint", "--partner", "acme").output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try explain("--token", token) == "0 200 allowed")
        #expect(try explain("--token", token, "--owner", "acme") == "0 200 allowed")
        #expect(try explain("--token", token, "--owner", "globex") == "3 404 not_owner")
        #expect(try explain("--token", "-", input: token + "\n") == "0 200 allowed")
        #expect(try explain("--token", token + "x") == "3 401 bad_mac")
        #expect(try explain("--token", token, "--issuer", "http://elsewhere") == "3 401 wrong_issuer")
        #expect(try explain("--token", "nonsense") == "3 401 malformed_token")
        #expect(try explain("--partner", "acme", "--owner", "globex") == "3 404 not_owner")
        #expect(try explain("--partner", "far") == "0 200 allowed")
        #expect(try explain("--partner", "far", "--network", "10.1.2.3") == "0 200 allowed")
        #expect(try explain("--partner", "far", "--network", "192.0.2.1") == "3 403 network_not_allowed")

        let session = try place.run("session", "mint", "--profile", "authjs-v5", "--subject", "ada@example.com", "--role", "support")
        #expect(try explain("--session", session.output.trimmingCharacters(in: .whitespacesAndNewlines)) == "0 200 allowed")
        #expect(try explain("--session", "nonsense") == "3 401 malformed_token")

        try place.run("partner", "disable", "acme")
        #expect(try explain("--partner", "acme") == "3 401 disabled_partner")
        #expect(try explain("--token", token) == "3 401 disabled_partner")

        // What is secret is never shown, whoever looks.
        let shown = try place.run("policy", "explain", "--method", "GET", "--path", "/c/1", "--token", token)
        #expect(!(shown.output + shown.error).contains(token.split(separator: ".")[2]))
    }

    @Test func explainRefusesWhatItCannotJudge() throws {
        let place = try Self.place()
        let request = ["policy", "explain", "--method", "GET", "--path", "/c/1"]
        #expect(try place.run(request).status == 64)
        #expect(try place.run(request + ["--anonymous", "--caller", "staff"]).status == 64)
        #expect(try place.run(request + ["--anonymous", "--role", "support"]).status == 64)
        #expect(try place.run(request + ["--anonymous", "--network", "home"]).status == 64)
        let caller = try place.run(request + ["--caller", "staf"])
        #expect(caller.status == 1 && caller.error.contains("undefined caller `staf` (did you mean `staff`?)"))
        let role = try place.run(request + ["--caller", "staff", "--role", "suport"])
        #expect(role.status == 1 && role.error.contains("undefined role `suport` (did you mean `support`?)"))
        try place.run("init")
        let partner = try place.run(request + ["--partner", "nobody"])
        #expect(partner.status == 1 && partner.error.contains("nobody"))
        try place.write("bad.yaml", "policy: 2\nroutes: []\n")
        let bad = try place.run(["policy", "explain", "bad.yaml", "--method", "GET", "--path", "/c/1", "--anonymous"])
        #expect(bad.status == 1 && bad.error.contains("bad.yaml:1:9: error:"))
    }

    // MARK: diff, replay

    @Test func diffTellsWhoGainsAndLoses() throws {
        let place = try Self.place()
        try place.write(
            "new.yaml",
            Self.policy.replacing("grants: [customers:read] }\n  partner-w", with: "grants: [customers:read], objects: any }\n  partner-w")
                .replacing("[read other, write]", with: "[write]"))
        let changed = try place.run("policy", "diff", "policies/policy.yaml", "new.yaml", "--json")
        #expect(changed.status == 3, "\(changed.error)")
        let json = try changed.json()
        #expect(json["same"]?.bool == false)
        let change = try #require(json["changes"]?.elements.first)
        #expect(Self.names(change).prefix(5) == ["caller", "roles", "route", "object", "change"])
        #expect(change["caller"]?.string == "partner" && change["roles"]?.elements.map(\.string) == ["partner-reader"])
        #expect(change["route"]?.string == "read" && change["object"]?.string == "other" && change["change"]?.string == "gains")
        let back = try place.run("policy", "diff", "new.yaml", "policies/policy.yaml")
        #expect(back.status == 3 && back.output.contains("loses") && !back.output.contains("\u{1B}"))

        let same = try place.run("policy", "diff", "policies/policy.yaml", "policies/policy.yaml")
        #expect(same.status == 0 && same.output == "same access: nobody gains, nobody loses\n")
        #expect(try place.run("policy", "diff", "policies/policy.yaml", "policies/policy.yaml", "--json").json()["same"]?.bool == true)
        let bad = try place.run("policy", "diff", "policies/policy.yaml", "none.yaml")
        #expect(bad.status == 1 && bad.error.contains("none.yaml:1:1: error: the policy cannot be read"))
        #expect(try place.run("policy", "diff", "policies/policy.yaml").status == 64)
    }

    @Test func replayTellsPastDecisionsThatWouldBeOtherwise() throws {
        let place = try Self.place()
        let record = { (id: String, subject: String) in
            #"{"time":"2026-01-01T00:00:00.000Z","request_id":"\#(id)","method":"GET","path":"/c/1","route":"read","caller":"partner","subject":"\#(subject)","tenant":"\#(subject)","roles":["partner-reader"],"scopes":["customers:read"],"token_id":"t","remote":"127.0.0.1","decision":"allow","reason":"allowed","policy":"x","status":200,"duration_us":5,"prev":"0","hash":"1"}"#
        }
        try FileManager.default.createDirectory(atPath: "\(place.path)/data", withIntermediateDirectories: true)
        // The last line is being written.
        try place.write(
            "data/decisions.jsonl", [record("one", "acme"), record("two", "globex"), #"{"time":"2026"#].joined(separator: "\n"))
        try place.write("new.yaml", Self.policy + "deny: [{ id: suspended, when: { partner: globex } }]\n")
        let some = try place.run("policy", "replay", "new.yaml", "--json")
        #expect(some.status == 3, "\(some.error)")
        let json = try some.json()
        #expect(json["decisions"]?.integer == 2 && json["changed"]?.elements.count == 1 && json["unreadable"]?.integer == 1)
        let change = try #require(json["changed"]?.elements.first)
        #expect(Self.names(change).prefix(5) == ["request_id", "route", "was", "now", "reason"])
        #expect(
            ["request_id", "route", "was", "now", "reason"].map { change[$0]?.string } == ["two", "read", "allow", "deny", "deny_rule"])
        let table = try place.run("policy", "replay", "new.yaml", "--decisions", "data/decisions.jsonl")
        #expect(table.status == 3 && table.output.hasSuffix("2 decisions, 1 would be otherwise; 1 lines are no decision records\n"))
        let none = try place.run("policy", "replay", "policies/policy.yaml", "--decisions", "-", input: record("one", "acme") + "\n")
        #expect(none.status == 0 && none.output == "1 decisions, 0 would be otherwise\n")
        let missing = try place.run("policy", "replay", "new.yaml", "--decisions", "none.jsonl")
        #expect(missing.status == 1 && missing.error.contains("none.jsonl"))
        #expect(try place.run("policy", "replay", "new.yaml", environment: ["GATEHOUSE_DECISIONS": "off"]).status == 1)
    }

    // MARK: routes, format, schema

    @Test func routesTellWhoMay() throws {
        let place = try Self.place()
        let table = try place.run("policy", "routes")
        #expect(
            table.status == 0
                && table.output.hasPrefix(
                    "ROUTE  METHODS  PATH     WHO\nread   GET      /c/{id}  partner-reader, partner-writer, support\n")
        )
        let route = try #require(try place.run("policy", "routes", "--json").json()["routes"]?.elements.first)
        #expect(Self.names(route).prefix(5) == ["id", "methods", "path", "who", "public"])
        #expect(try place.run("policy", "routes", "none.yaml").status == 1)
    }

    @Test func formatPrintsOneLayoutAndRewritesOnlyWhenAsked() throws {
        let place = try Self.place()
        try place.write("wild.yaml", "policy:   1 # one\nscopes: {a: A}\nroutes: []\n")
        let expected = "policy: 1  # one\n\nscopes:\n  a: A\n\nroutes: []\n"
        let printed = try place.run("policy", "format", "wild.yaml")
        #expect(printed.status == 0 && printed.output == expected)
        #expect(try place.read("wild.yaml") != expected)
        let json = try place.run("policy", "format", "wild.yaml", "--json").json()
        #expect(json["changed"]?.bool == true && json["text"]?.string == expected)
        #expect(try place.run("policy", "format", "wild.yaml", "--in-place").output == "")
        #expect(try place.read("wild.yaml") == expected)
        #expect(try place.run("policy", "format", "wild.yaml", "--json").json()["changed"]?.bool == false)
        #expect(try place.run("policy", "format").status == 0)
        try place.write("bad.yaml", "a: [\n")
        let bad = try place.run("policy", "format", "bad.yaml")
        #expect(bad.status == 1 && bad.output == "" && bad.error.contains("bad.yaml:2:1: error:"))
        #expect(try place.run("policy", "format", "none.yaml").status == 1)
    }

    @Test func schemaNeedsNoFile() throws {
        let place = try Self.place()
        let printed = try place.run("policy", "schema")
        #expect(printed.status == 0)
        #expect(try printed.json()["title"]?.string == "Gatehouse policy")
        #expect(try place.run("policy", "schema", "--json").output == printed.output)
    }
}
