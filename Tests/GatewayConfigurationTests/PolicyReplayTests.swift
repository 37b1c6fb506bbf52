import StrictJSON
import Testing

@testable import Access
@testable import GatewayConfiguration

@Suite("Replaying the decision log")
struct PolicyReplayTests {
    static let policy = """
        policy: 1
        scopes: {read: Look, write: Change}
        roles:
          reader: {grants: [read]}
          writer: {includes: [reader], grants: [write]}
          support: {grants: [read], objects: any}
        callers:
          partner: {via: partner-token, roles: [reader, writer]}
          staff: {via: session, roles: [support]}
        routes:
          - {id: read, methods: [GET], path: "/things/{id}", needs: [read], object: id, to: provisioning}
          - {id: make, methods: [POST], path: /things, needs: [write], to: provisioning}
          - {id: sign, methods: [POST], path: /sign, needs: [read], signed: required, to: provisioning}
          - {id: open, methods: [GET], path: /open, public: true, to: provisioning}

        """

    /// A line of the log, as the gateway writes it.
    static func line(
        _ request: String, caller: String? = "partner", subject: String = "acme", tenant: String? = "acme", roles: [String] = ["reader"],
        scopes: [String] = ["read"], remote: String = "192.0.2.1", _ decision: String, _ reason: String, status: Int = 200,
        route: String? = nil
    ) -> String {
        let parts = request.split(separator: " ")
        let list = { (names: [String]) in "[" + names.map { #""\#($0)""# }.joined(separator: ",") + "]" }
        let who =
            caller.map { #""caller":"\#($0)","subject":"\#(subject)","tenant":\#(tenant.map { #""\#($0)""# } ?? "null")"# }
            ?? #""caller":null,"subject":null,"tenant":null"#
        return #"{"time":"2026-01-01T00:00:00.000Z","request_id":"r1","method":"\#(parts[0])","path":"\#(parts[1])","route":"#
            + (route.map { #""\#($0)""# } ?? "null") + "," + who
            + #","roles":\#(list(caller == nil ? [] : roles)),"scopes":\#(list(caller == nil ? [] : scopes)),"token_id":null,"#
            + #""remote":"\#(remote)","decision":"\#(decision)","reason":"\#(reason)","policy":"x","status":\#(status),"duration_us":1}"#
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let line: String
        /// What is changed in the policy: this text into that.
        let change: (old: String, new: String)
        /// `allow reason route`; `same` or `untold`.
        let expected: String
        var testDescription: String { name }
    }

    static let unchanged = (old: "policy: 1", new: "policy: 1")
    static let shut = (old: "/open, public: true,", new: "/open, needs: [],")
    static let denyAcme = (old: "policy: 1", new: "policy: 1\ndeny: [{id: d, when: {partner: acme}}]")

    static let rows: [Row] = [
        Row(name: "nothing changes", line: line("GET /things/1", "allow", "allowed", route: "read"), change: unchanged, expected: "same"),
        Row(
            name: "another's object stays another's", line: line("GET /things/1", "deny", "not_owner", status: 404, route: "read"),
            change: unchanged, expected: "same"),
        Row(
            name: "also where the route does not say so any more",
            line: line("GET /things/1", "deny", "not_owner", status: 404, route: "read"),
            change: (old: "object: id, ", new: ""), expected: "same"),
        Row(
            name: "and is reached by a role that reaches all",
            line: line("GET /things/1", "deny", "not_owner", status: 404, route: "read"),
            change: (old: "reader: {grants: [read]}", new: "reader: {grants: [read], objects: any}"), expected: "allow allowed read"),
        Row(
            name: "a partner is suspended", line: line("GET /things/1", "allow", "allowed", route: "read"), change: denyAcme,
            expected: "deny deny_rule read"),
        Row(
            name: "another partner is not", line: line("GET /things/1", subject: "other", "allow", "allowed", route: "read"),
            change: denyAcme,
            expected: "same"),
        Row(
            name: "a network is refused", line: line("GET /things/1", remote: "10.1.2.3", "allow", "allowed", route: "read"),
            change: (old: "policy: 1", new: "policy: 1\ndeny: [{id: d, when: {network: 10.0.0.0/8}}]"), expected: "deny deny_rule read"),
        Row(
            name: "a role gets a scope", line: line("POST /things", "deny", "missing_scope", status: 403, route: "make"),
            change: (old: "reader: {grants: [read]}", new: "reader: {grants: [read, write]}"), expected: "allow allowed make"),
        Row(
            name: "a token that was narrower stays so",
            line: line("POST /things", roles: ["writer"], scopes: ["read"], "deny", "missing_scope", status: 403, route: "make"),
            change: (old: "reader: {grants: [read]}", new: "reader: {grants: [read, write]}"), expected: "same"),
        Row(
            name: "a route is closed",
            line: line("POST /things", roles: ["writer"], scopes: ["read", "write"], "allow", "allowed", status: 201, route: "make"),
            change: (old: "needs: [write], to", new: "needs: [write], callers: [staff], closed: true, to"),
            expected: "deny route_closed make"),
        Row(
            name: "a caller may carry a role no more", line: line("GET /things/1", roles: ["reader"], "allow", "allowed", route: "read"),
            change: (old: "partner-token, roles: [reader, writer]", new: "partner-token, roles: [writer]"),
            expected: "deny missing_scope read"),
        Row(
            name: "a route goes", line: line("GET /things/1", "allow", "allowed", route: "read"),
            change: (old: #"GET], path: "/things/{id}""#, new: #"GET], path: "/other/{id}""#), expected: "deny no_route -"),
        Row(
            name: "a method goes", line: line("GET /things/1", "allow", "allowed", route: "read"),
            change: (old: #"GET], path: "/things/{id}""#, new: #"PUT], path: "/things/{id}""#), expected: "deny method_not_allowed -"),
        Row(
            name: "a route opens to all: even a bad token",
            line: line("GET /things/1", caller: nil, "deny", "expired", status: 401, route: "read"),
            change: (old: "needs: [read], object: id, to", new: "public: true, to"), expected: "allow public read"),
        Row(
            name: "a bad token stays one", line: line("GET /things/1", caller: nil, "deny", "expired", status: 401, route: "read"),
            change: (old: "needs: [read], object: id, to", new: "needs: [], to"), expected: "same"),
        Row(
            name: "nobody may when it was public and is not: who asked is not known",
            line: line("GET /open", caller: nil, "allow", "public", route: "open"), change: shut, expected: "untold"),
        Row(
            name: "a path gets a route: no credential was read", line: line("GET /new", caller: nil, "deny", "no_route", status: 404),
            change: (old: "path: /open", new: "path: /new"), expected: "allow public open"),
        Row(
            name: "a path gets a route that needs a credential", line: line("GET /new", caller: nil, "deny", "no_route", status: 404),
            change: (old: "path: /open, public: true", new: "path: /new, needs: []"), expected: "untold"),
        Row(
            name: "no credential stays none", line: line("POST /things", caller: nil, "deny", "no_credential", status: 401, route: "make"),
            change: (old: "needs: [write], to", new: "needs: [], to"), expected: "same"),
        Row(
            name: "staff reaches its own only: whose the object was is not logged",
            line: line("GET /things/1", caller: "staff", roles: ["support"], "allow", "allowed", route: "read"),
            change: (old: "support: {grants: [read], objects: any}", new: "support: {grants: [read]}"), expected: "untold"),
        Row(
            name: "staff without a tenant reaches nothing then",
            line: line("GET /things/1", caller: "staff", tenant: nil, roles: ["support"], "allow", "allowed", route: "read"),
            change: (old: "support: {grants: [read], objects: any}", new: "support: {grants: [read]}"), expected: "deny no_tenant read"),
        Row(
            name: "an object that was not found stays so",
            line: line("GET /things/1", caller: "staff", roles: ["support"], "allow", "allowed", status: 404, route: "read"),
            change: (old: "support: {grants: [read], objects: any}", new: "support: {grants: [read]}"), expected: "same"),
        Row(
            name: "a signature was required, so there was one", line: line("POST /sign", "allow", "allowed", route: "sign"),
            change: (old: "signed: required", new: "signed: refused"), expected: "deny signature_refused sign"),
        Row(
            name: "a signature was missing", line: line("POST /sign", "deny", "signature_required", status: 401, route: "sign"),
            change: (old: "signed: required", new: "signed: optional"), expected: "allow allowed sign"),
        Row(
            name: "whether it was signed is not logged",
            line: line("POST /things", roles: ["writer"], scopes: ["read", "write"], "allow", "allowed", status: 201, route: "make"),
            change: (old: "needs: [write], to", new: "needs: [write], signed: required, to"), expected: "untold"),
        Row(
            name: "a session cannot have been signed",
            line: line("GET /things/1", caller: "staff", roles: ["support"], "allow", "allowed", route: "read"),
            change: (old: "needs: [read], object: id, to", new: "needs: [read], object: id, signed: required, to"),
            expected: "deny caller_not_allowed read"),
        Row(
            name: "a caller that is called otherwise is the same", line: line("GET /things/1", "allow", "allowed", route: "read"),
            change: (old: "partner: {via", new: "supplier: {via"), expected: "same"),
        Row(
            name: "a kind of credential that has no caller any more",
            line: line("GET /things/1", caller: "staff", roles: ["support"], "allow", "allowed", route: "read"),
            change: (old: "  staff: {via: session, roles: [support]}\n", new: ""), expected: "deny caller_not_allowed read"),
        Row(
            name: "a caller that the policy of then did not have cannot be judged",
            line: line("GET /things/1", caller: "robots", "allow", "allowed", route: "read"),
            change: denyAcme, expected: "untold"),
        Row(
            name: "a body that was too large stays so",
            line: line("POST /things", roles: ["writer"], "deny", "body_too_large", status: 413, route: "make"),
            change: denyAcme, expected: "same"),
        Row(
            name: "what was malformed stays so", line: line("GET /things/1", caller: nil, "deny", "token_in_query", status: 400),
            change: (old: "needs: [read], object: id, to", new: "public: true, to"), expected: "same"),
        Row(
            name: "the gateway's own paths are not the policy's", line: line("GET /session", "allow", "allowed", route: "/session"),
            change: denyAcme, expected: "same"),
    ]

    @Test("says what the new policy would decide", arguments: rows)
    func verdicts(row: Row) throws {
        let old = try #require(PolicyFixture.compile(Self.policy).policy)
        let text = Self.policy.replacing(row.change.old, with: row.change.new, maxReplacements: 1)
        #expect(text.contains(row.change.new))
        let load = PolicyFixture.compile(text)
        let new = try #require(load.policy, "\(load.diagnostics)")
        var report = PolicyReplayReport(PolicyReplay(new, decidedBy: old))
        report.add(Array(row.line.utf8))
        #expect(report.decisions == 1 && report.unreadable == 0)
        let found =
            report.changed.first.map { "\($0.now) \($0.reason.rawValue) \($0.route ?? "-")" } ?? (report.untold == 1 ? "untold" : "same")
        // A route that is gone is named by the log.
        #expect(found == row.expected.replacing(" -", with: " read"))
        #expect(report.exitCode == (report.changed.isEmpty ? 0 : 3))
    }

    @Test("has the shape of the contract, and one line for each kind of change")
    func rendering() throws {
        let old = try #require(PolicyFixture.compile(Self.policy).policy)
        let new = try #require(PolicyFixture.compile(Self.denyAcme.new + Self.policy.dropFirst("policy: 1".count)).policy)
        var report = PolicyReplayReport(PolicyReplay(new, decidedBy: old))
        for _ in 0..<3 { report.add(Array(Self.line("GET /things/1", "allow", "allowed", route: "read").utf8)) }
        report.add(Array(Self.line("GET /things/1", caller: "robots", "allow", "allowed", route: "read").utf8))
        for broken in ["{", "[]", "{}", #"{"request_id":"r","decision":"allow","reason":"because"}"#, ""] { report.add(Array(broken.utf8)) }
        let json = report.json.serialized()
        #expect(
            json.hasPrefix(
                #"{"decisions":4,"changed":[{"request_id":"r1","route":"read","was":"allow","now":"deny","reason":"deny_rule","was_reason":"allowed","#
            ))
        #expect(json.hasSuffix(#""untold":1,"unreadable":4}"#))
        #expect(
            report.lines == [
                "WAS    NOW   REASON     ROUTE  METHOD  WHO           ROLES   TIMES  LAST REQUEST",
                "allow  deny  deny_rule  read   GET     partner acme  reader  3      r1",
                "4 decisions, 3 would be otherwise; 1 cannot be told, since the log does not say what would decide them; "
                    + "4 lines are no decision records",
            ])
    }

    @Test("every reason of the closed list has a stage at which the policy counts or not")
    func reasons() throws {
        let old = try #require(PolicyFixture.compile(Self.policy).policy)
        for reason in Reason.allCases {
            let decision = reason == .allowed || reason == .isPublic ? "allow" : "deny"
            var report = PolicyReplayReport(PolicyReplay(old, decidedBy: old))
            // A path that has no route: whatever was decided, it can only have been refused.
            report.add(Array(Self.line("GET /none", decision, reason.rawValue).utf8))
            #expect(report.changed.count == (decision == "allow" ? 1 : 0))
        }
    }
}
