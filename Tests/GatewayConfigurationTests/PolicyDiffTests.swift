import StrictJSON
import Testing

@testable import Access
@testable import GatewayConfiguration

@Suite("Differences of access")
struct PolicyDiffTests {
    /// The decision fixture, with texts replaced.
    static func policy(_ replacements: [(String, String)] = [], adding: String = "") throws -> Policy {
        var text = PolicyDecisionTests.text
        for (old, new) in replacements {
            #expect(text.contains(old))
            text = text.replacing(old, with: new)
        }
        let load = PolicyFixture.compile(text + "\n" + adding)
        return try #require(load.policy, "\(load.diagnostics)")
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var replacing: [(String, String)] = []
        var adding = ""
        let lines: [String]

        init(_ what: String, replacing: [(String, String)] = [], adding: String = "", lines: [String]) {
            testDescription = what
            self.replacing = replacing
            self.adding = adding
            self.lines = lines
        }
    }

    static let same = ["same access: nobody gains, nobody loses"]

    static let rows: [Row] = [
        Row("nothing at all", lines: same),
        Row("a renamed route", replacing: [("{id: list,", "{id: index,")], lines: same),
        Row(
            "a renamed parameter", replacing: [("'/things/{id}', needs: [read], object: id", "'/things/{x}', needs: [read], object: x")],
            lines: same),
        Row(
            "a renamed caller", replacing: [("staff:", "people:"), ("caller: staff", "caller: people"), ("[staff]", "[people]")],
            lines: same),
        Row("another order of roles", replacing: [("roles: [reader, writer]", "roles: [writer, reader]")], lines: same),
        Row(
            "a grant repeated that is included",
            replacing: [("includes: [reader], grants: [write]", "includes: [reader], grants: [write, read]")], lines: same),
        Row(
            "an include written out",
            replacing: [
                ("{includes: [reader], grants: [write]}", "{grants: [write, read]}"), ("role: reader,", "role: [reader, writer],"),
            ], lines: same),
        Row(
            "a rule split in two",
            replacing: [("partner: [globex, initech]}", "partner: globex}}\n  - {id: second, when: {partner: initech}")], lines: same),
        Row("a rule repeated for a smaller network", adding: "  - {id: more, when: {scope: write, network: 10.1.0.0/16}}", lines: same),
        Row("a rule of a route that is closed anyway", adding: "  - {id: more, when: {route: shut}}", lines: same),
        Row(
            "a rate, a body, a destination",
            replacing: [("needs: [read, write], object: id,", "needs: [read, write], object: id, rate: 1/s, body: {max: 1B},")], lines: same
        ),
        Row("a role that is new and carried by nobody", replacing: [("  boss:", "  idle: {grants: [read]}\n  boss:")], lines: same),
        Row(
            "a role that may be carried",
            replacing: [("roles: [reader, writer]}", "roles: [reader, writer, support]}")],
            lines: [
                "CHANGE  CALLER   ROLES             ROUTE         METHODS  ONLY",
                "gains   partner  support           list          GET",
                "gains   partner  support           read own      GET",
                "gains   partner  support           read other    GET",
                "gains   partner  writer + support  change other  PUT",
            ]
        ),
        // Who no longer counts as a boss is no longer refused as one, by `readers-not-here` and `write-from-home`.
        Row(
            "a role that may no longer be carried",
            replacing: [("roles: [reader, support, boss]", "roles: [reader, support]")],
            lines: [
                "CHANGE  CALLER  ROLES           ROUTE         METHODS  ONLY",
                "gains   staff   reader + boss   list          GET      network 10.0.0.0/8, 2001:db8::/32",
                "gains   staff   support + boss  list          GET      network 10.0.0.0/8, 2001:db8::/32",
                "gains   staff   reader + boss   read own      GET      network 10.0.0.0/8, 2001:db8::/32",
                "gains   staff   support + boss  read own      GET      network 10.0.0.0/8, 2001:db8::/32",
                "gains   staff   support + boss  read other    GET      network 10.0.0.0/8, 2001:db8::/32",
                "gains   staff   reader + boss   staff.only    GET      network 10.0.0.0/8, 2001:db8::/32",
                "gains   staff   support + boss  staff.only    GET      network 10.0.0.0/8, 2001:db8::/32",
                "gains   staff   boss            anyone        GET",
                "loses   staff   boss            list          GET",
                "loses   staff   boss            read own      GET",
                "loses   staff   boss            read other    GET",
                "loses   staff   boss            change own    PUT",
                "loses   staff   boss            change other  PUT",
                "loses   staff   boss            staff.only    GET",
                "loses   staff   boss            unsigned      POST",
            ]
        ),
        Row(
            "a scope that a route needs besides",
            replacing: [("path: /things, needs: [read]", "path: /things, needs: [read, write]")],
            lines: [
                "CHANGE  CALLER   ROLES    ROUTE  METHODS  ONLY",
                "loses   partner  reader   list   GET",
                "loses   staff    reader   list   GET",
                "loses   staff    support  list   GET",
            ]
        ),
        Row(
            "a scope that all who could call hold anyway: tokens can be narrower",
            replacing: [("needs: [write], signed: refused", "needs: [read, write], signed: refused")],
            lines: [
                "CHANGE  CALLER   ROLES   ROUTE     METHODS  ONLY",
                "loses   partner  writer  unsigned  POST     unsigned; tokens with only write",
                "loses   staff    boss    unsigned  POST     tokens with only write",
            ]
        ),
        Row(
            "a wider reach",
            replacing: [("writer: {includes: [reader], grants: [write]}", "writer: {includes: [reader], grants: [write], objects: any}")],
            lines: [
                "CHANGE  CALLER   ROLES   ROUTE         METHODS  ONLY",
                "gains   partner  writer  read other    GET",
                "gains   partner  writer  change other  PUT",
            ]
        ),
        Row(
            "a route that becomes public",
            replacing: [("path: /things, needs: [read], to", "path: /things, public: true, to")],
            lines: [
                "CHANGE  CALLER     ROLES  ROUTE  METHODS  ONLY",
                "gains   anonymous  -      list   GET",
                "gains   partner    -      list   GET",
                "gains   staff      -      list   GET",
            ]
        ),
        Row(
            "a path that moves",
            replacing: [("path: /staff,", "path: /people,")],
            lines: [
                "CHANGE  CALLER  ROLES    ROUTE       METHODS  ONLY",
                "gains   staff   reader   staff.only  GET",
                "gains   staff   support  staff.only  GET",
                "gains   staff   boss     staff.only  GET",
                "loses   staff   reader   staff.only  GET",
                "loses   staff   support  staff.only  GET",
                "loses   staff   boss     staff.only  GET",
            ]
        ),
        Row(
            "a route cut out of another",
            replacing: [
                (
                    "  - {id: change,",
                    "  - {id: special, methods: [GET], path: /things/special, needs: [admin], to: provisioning}\n  - {id: change,"
                )
            ],
            lines: [
                "CHANGE  CALLER   ROLES    ROUTE       METHODS  ONLY",
                "loses   partner  reader   read own    GET",
                "loses   partner  writer   read own    GET",
                "loses   staff    reader   read own    GET",
                "loses   staff    support  read own    GET",
                "loses   staff    support  read other  GET",
            ]
        ),
        Row(
            "a method more",
            replacing: [("{id: change, methods: [PUT]", "{id: change, methods: [PUT, PATCH]")],
            lines: [
                "CHANGE  CALLER   ROLES   ROUTE         METHODS  ONLY",
                "gains   partner  writer  change own    PATCH",
                "gains   staff    boss    change own    PATCH",
                "gains   staff    boss    change other  PATCH",
            ]
        ),
        Row(
            "a signature that is no longer required",
            replacing: [("signed: required", "signed: optional")],
            lines: [
                "CHANGE  CALLER   ROLES   ROUTE   METHODS  ONLY",
                "gains   partner  writer  signed  POST     unsigned",
                "gains   staff    boss    signed  POST",
            ]
        ),
        Row(
            "a partner that is no longer suspended",
            replacing: [("partner: [globex, initech]", "partner: [initech]")],
            lines: [
                "CHANGE  CALLER   ROLES   ROUTE       METHODS  ONLY",
                "gains   partner  reader  list        GET      partner globex",
                "gains   partner  writer  list        GET      partner globex",
                "gains   partner  reader  read own    GET      partner globex",
                "gains   partner  writer  read own    GET      partner globex",
                "gains   partner  writer  change own  PUT      partner globex",
                "gains   partner  -       anyone      GET      partner globex",
                "gains   partner  writer  signed      POST     signed; partner globex",
                "gains   partner  writer  unsigned    POST     unsigned; partner globex",
            ]
        ),
        Row(
            "a network that public routes are closed to",
            adding: "  - {id: more, when: {route: open, network: 198.51.100.0/24}}",
            lines: [
                "CHANGE  CALLER     ROLES  ROUTE  METHODS  ONLY",
                "loses   anonymous  -      open   GET      network 198.51.100.0/24",
                "loses   partner    -      open   GET      network 198.51.100.0/24",
                "loses   staff      -      open   GET      network 198.51.100.0/24",
            ]
        ),
        Row(
            "a rule against a role, where more roles are less",
            adding: "  - {id: more, when: {role: support, route: list}}",
            lines: [
                "CHANGE  CALLER  ROLES    ROUTE  METHODS  ONLY",
                "loses   staff   support  list   GET",
                "loses   staff   boss     list   GET",
            ]
        ),
    ]

    @Test("a change of the policy is told as what it changes, and only that", arguments: rows)
    func change(row: Row) throws {
        let diff = PolicyDiff(from: try Self.policy(), to: try Self.policy(row.replacing, adding: row.adding))
        #expect(diff.lines == row.lines)
        #expect(diff.exitCode == (row.lines == Self.same ? 0 : 3))
    }

    @Test("the other way round everybody who gained loses", arguments: rows)
    func reversed(row: Row) throws {
        let (old, new) = (try Self.policy(), try Self.policy(row.replacing, adding: row.adding))
        let (forth, back) = (AccessDiff(from: old, to: new), AccessDiff(from: new, to: old))
        let key = { (change: AccessChange, direction: AccessChange.Direction) in
            "\(Set(change.roles).sorted()) \(change.object?.rawValue ?? "") \(direction.rawValue) \(change.methods.rawValue)"
        }
        let turned = forth.changes.map { key($0, $0.change == .gains ? .loses : .gains) }
        #expect(Set(turned) == Set(back.changes.map { key($0, $0.change) }))
    }

    @Test("the JSON has the members of the contract")
    func json() throws {
        let new = try Self.policy([("path: /things, needs: [read]", "path: /things, needs: [read, write]")])
        let json = PolicyDiff(from: try Self.policy(), to: new).json.serialized()
        #expect(
            json.hasPrefix(
                #"{"same":false,"changes":[{"caller":"partner","roles":["reader"],"route":"list","object":null,"change":"loses","methods":["GET"]},"#
            )
        )
        #expect(PolicyDiff(from: new, to: new).json.serialized() == #"{"same":true,"changes":[]}"#)
    }
}
