import Access
import GatewayConfiguration
import GatewayCore
import StrictJSON
import Testing

@Suite("A policy beside the operations of the provisioning module")
struct PolicyOpenAPITests {
    private static func operation(_ id: String, _ method: Access.Method, _ path: String) -> OpenAPIOperation {
        OpenAPIOperation(id, method, path, tag: "t", summary: "s", answers: [])
    }

    private static let all = [operation("one", .get, "/a/{name}"), operation("two", .post, "/a")]

    @Test("where they agree nothing is said")
    func agree() {
        let load = PolicyFixture.compile(PolicyFixture.text())
        #expect(load.diagnostics.isEmpty)
        #expect(load.compared(with: Self.all).diagnostics.isEmpty)
    }

    @Test("an operation without a route is a warning")
    func withoutRoute() {
        let load = PolicyFixture.compile(PolicyFixture.text())
        let more = [
            Self.operation("three", .delete, "/a/{name}"), Self.operation("four", .get, "/a/{name}/b"), Self.operation("five", .get, "/b"),
        ]
        let compared = load.compared(with: Self.all + more)
        #expect(
            PolicyFixture.problems(compared) == [
                "1:1 warning: no route leads to the operation `three` (DELETE /a/{name})",
                "1:1 warning: no route leads to the operation `four` (GET /a/{name}/b)",
                "1:1 warning: no route leads to the operation `five` (GET /b)",
            ]
        )
        let check = PolicyCheck(compared)
        #expect(check.isOK && check.exitCode(strict: false) == 0 && check.exitCode(strict: true) == 1)
    }

    @Test("a route without an operation is an error at its methods")
    func withoutOperation() {
        let text = PolicyFixture.text(replacing: [
            6: "  - {id: a.read, methods: [GET, PUT], path: '/a/{id}', needs: [s], object: id, to: provisioning}",
            7: "  - {id: a.write, methods: [POST], path: /other, needs: [t], to: provisioning}",
        ])
        let compared = PolicyFixture.compile(text).compared(with: Self.all)
        #expect(
            PolicyFixture.problems(compared) == [
                "1:1 warning: no route leads to the operation `two` (POST /a)",
                "6:18 error: the provisioning module has no operation for PUT /a/{id} (route `a.read`)",
                "7:19 error: the provisioning module has no operation for POST /other (route `a.write`)",
            ]
        )
        #expect(!PolicyCheck(compared).isOK && PolicyCheck(compared).exitCode(strict: false) == 1)
    }

    @Test("a route to an upstream is no route to the operation, and needs none")
    func upstream() {
        let text = PolicyFixture.text(replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: billing}"])
        let compared = PolicyFixture.compile(text, upstreams: ["billing"]).compared(with: Self.all)
        #expect(PolicyFixture.problems(compared) == ["1:1 warning: no route leads to the operation `two` (POST /a)"])
    }

    @Test("one route for everything leads to all operations")
    func catchAll() {
        let text = PolicyFixture.text(replacing: [
            6: "  - {id: a.read, methods: [GET, POST], path: '/a/{rest...}', needs: [s], to: provisioning}",
            9: "  - {as: {partner: acme, roles: [writer]}, may: [a.read, a.write]}",
        ])
        let more = [Self.operation("three", .post, "/a/{name}/b")]
        #expect(PolicyFixture.compile(text).compared(with: Self.all + more).diagnostics.isEmpty)
    }

    @Test("a policy that does not load is told as it is")
    func broken() {
        let load = PolicyFixture.compile(PolicyFixture.text(adding: ["route: []"]))
        #expect(load.compared(with: Self.all).diagnostics.map(\.rendered) == load.diagnostics.map(\.rendered))
    }
}
