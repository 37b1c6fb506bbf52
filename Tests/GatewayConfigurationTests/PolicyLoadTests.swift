import Access
import GatewayConfiguration
import Testing

@Suite("Loading a policy")
struct PolicyLoadTests {
    @Test("the policy of this repository is whole, without a warning, and its tests cover every route")
    func ownPolicy() throws {
        let load = PolicyFile.compile(
            try PolicyFixture.repositoryFile("policies/policy.yaml"), file: "policies/policy.yaml", upstreams: []
        )
        #expect(load.diagnostics == [])
        let policy = try #require(load.policy)
        #expect(load.summary.covered == policy.routes.map(\.id))
        #expect(load.summary.routes == 7 && load.summary.tests == 8)
        #expect(policy.digest.count == 64)
        let update = try #require(policy.route(id: "customers.update"))
        #expect(update.bodyTypes == ["application/merge-patch+json", "application/json"] && update.bodyLimit == 65536)
    }

    @Test("a policy with a bit of everything is whole and without a warning, and decides as its tests say")
    func example() throws {
        let load = PolicyFixture.compile(Self.example)
        #expect(PolicyFixture.problems(load) == [])
        #expect(load.policy != nil && load.summary.covered.count == 3)
        let other = PolicyFixture.compile(Self.example.replacing("may-not: [customers.read other]", with: "may-not: [customers.read own]"))
        #expect(
            PolicyFixture.problems(other) == [
                "40:15 error: failing test: partner `acme` as `partner-writer` may `customers.read own` (allowed)"
            ]
        )
    }

    static let example = """
        # yaml-language-server: $schema=./policy.schema.json
        policy: 1
        scopes:
          customers:read:   Look at customers
          customers:write:  Create and change customers
          customers:delete: Remove customers
        roles:
          partner-reader:     { grants: [customers:read],                                     objects: own }
          partner-writer:     { includes: [partner-reader], grants: [customers:write],        objects: own }
          support:            { grants: [customers:read],                                     objects: any }
          provisioning-admin: { grants: [customers:read, customers:write, customers:delete],  objects: any }
        callers:                                  # which credential may carry which role
          partner: { via: partner-token, roles: [partner-reader, partner-writer] }
          staff:   { via: session,       roles: [support, provisioning-admin] }
        routes:
          - id: customers.create
            methods: [POST]
            path: /api/provisioning/customers
            needs: [customers:write]
            to: provisioning                      # the internal module, or the name of an upstream
            body: { types: [application/json], max: 64KiB }
          - id: customers.read
            methods: [GET]                        # HEAD follows GET
            path: /api/provisioning/customers/{id}
            needs: [customers:read]
            object: id
            to: provisioning
          - id: openapi
            methods: [GET]
            path: /openapi.json
            public: true
            to: provisioning
        deny:
          - id: suspended
            when: { partner: [globex] }           # all keys given must match: caller, partner, subject, role, scope, route, network
            because: The contract with this partner is suspended
        tests:
          - as: { partner: acme, roles: [partner-writer] }
            may:     [customers.create, customers.read own]
            may-not: [customers.read other]
          - as: { anonymous: true }
            may: [openapi]
            may-not: [customers.create]
        """

    @Test("the fixture is whole and without a warning")
    func fixture() {
        let load = PolicyFixture.compile(PolicyFixture.text())
        #expect(PolicyFixture.problems(load) == [])
        #expect(load.policy != nil)
    }

    @Test("mistakes of all kinds are told at once, in the order of the file, and nothing is loaded (D-04)")
    func allAtOnce() {
        let load = PolicyFixture.compile(
            PolicyFixture.text(
                replacing: [
                    3: "roles: {reader: {grants: [s]}, writer: {includes: [raeder], grants: [t], object: any}}",
                    6: "  - {id: a.read, methods: [GET], path: 'a/{id}', needs: [s], needs: [t], object: id, to: provisioning}",
                    7: "  - {id: a.write, methods: [POST], path: /a, needs: [u], to: nowhere}",
                ],
                adding: ["deny:", "  - {id: x, when: {partner: acme}, becaus: no}", "extra: &x 1"]
            ),
            upstreams: []
        )
        #expect(load.policy == nil)
        #expect(
            PolicyFixture.problems(load) == [
                "3:52 error: undefined role `raeder` [reader]",
                "3:74 error: unknown key `object` in role `writer` [objects]",
                "6:40 error: `path` of route `a.read`: a path must begin with `/` [/a/{id}]",
                "6:62 error: duplicate key `needs`, first given on line 6",
                "7:54 error: undefined scope `u`",
                "7:62 error: undefined upstream `nowhere`",
                "12:36 error: unknown key `becaus` in a deny rule [because]",
                "13:8 error: an anchor is not allowed here",
            ]
        )
    }

    @Test("with upstreams that are not known, any destination is taken")
    func unknownUpstreams() throws {
        let text = PolicyFixture.text(replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: nowhere}"])
        let policy = try #require(PolicyFixture.compile(text, upstreams: nil).policy)
        #expect(policy.route(id: "a.write")?.destination == .upstream("nowhere"))
        #expect(PolicyFixture.compile(text, upstreams: ["nowhere"]).policy != nil)
        #expect(PolicyFixture.compile(text, upstreams: []).policy == nil)
    }

    @Test("256 roles and scopes are loaded, one more is an error where it stands", arguments: [256, 257])
    func limits(count: Int) {
        let scopes = (0..<count).map { "  s\($0): A scope" }
        let roles = (0..<count).map { "  r\($0): {grants: [s\($0)]}" }
        let names = (0..<count).map { "r\($0)" }.joined(separator: ", ")
        let lines =
            ["policy: 1", "scopes:"] + scopes + ["roles:"] + roles
            + ["callers: {partner: {via: partner-token, roles: [\(names)]}}", "routes:"]
            + ["  - {id: a, methods: [GET], path: /a, needs: [s\(count - 1)], to: provisioning}"]
            + ["tests: [{as: {partner: acme, roles: [r\(count - 1)]}, may: [a]}]"]
        let load = PolicyFixture.compile(lines.joined(separator: "\n"))
        let expected =
            count == 256
            ? []
            : ["259:3 error: a policy can have at most 256 scopes", "517:3 error: a policy can have at most 256 roles"]
        #expect(PolicyFixture.problems(load) == expected)
        #expect((load.policy != nil) == expected.isEmpty)
    }

    @Test("a file that cannot be read is a problem of that file")
    func missing() {
        let load = PolicyFile.load("/nonexistent/policy.yaml", upstreams: nil)
        #expect(
            load.diagnostics.map(\.description) == [
                "/nonexistent/policy.yaml:1:1: error: the policy cannot be read: no such file or directory"
            ]
        )
        #expect(PolicyFile.load("/", upstreams: nil).policy == nil)
    }

    @Test("a diagnostic is one line that editors can jump to")
    func description() {
        let load = PolicyFixture.compile(PolicyFixture.text(adding: ["route: []"]))
        #expect(load.diagnostics.map(\.description) == ["p:11:1: error: unknown key `route` in the policy (did you mean `routes`?)"])
    }

    @Test("the digest is the SHA-256 of the bytes")
    func digest() {
        #expect(PolicyFile.digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("a route carries what the file says")
    func route() throws {
        let text = PolicyFixture.text(
            replacing: [
                7: """
                  - {id: a.write, methods: [GET, POST], path: /a, needs: [t], to: billing, callers: [partner], signed: required,
                     idempotency: required, precondition: required, body: {types: [a/b], max: 2MiB}, rate: 30/m, timeout: 1500ms,
                     upgrade: websocket, because: It is so}
                """
            ]
        )
        let policy = try #require(PolicyFixture.compile(text).policy)
        let route = try #require(policy.route(id: "a.write"))
        #expect(route.methods.methods == [.get, .head, .post])
        #expect(route.destination == .upstream("billing"))
        #expect(policy.callers.filter { route.callers.contains($0) }.map(\.name) == ["partner"])
        #expect(route.signed == .required && route.idempotencyRequired && route.preconditionRequired)
        #expect(route.bodyTypes == ["a/b"] && route.bodyLimit == 2 << 20)
        #expect(route.rate == RateLimit(requests: 30, windowMilliseconds: 60_000) && route.timeoutMilliseconds == 1500)
        #expect(route.upgrade == .websocket && route.because == "It is so")
        #expect(route.position == SourcePosition(line: 7, column: 10))
        #expect(route.keyPositions["signed"]?.line == 7 && route.keyPositions["rate"]?.line == 8)
    }

    @Test("a closed route needs no destination and no caller")
    func closed() throws {
        let text = PolicyFixture.text(
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], callers: [staff], closed: true}"],
            adding: ["  - {as: {partner: acme, roles: [writer]}, may-not: [a.write]}"]
        ).replacing("may: [a.read, a.write]", with: "may: [a.read]")
        #expect(PolicyFixture.problems(PolicyFixture.compile(text)) == [])
    }

    @Test(
        "one misspelt name is one problem",
        arguments: [
            (
                3, "roles: {reader: {grants: [s]}, writer: {includes: [reader], grants: [T], objects: any}}",
                "3:70 error: undefined scope `T` [t]"
            ),
            (
                3, "roles: {reader: {grants: [s]}, writer: {includes: [raeder], grants: [t], objects: any}}",
                "3:52 error: undefined role `raeder` [reader]"
            ),
            (4, "callers: {partner: {via: partner-token, roles: [writr]}}", "4:49 error: undefined role `writr` [writer]"),
        ]
    )
    func misspelt(line: Int, text: String, problem: String) {
        let problems = PolicyFixture.problems(PolicyFixture.compile(PolicyFixture.text(replacing: [line: text])))
        #expect(problems.filter { $0.contains("error: ") } == [problem])
    }
}
