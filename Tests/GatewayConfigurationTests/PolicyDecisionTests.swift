import Access
import GatewayConfiguration
import Testing

@Suite("Decisions")
struct PolicyDecisionTests {
    static let text = """
        policy: 1
        scopes: {read: Look, write: Change, admin: Everything else}
        roles:
          reader: {grants: [read]}
          writer: {includes: [reader], grants: [write]}
          support: {grants: [read], objects: any}
          boss: {includes: [writer, support], grants: [admin]}
        callers:
          partner: {via: partner-token, roles: [reader, writer]}
          staff: {via: session, roles: [reader, support, boss]}
        routes:
          - {id: open, methods: [GET], path: /open, public: true, to: provisioning}
          - {id: shut, methods: [GET], path: /shut, closed: true, to: provisioning}
          - {id: list, methods: [GET], path: /things, needs: [read], to: provisioning}
          - {id: read, methods: [GET], path: '/things/{id}', needs: [read], object: id, to: provisioning}
          - {id: change, methods: [PUT], path: '/things/{id}', needs: [read, write], object: id, to: provisioning}
          - {id: staff.only, methods: [GET], path: /staff, needs: [read], callers: [staff], to: provisioning}
          - {id: anyone, methods: [GET], path: /anyone, needs: [], to: provisioning}
          - {id: signed, methods: [POST], path: /signed, needs: [write], signed: required, to: provisioning}
          - {id: unsigned, methods: [POST], path: /unsigned, needs: [write], signed: refused, to: provisioning}
        deny:
          - {id: suspended, when: {partner: [globex, initech]}, because: Suspended}
          - {id: leaver, when: {caller: staff, subject: mallory}}
          - {id: readers-not-here, when: {role: reader, route: anyone}}
          - {id: write-from-home, when: {scope: [write], network: [10.0.0.0/8, '2001:db8::/32']}}
          - {id: public-from-there, when: {route: open, network: 192.0.2.0/24}}
        """

    static let policy: Policy? = PolicyFixture.compile(text).policy

    struct Row: CustomTestStringConvertible, Sendable {
        var who = Who.anonymous
        var roles: [String] = []
        var scopes: [String]?
        var tenant: String?
        let route: String
        var network: String?
        var isSigned = false
        var ownership = Ownership.unknown
        let reason: Reason
        var missing: [String] = []
        var rule: String?

        enum Who: Sendable { case anonymous, partner(String), staff(String) }

        var testDescription: String { "\(who) \(roles) on \(route): \(reason)" }
    }

    static let acme = Row.Who.partner("acme")
    static let rows: [Row] = [
        // Public routes read no credential; only rules that ask nothing about the caller hold there.
        Row(route: "open", reason: .isPublic),
        Row(who: acme, roles: ["reader"], route: "open", reason: .isPublic),
        Row(who: .partner("globex"), route: "open", reason: .isPublic),
        Row(route: "open", network: "192.0.2.7", reason: .denyRule, rule: "public-from-there"),
        Row(who: acme, route: "open", network: "192.0.2.7", reason: .denyRule, rule: "public-from-there"),
        Row(route: "open", network: "192.0.3.7", reason: .isPublic),

        // Without a credential
        Row(route: "list", reason: .noCredential),
        Row(route: "anyone", reason: .noCredential),
        Row(route: "shut", reason: .noCredential),
        Row(route: "signed", isSigned: true, reason: .noCredential),
        Row(route: "list", network: "10.1.2.3", reason: .noCredential),

        // Closed
        Row(who: .staff("root"), roles: ["boss"], tenant: "t", route: "shut", reason: .routeClosed),

        // Scopes: all of them, from all roles, through includes
        Row(who: acme, route: "list", reason: .missingScope, missing: ["read"]),
        Row(who: acme, roles: ["reader"], route: "list", reason: .allowed),
        Row(who: acme, roles: ["writer"], route: "list", reason: .allowed),
        Row(who: acme, roles: ["writer"], scopes: ["write"], route: "list", reason: .missingScope, missing: ["read"]),
        Row(who: acme, roles: ["writer"], scopes: [], route: "change", reason: .missingScope, missing: ["read", "write"]),
        Row(who: acme, roles: ["reader"], route: "change", reason: .missingScope, missing: ["write"]),
        Row(who: acme, roles: ["reader", "writer"], route: "change", reason: .allowed),
        Row(who: acme, route: "anyone", reason: .allowed),
        Row(who: .staff("ann"), route: "anyone", reason: .allowed),

        // Roles of another caller, unknown roles, and names that look like code (D-05) are dropped
        Row(who: acme, roles: ["support"], route: "list", reason: .missingScope, missing: ["read"]),
        Row(who: acme, roles: ["boss"], route: "change", reason: .missingScope, missing: ["read", "write"]),
        Row(who: .staff("ann"), roles: ["writer"], route: "list", reason: .missingScope, missing: ["read"]),
        Row(
            who: acme, roles: ["reader\"", "{reader}", "[reader]", "reader\n", "data.reader", "READER", " reader", ""],
            route: "list", reason: .missingScope, missing: ["read"]
        ),

        // Callers
        Row(who: acme, roles: ["reader"], route: "staff.only", reason: .callerNotAllowed),
        Row(who: .staff("ann"), roles: ["reader"], tenant: "t", route: "staff.only", reason: .allowed),

        // Ownership (D-08)
        Row(who: acme, roles: ["reader"], route: "read", ownership: .own, reason: .allowed),
        Row(who: acme, roles: ["reader"], route: "read", ownership: .unknown, reason: .allowed),
        Row(who: acme, roles: ["reader"], route: "read", ownership: .other, reason: .notOwner),
        Row(who: .staff("ann"), roles: ["reader"], tenant: "t", route: "read", ownership: .own, reason: .allowed),
        Row(who: .staff("ann"), roles: ["reader"], tenant: "t", route: "read", ownership: .other, reason: .notOwner),
        Row(who: .staff("ann"), roles: ["reader"], route: "read", ownership: .own, reason: .noTenant),
        Row(who: .staff("ann"), roles: ["reader"], route: "read", ownership: .unknown, reason: .noTenant),
        Row(who: .staff("ann"), roles: ["support"], route: "read", ownership: .other, reason: .allowed),
        Row(who: .staff("ann"), roles: ["reader", "support"], route: "read", ownership: .other, reason: .allowed),
        Row(who: .staff("ann"), roles: ["boss"], route: "change", ownership: .other, reason: .allowed),
        Row(who: .staff("ann"), roles: ["reader"], route: "list", reason: .allowed),

        // Signatures: partners only
        Row(who: acme, roles: ["writer"], route: "signed", reason: .signatureRequired),
        Row(who: acme, roles: ["writer"], route: "signed", isSigned: true, reason: .allowed),
        Row(who: acme, roles: ["reader"], route: "signed", reason: .signatureRequired),
        Row(who: .staff("ann"), roles: ["boss"], route: "signed", reason: .callerNotAllowed),
        Row(who: acme, roles: ["writer"], route: "unsigned", isSigned: true, reason: .signatureRefused),
        Row(who: acme, roles: ["writer"], route: "unsigned", reason: .allowed),
        Row(who: acme, roles: ["reader"], route: "list", isSigned: true, reason: .allowed),

        // Deny rules: all keys, any value; before scopes
        Row(who: .partner("globex"), roles: ["writer"], route: "list", reason: .denyRule, rule: "suspended"),
        Row(who: .partner("initech"), route: "list", reason: .denyRule, rule: "suspended"),
        Row(who: .staff("mallory"), roles: ["boss"], route: "list", reason: .denyRule, rule: "leaver"),
        Row(who: .partner("mallory"), roles: ["reader"], route: "list", reason: .allowed),
        Row(who: .staff("globex"), roles: ["support"], tenant: "globex", route: "list", reason: .allowed),
        Row(who: acme, roles: ["reader"], route: "anyone", reason: .denyRule, rule: "readers-not-here"),
        Row(who: acme, roles: ["writer"], route: "anyone", reason: .denyRule, rule: "readers-not-here"),
        Row(who: .staff("ann"), roles: ["boss"], route: "anyone", reason: .denyRule, rule: "readers-not-here"),
        Row(who: .staff("ann"), roles: ["support"], route: "anyone", reason: .allowed),
        Row(who: acme, roles: ["writer"], route: "list", network: "10.9.9.9", reason: .denyRule, rule: "write-from-home"),
        Row(who: acme, roles: ["writer"], route: "list", network: "::ffff:10.9.9.9", reason: .denyRule, rule: "write-from-home"),
        Row(who: acme, roles: ["writer"], route: "list", network: "2001:db8::1", reason: .denyRule, rule: "write-from-home"),
        Row(who: acme, roles: ["writer"], scopes: ["read"], route: "list", network: "10.9.9.9", reason: .allowed),
        Row(who: acme, roles: ["writer"], route: "list", network: "11.0.0.1", reason: .allowed),
        Row(who: acme, roles: ["writer"], route: "list", reason: .allowed),
    ]

    @Test("every condition decides as it is written, with its reason", arguments: rows)
    func decision(row: Row) throws {
        let policy = try #require(Self.policy)
        let route = try #require(policy.route(id: row.route))
        let network = try row.network.map { try #require(IPAddress($0)) }
        let principal = try Self.principal(row, policy)
        let decision = policy.decide(
            principal, on: route, in: AccessContext(network: network, isSigned: row.isSigned, ownership: row.ownership)
        )
        #expect(decision.reason == row.reason)
        #expect(decision.isAllowed == [.allowed, .isPublic].contains(row.reason))
        switch decision {
        case .allow(let grant):
            #expect(grant.route === route)
            #expect((grant.principal == nil) == route.isPublic)
        case .deny(let denial):
            #expect(policy.names(of: denial.missing) == row.missing)
            #expect(denial.rule?.id == row.rule)
        }
    }

    static func principal(_ row: Row, _ policy: Policy) throws -> Principal? {
        let caller: Caller
        let name: String
        let isPartner: Bool
        switch row.who {
        case .anonymous: return nil
        case .partner(let id): (caller, name, isPartner) = (try #require(policy.caller(via: .partnerToken)), id, true)
        case .staff(let subject): (caller, name, isPartner) = (try #require(policy.caller(via: .session)), subject, false)
        }
        let roles = policy.roles(named: row.roles, for: caller)
        let granted = policy.scopes(grantedTo: roles)
        return Principal(
            asserting: caller, subject: name, partner: isPartner ? name : nil, tenant: row.tenant ?? (isPartner ? name : nil),
            roles: roles, scopes: row.scopes.map { granted.intersection(policy.scopes(named: $0)) } ?? granted,
            objects: policy.objects(of: roles), tokenID: nil, expires: 0
        )
    }

    @Test(
        "the grant says which objects can be reached",
        arguments: [
            (Row(who: acme, roles: ["reader"], route: "list", reason: .allowed), ObjectGrant.own(tenant: "acme")),
            (Row(who: acme, roles: ["reader"], tenant: "t", route: "list", reason: .allowed), .own(tenant: "t")),
            (Row(who: .staff("ann"), roles: ["support"], tenant: "t", route: "list", reason: .allowed), .any),
            (Row(who: .staff("ann"), roles: ["reader"], route: "list", reason: .allowed), .none),
            (Row(route: "open", reason: .isPublic), .none),
        ]
    )
    func grant(row: Row, objects: ObjectGrant) throws {
        let policy = try #require(Self.policy)
        let route = try #require(policy.route(id: row.route))
        guard case .allow(let grant) = policy.decide(try Self.principal(row, policy), on: route, in: AccessContext()) else {
            Issue.record("refused")
            return
        }
        #expect(grant.objects == objects)
    }

    @Test("a deny rule beats every grant: for every role set and route, adding it refuses and changes nothing else")
    func denyBeatsAllow() throws {
        let open = try #require(Self.policy)
        let text = Self.text + "\n  - {id: all, when: {network: 0.0.0.0/0}}\n"
        let shut = try #require(PolicyFixture.compile(text).policy)
        let address = IPAddress("203.0.113.9")
        for row in Self.rows where row.network == nil {
            let route = try #require(shut.route(id: row.route))
            let context = AccessContext(network: address, isSigned: row.isSigned, ownership: row.ownership)
            let decision = shut.decide(try Self.principal(row, shut), on: route, in: context)
            #expect(!decision.isAllowed)
            let before = open.decide(
                try Self.principal(row, open), on: try #require(open.route(id: row.route)),
                in: AccessContext(isSigned: row.isSigned, ownership: row.ownership)
            )
            if before.isAllowed { #expect(decision.reason == .denyRule) }
        }
    }

    @Test(
        "requests find their route, HEAD as GET does",
        arguments: [
            (.get, "/things/1", "read", nil), (.head, "/things/1", "read", nil), (.put, "/things/1", "change", nil),
            (.get, "/things", "list", nil), (.post, "/things/1", nil, ["GET", "HEAD", "PUT"]), (.options, "/things", nil, ["GET", "HEAD"]),
            (.get, "/things/", nil, nil), (.get, "/things/1/2", nil, nil), (.get, "/Things", nil, nil), (.get, "/", nil, nil),
        ] as [(Access.Method, String, String?, [String]?)]
    )
    func lookup(method: Access.Method, path: String, id: String?, allowed: [String]?) throws {
        let policy = try #require(Self.policy)
        switch policy.lookup(method, path: path.utf8.span) {
        case .found(let route): #expect(route.id == id)
        case .methodNotAllowed(let methods): #expect(id == nil && methods.methods.map(\.name) == allowed)
        case .notFound: #expect(id == nil && allowed == nil)
        }
    }

    @Test("the value of a parameter is found in the path")
    func parameter() throws {
        let pattern = try RoutePattern(parsing: "/a/{id}/b/{rest...}")
        let path = "/a/cus_1/b/x/y"
        #expect(pattern.range(of: "id", in: path.utf8.span) == 3..<8)
        #expect(pattern.range(of: "rest", in: path.utf8.span) == 11..<14)
        #expect(pattern.range(of: "other", in: path.utf8.span) == nil)
        #expect(pattern.range(of: "id", in: "/a".utf8.span) == nil)
    }
}
