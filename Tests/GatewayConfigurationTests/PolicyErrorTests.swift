import Access
import GatewayConfiguration
import GatewayCore
import Testing

/// Every mistake a policy can hold, with exactly the problems that are told, where, and with what was probably meant.
@Suite("Mistakes in a policy")
struct PolicyErrorTests {
    /// A change of the fixture, and the problems: `line:column severity: message [suggestion]`.
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: String
        let problems: [String]

        init(_ what: String, replacing: [Int: String] = [:], adding: [String] = [], problems: [String]) {
            testDescription = what
            text = PolicyFixture.text(replacing: replacing, adding: adding)
            self.problems = problems
        }
    }

    @Test("in the document, scopes, roles and callers", arguments: documentRows)
    func document(row: Row) { expect(row) }

    @Test("in routes", arguments: routeRows)
    func routes(row: Row) { expect(row) }

    @Test("in paths", arguments: pathRows)
    func paths(row: Row) { expect(row) }

    @Test("in deny rules and tests", arguments: ruleRows)
    func rules(row: Row) { expect(row) }

    @Test("a route where the gateway answers itself", arguments: Endpoint.allCases)
    func ownPath(endpoint: Endpoint) {
        for route in [
            "methods: [GET], path: \(endpoint.rawValue), needs: [t], to: provisioning",
            "methods: [DELETE], path: \(endpoint.rawValue), public: true, to: billing",
            "methods: [PUT], path: \(endpoint.rawValue), closed: true",
        ] {
            let row = Row(
                "", replacing: [7: "  - {id: a.write, \(route)}", 9: "  - {as: {partner: acme, roles: [writer]}, may: [a.read]}"],
                problems: []
            )
            let problems = PolicyFixture.problems(PolicyFixture.compile(row.text, upstreams: ["billing"])).filter { $0.contains("error") }
            let column = 20 + route.prefix { $0 != "]" }.count + ", path: ".count
            #expect(
                problems == [
                    "7:\(column) error: route `a.write` could never be reached: the gateway answers \(endpoint.rawValue) itself "
                        + "[/api\(endpoint.rawValue)]"
                ]
            )
        }
    }

    @Test(
        "a pattern beside the gateway's own paths is none",
        arguments: ["/session/{id}", "/oauth2/{x}", "/{page}", "/openapi.json", "/{x...}"])
    func nearOwnPaths(path: String) {
        let text = PolicyFixture.text(replacing: [7: "  - {id: a.write, methods: [POST], path: '\(path)', needs: [t], to: provisioning}"])
        #expect(PolicyFixture.compile(text).errors.isEmpty)
    }

    func expect(_ row: Row) {
        let load = PolicyFixture.compile(row.text, upstreams: ["billing"])
        #expect(PolicyFixture.problems(load) == row.problems)
        #expect((load.policy == nil) == row.problems.contains { $0.contains(" error: ") })
    }

    static let documentRows = [
        Row(
            "an unknown key of the policy",
            adding: ["route: []"],
            problems: [
                "11:1 error: unknown key `route` in the policy [routes]"
            ]
        ),
        Row(
            "no version",
            replacing: [1: "# policy"],
            problems: [
                "2:1 error: the policy needs the key `policy`"
            ]
        ),
        Row(
            "another version",
            replacing: [1: "policy: 2"],
            problems: [
                "1:9 error: this gateway reads version 1 of the policy format: write `policy: 1`"
            ]
        ),
        Row(
            "a version in quotes",
            replacing: [1: "policy: '1'"],
            problems: [
                "1:9 error: this gateway reads version 1 of the policy format: write `policy: 1`"
            ]
        ),
        Row(
            "no routes",
            replacing: [1: "policy: 1", 2: "", 3: "", 4: "", 5: "", 6: "", 7: "", 8: "", 9: "", 10: ""],
            problems: [
                "1:1 error: the policy needs the key `routes`"
            ]
        ),
        Row(
            "routes that are no list",
            replacing: [5: "routes: {}", 6: "", 7: "", 8: "", 9: "", 10: ""],
            problems: [
                "5:9 error: `routes` must be a list, found a mapping"
            ]
        ),
        Row(
            "scopes that are a list",
            replacing: [2: "scopes: [s, t]"],
            problems: [
                "2:9 error: `scopes` must be a mapping from names, found a list"
            ]
        ),
        Row(
            "a scope that says nothing",
            replacing: [2: "scopes: {s: A scope, t: }"],
            problems: [
                "2:25 error: what scope `t` allows must be text, found nothing"
            ]
        ),
        Row(
            "a scope described by a number",
            replacing: [2: "scopes: {s: A scope, t: 5}"],
            problems: [
                #"2:25 error: what scope `t` allows must be text, found an integer ["5"]"#
            ]
        ),
        Row(
            "a scope with quotes in its name (D-05)",
            replacing: [2: #"scopes: {s: A scope, t: B, 'a"b': C}"#],
            problems: [
                "2:28 error: the name of a scope must be at most 100 letters, digits and `._:/-`, beginning with a letter or digit"
            ]
        ),
        Row(
            "a scope with a newline in its name (D-05)",
            replacing: [2: #"scopes: {s: A scope, t: B, "a\nb": C}"#],
            problems: [
                "2:28 error: the name of a scope must be at most 100 letters, digits and `._:/-`, beginning with a letter or digit"
            ]
        ),
        Row(
            "a role with braces in its name (D-05)",
            replacing: [3: "roles: {reader: {grants: [s]}, writer: {includes: [reader], grants: [t], objects: any}, '{x]': {}}"],
            problems: [
                "3:89 error: the name of a role must be at most 100 letters, digits and `._:/-`, beginning with a letter or digit"
            ]
        ),
        Row(
            "a name of 101 characters",
            replacing: [
                2:
                    "scopes: {s: A scope, t: B, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: C}"
            ],
            problems: [
                "2:28 error: the name of a scope must be at most 100 letters, digits and `._:/-`, beginning with a letter or digit"
            ]
        ),
        Row(
            "an unknown key of a role",
            replacing: [3: "roles: {reader: {grant: [s]}, writer: {includes: [reader], grants: [s, t], objects: any}}"],
            problems: [
                "3:18 error: unknown key `grant` in role `reader` [grants]"
            ]
        ),
        Row(
            "a role that is no mapping",
            replacing: [3: "roles: {reader: [s], writer: {includes: [reader], grants: [s, t], objects: any}}"],
            problems: [
                "3:17 error: role `reader` must be a mapping, found a list"
            ]
        ),
        Row(
            "a role that is nothing",
            replacing: [3: "roles: {reader: , writer: {includes: [reader], grants: [s, t], objects: any}}"],
            problems: [
                "3:17 error: role `reader` must be a mapping, found nothing"
            ]
        ),
        Row(
            "a reach that does not exist",
            replacing: [3: "roles: {reader: {grants: [s]}, writer: {includes: [reader], grants: [t], objects: all}}"],
            problems: [
                "3:83 error: `objects` of role `writer` must be one of `own`, `any`, not `all`"
            ]
        ),
        Row(
            "an undefined scope in a role",
            replacing: [3: "roles: {reader: {grants: [s]}, writer: {includes: [reader], grants: [t, u], objects: any}}"],
            problems: [
                "3:73 error: undefined scope `u`"
            ]
        ),
        Row(
            "an undefined role included",
            replacing: [3: "roles: {reader: {grants: [s]}, writer: {includes: [raeder], grants: [s, t], objects: any}}"],
            problems: [
                "3:52 error: undefined role `raeder` [reader]"
            ]
        ),
        Row(
            "a role that includes itself",
            replacing: [3: "roles: {reader: {grants: [s]}, writer: {includes: [reader, writer], grants: [t], objects: any}}"],
            problems: [
                "3:60 error: role cycle: `writer` includes `writer`"
            ]
        ),
        Row(
            "a role cycle",
            replacing: [3: "roles: {reader: {includes: [writer], grants: [s]}, writer: {includes: [reader], grants: [t], objects: any}}"],
            problems: [
                "3:72 error: role cycle: `reader` includes `writer` includes `reader`"
            ]
        ),
        Row(
            "a longer role cycle",
            replacing: [
                3:
                    "roles: {reader: {includes: [x], grants: [s]}, writer: {includes: [reader], grants: [t], objects: any}, x: {includes: [y]}, y: {includes: [writer]}}"
            ],
            problems: [
                "3:67 error: role cycle: `reader` includes `x` includes `y` includes `writer` includes `reader`"
            ]
        ),
        Row(
            "a scope granted twice in one list",
            replacing: [3: "roles: {reader: {grants: [s, s]}, writer: {includes: [reader], grants: [t], objects: any}}"],
            problems: [
                "3:30 error: `s` stands twice in `grants` of role `reader`"
            ]
        ),
        Row(
            "a scope that no role grants",
            replacing: [2: "scopes: {s: A scope, t: Another scope, u: A third}"],
            problems: [
                "2:40 error: no role grants the scope `u`"
            ]
        ),
        Row(
            "a role that no caller may carry",
            replacing: [3: "roles: {reader: {grants: [s]}, writer: {includes: [reader], grants: [t], objects: any}, idle: {grants: [s]}}"],
            problems: [
                "3:89 warning: no caller may carry the role `idle`"
            ]
        ),
        Row(
            "an undefined role of a caller",
            replacing: [4: "callers: {partner: {via: partner-token, roles: [reader, writer, write]}}"],
            problems: [
                "4:65 error: undefined role `write` [writer]"
            ]
        ),
        Row(
            "a caller without a credential",
            replacing: [
                4: "callers: {partner: {roles: [reader, writer]}}",
                9: "  - {as: {caller: partner, roles: [writer]}, may: [a.read, a.write]}",
            ],
            problems: [
                "4:20 error: caller `partner` needs the key `via`"
            ]
        ),
        Row(
            "a credential that does not exist",
            replacing: [4: "callers: {partner: {via: partnertoken, roles: [reader, writer]}}"],
            problems: [
                "4:26 error: `via` of caller `partner` must be one of `partner-token`, `session`, not `partnertoken` [partner-token]"
            ]
        ),
        Row(
            "two callers with one credential",
            replacing: [
                4: "callers: {partner: {via: partner-token, roles: [reader, writer]}, other: {via: partner-token, roles: [reader]}}"
            ],
            problems: [
                "4:80 error: caller `partner` comes via partner-token already: a credential speaks for one caller"
            ]
        ),
        Row(
            "a caller called anonymous",
            replacing: [4: "callers: {partner: {via: partner-token, roles: [reader, writer]}, anonymous: {via: session, roles: [reader]}}"],
            problems: [
                "4:67 error: `anonymous` is who presents no credential, and cannot be defined"
            ]
        ),
        Row(
            "an unknown key of a caller",
            replacing: [4: "callers: {partner: {via: partner-token, roles: [reader, writer], role: [x]}}"],
            problems: [
                "4:66 error: unknown key `role` in caller `partner` [roles]"
            ]
        ),
    ]
}
