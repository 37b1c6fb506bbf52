import Access
import GatewayConfiguration
import StrictJSON
import Testing

@Suite("Policy reports")
struct PolicyReportTests {
    @Test("check tells the counts and the coverage")
    func check() {
        let check = PolicyCheck(PolicyFixture.compile(PolicyFixture.text()))
        #expect(check.isOK && check.exitCode(strict: true) == 0)
        #expect(check.lines == ["p: 0 errors, 0 warnings; 2 routes, 2 tests, 2 of 2 routes covered by tests"])
        let digest = PolicyFile.digest(Array(PolicyFixture.text().utf8))
        #expect(
            check.json.serialized()
                == #"{"ok":true,"file":"p","problems":[],"routes":2,"tests":2,"covered":2,"uncovered":[],"policy":"\#(digest)"}"#
        )
    }

    @Test("warnings count only when asked")
    func warnings() {
        let text = PolicyFixture.text(replacing: [9: "  - {as: {partner: acme, roles: [writer]}, may: [a.read]}"])
        let check = PolicyCheck(PolicyFixture.compile(text))
        #expect(check.isOK && check.exitCode(strict: false) == 0 && check.exitCode(strict: true) == 1)
        #expect(
            check.lines == [
                "p:7:10: warning: no test covers the route `a.write`",
                " 7 |   - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning}",
                "   |          ^",
                "p: 0 errors, 1 warning; 2 routes, 2 tests, 1 of 2 routes covered by tests",
            ]
        )
        #expect(check.json.serialized().contains(#""covered":1,"uncovered":["a.write"]"#))
    }

    @Test("errors are told with all their members")
    func errors() {
        let check = PolicyCheck(PolicyFixture.compile(PolicyFixture.text(adding: ["route: []"])))
        #expect(!check.isOK && check.exitCode(strict: false) == 1)
        #expect(
            check.json.serialized().hasPrefix(
                #"{"ok":false,"file":"p","problems":[{"file":"p","line":11,"column":1,"severity":"error","#
                    + #""message":"unknown key `route` in the policy","suggestion":"routes"}],"routes":2"#
            )
        )
    }

    @Test("routes tell who may")
    func routes() throws {
        let bytes = try PolicyFixture.repositoryFile("policies/policy.yaml")
        let policy = try #require(PolicyFile.compile(bytes, file: "p", upstreams: []).policy)
        #expect(
            PolicyRoutes(policy).lines == [
                "ROUTE              METHODS  PATH                              WHO",
                "customers.create   POST     /api/provisioning/customers       partner-writer, provisioning-admin",
                "customers.list     GET      /api/provisioning/customers       partner-reader, partner-writer, support, provisioning-admin",
                "customers.read     GET      /api/provisioning/customers/{id}  partner-reader, partner-writer, support, provisioning-admin",
                "customers.replace  PUT      /api/provisioning/customers/{id}  partner-writer, provisioning-admin",
                "customers.update   PATCH    /api/provisioning/customers/{id}  partner-writer, provisioning-admin",
                "customers.delete   DELETE   /api/provisioning/customers/{id}  provisioning-admin",
                "openapi            GET      /openapi.json                     everyone",
            ]
        )
        let json = PolicyRoutes(policy).json.serialized()
        #expect(
            json.contains(
                #"{"id":"customers.delete","methods":["DELETE"],"path":"/api/provisioning/customers/{id}","who":["provisioning-admin"],"#
                    + #""public":false,"to":"provisioning","access":[{"caller":"staff","roles":["provisioning-admin"],"objects":"any"}]}"#
            )
        )
        #expect(json.contains(#""path":"/openapi.json","who":["everyone"],"public":true"#))
    }

    @Test(
        "who may is what decides",
        arguments: [
            ("list", ["reader", "writer", "support", "boss"]),
            ("change", ["writer", "boss"]),
            ("staff.only", ["reader", "support", "boss"]),
            ("anyone", ["any partner", "any staff"]),
            ("signed", ["writer"]),
            ("unsigned", ["writer", "boss"]),
            ("shut", []),
            ("open", ["everyone"]),
        ] as [(String, [String])]
    )
    func who(route: String, who: [String]) throws {
        let policy = try #require(PolicyDecisionTests.policy)
        let row = try #require(PolicyRoutes(policy).rows.first { $0.route.id == route })
        #expect(row.who == who)
    }
}
