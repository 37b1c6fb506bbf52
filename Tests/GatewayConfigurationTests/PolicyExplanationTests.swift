import StrictJSON
import Testing

@testable import Access
@testable import GatewayConfiguration

@Suite("Explanations")
struct PolicyExplanationTests {
    @Test("an explanation decides as the gateway does, and all conditions hold exactly when it allows", arguments: PolicyDecisionTests.rows)
    func agreement(row: PolicyDecisionTests.Row) throws {
        let policy = try #require(PolicyDecisionTests.policy)
        let route = try #require(policy.route(id: row.route))
        let path = route.pattern.text.replacing("{id}", with: "1")
        let principal = try PolicyDecisionTests.principal(row, policy)
        let method = try #require(route.methods.methods.first)
        let explanation = try policy.explain(
            method.name, target: path + "?x=1", as: principal.map { .principal($0) } ?? .anonymous,
            in: AccessContext(network: row.network.flatMap { IPAddress($0) }, isSigned: row.isSigned, ownership: row.ownership)
        )
        #expect(explanation.reason == row.reason)
        #expect(explanation.route === route)
        #expect(explanation.conditions.allSatisfy(\.holds) == explanation.isAllowed)
        #expect((explanation.nearest == nil) == explanation.isAllowed)
        if let rule = row.rule { #expect(explanation.conditions.contains { $0.condition == "deny \(rule)" && !$0.holds }) }
        for scope in row.missing { #expect(explanation.conditions.contains { $0.condition == "scope \(scope)" && !$0.holds }) }
    }

    struct Nearest: CustomTestStringConvertible, Sendable {
        let subject: ExplainedSubject
        let request: String
        var context = AccessContext()
        let nearest: String
        var testDescription: String { "\(request): \(nearest)" }
    }

    static func partner(_ roles: [String], id: String = "acme", scopes: [String]? = nil) -> ExplainedSubject {
        .imagined(ImaginedSubject(roles: roles, scopes: scopes, partner: id))
    }

    static func staff(_ roles: [String], tenant: String? = nil, subject: String? = nil) -> ExplainedSubject {
        .imagined(ImaginedSubject(caller: "staff", roles: roles, subject: subject, tenant: tenant))
    }

    static let changes: [Nearest] = [
        Nearest(subject: .anonymous, request: "GET /things", nearest: "present a credential as `partner` with the role `reader`"),
        Nearest(
            subject: .anonymous, request: "POST /signed",
            nearest: "present a credential as `partner` with the role `writer` and sign the request"
        ),
        Nearest(subject: partner([]), request: "GET /things", nearest: "carry the role `reader` too"),
        Nearest(subject: partner(["reader"]), request: "PUT /things/1", nearest: "carry the role `writer` too"),
        Nearest(subject: partner(["writer"], scopes: ["read"]), request: "PUT /things/1", nearest: "ask for a token with `write`"),
        Nearest(
            subject: partner(["reader"]), request: "GET /things/1", context: AccessContext(ownership: .other),
            nearest: "ask for an object of its own tenant"
        ),
        Nearest(
            subject: staff(["reader"], tenant: "t"), request: "GET /things/1", context: AccessContext(ownership: .other),
            nearest: "carry the role `support` too"
        ),
        Nearest(subject: staff(["reader"]), request: "GET /things/1", nearest: "carry the role `support` too"),
        Nearest(subject: partner(["writer"]), request: "POST /signed", nearest: "sign the request"),
        Nearest(subject: partner(["reader"]), request: "POST /signed", nearest: "sign the request, and carry the role `writer` too"),
        Nearest(
            subject: staff(["boss"]), request: "POST /signed", nearest: "come as `partner` with the role `writer` and sign the request"),
        Nearest(
            subject: partner(["writer"]), request: "POST /unsigned", context: AccessContext(isSigned: true),
            nearest: "send it without a signature"
        ),
        Nearest(subject: partner(["reader"]), request: "GET /staff", nearest: "come as `staff` with the role `reader`"),
        Nearest(subject: partner(["reader"], id: "globex"), request: "GET /things", nearest: "lift the deny rule `suspended` (line 22)"),
        Nearest(
            subject: partner([], id: "globex"), request: "GET /things",
            nearest: "carry the role `reader` too, and lift the deny rule `suspended` (line 22)"
        ),
        Nearest(subject: staff(["boss"], tenant: "t"), request: "GET /shut", nearest: "open the route (line 13)"),
        Nearest(subject: .anonymous, request: "GET /things/", nearest: "use /things (route `list`)"),
        Nearest(subject: .anonymous, request: "GET /Things", nearest: "use /things (route `list`)"),
        Nearest(subject: .anonymous, request: "GET /thigns", nearest: "use /things"),
        Nearest(subject: .anonymous, request: "DELETE /things/1", nearest: "use one of GET, HEAD, PUT"),
    ]

    @Test("a refusal tells the smallest change that would do", arguments: changes)
    func smallestChange(row: Nearest) throws {
        let policy = try #require(PolicyDecisionTests.policy)
        let words = row.request.split(separator: " ").map(String.init)
        let explanation = try policy.explain(words[0], target: words[1], as: row.subject, in: row.context)
        #expect(!explanation.isAllowed)
        #expect(explanation.nearest == row.nearest)
    }

    @Test("a malformed target and an unknown method are explained too")
    func malformed() throws {
        let policy = try #require(PolicyDecisionTests.policy)
        #expect(try policy.explain("GET", target: "/things/../open", as: .anonymous).reason == .malformedTarget)
        #expect(try policy.explain("GET", target: "things", as: .anonymous).reason == .malformedTarget)
        #expect(try policy.explain("TRACE", target: "/things", as: .anonymous).reason == .unknownMethod)
        #expect(try policy.explain("GET", target: "/nowhere", as: .anonymous).reason == .noRoute)
        #expect(try policy.explain("GET", target: "/%6Fpen", as: .anonymous).isAllowed, "an encoded letter is decoded, as the gateway does")
    }

    @Test("a name that the policy does not know is an error, with the nearest one")
    func unknownNames() throws {
        let policy = try #require(PolicyDecisionTests.policy)
        let cases: [(ImaginedSubject, ExplanationError)] = [
            (ImaginedSubject(caller: "stuff", roles: []), ExplanationError(message: "undefined caller `stuff`", suggestion: "staff")),
            (ImaginedSubject(roles: ["raeder"]), ExplanationError(message: "undefined role `raeder`", suggestion: "reader")),
            (ImaginedSubject(roles: [], scopes: ["x"]), ExplanationError(message: "undefined scope `x`", suggestion: nil)),
        ]
        for (subject, expected) in cases {
            #expect(throws: expected) { try policy.explain("GET", target: "/things", as: .imagined(subject)) }
        }
    }

    @Test("the table and the JSON tell every condition with its line")
    func rendering() throws {
        let policy = try #require(PolicyDecisionTests.policy)
        let explanation = try policy.explain(
            "GET", target: "/things/1", as: Self.partner(["reader", "boss"]), in: AccessContext(ownership: .other))
        let report = PolicyExplanation(explanation, of: policy, status: 404)
        #expect(report.exitCode == 3)
        #expect(
            report.lines == [
                "deny 404 not_owner",
                "hit   line 15  route                 GET /things/1 is `read`: /things/{id}",
                "hit   line 9   credential            caller `partner`, partner `acme`, roles `reader`; this caller may not carry `boss`",
                "hit            caller                any caller of the policy",
                "hit   line 22  deny suspended        does not match: partner is `acme`",
                "hit   line 23  deny leaver           does not match: caller is `partner`",
                "hit   line 25  deny write-from-home  does not match: the client's network is not known",
                "hit   line 15  scope read            granted by `reader`",
                "miss  line 15  object                `{id}` is not of its tenant `acme`, and it reaches only those",
                "nearest: ask for an object of its own tenant",
            ]
        )
        let json = report.json.serialized()
        #expect(json.hasPrefix(#"{"decision":"deny","status":404,"reason":"not_owner","route":"read","policy":"\#(policy.digest)","#))
        #expect(json.contains(#"{"condition":"scope read","holds":true,"line":15,"detail":"granted by `reader`"}"#))
        #expect(json.contains(#"{"condition":"caller","holds":true,"line":null,"#))
        #expect(json.hasSuffix(#""nearest":"ask for an object of its own tenant"}"#))
    }
}
