import Foundation
import GatewayTesting
import StrictJSON
import Testing

@testable import Access
@testable import GatewayConfiguration

/// `explain`, `diff` and what the running gateway answers are one truth, over everybody, every route, and own and others' objects.
@Suite("Explained, compared and answered", .ownThread)
struct PolicyAgreementTests {
    static let old = """
        policy: 1
        scopes: { customers:read: Look, customers:write: Change, customers:delete: Remove }
        roles:
          partner-reader: { grants: [customers:read] }
          partner-writer: { includes: [partner-reader], grants: [customers:write] }
          support: { grants: [customers:read], objects: any }
          provisioning-admin: { grants: [customers:read, customers:write, customers:delete], objects: any }
        callers:
          partner: { via: partner-token, roles: [partner-reader, partner-writer] }
          staff: { via: session, roles: [support, provisioning-admin] }
        routes:
          - { id: create, methods: [POST], path: /api/provisioning/customers, needs: [customers:write], to: provisioning }
          - { id: list, methods: [GET], path: /api/provisioning/customers, needs: [customers:read], to: provisioning }
          - { id: read, methods: [GET], path: "/api/provisioning/customers/{id}", needs: [customers:read], object: id, to: provisioning }
          - { id: replace, methods: [PUT], path: "/api/provisioning/customers/{id}", needs: [customers:write], object: id, to: provisioning }
          - { id: update, methods: [PATCH], path: "/api/provisioning/customers/{id}", needs: [customers:write], object: id, to: provisioning }
          - { id: delete, methods: [DELETE], path: "/api/provisioning/customers/{id}", needs: [customers:delete], object: id, to: provisioning }
          - { id: openapi, methods: [GET], path: /openapi.json, public: true, to: provisioning }

        """

    /// Partners may remove, support sees its own only, nobody replaces, and the description needs a credential.
    static let new =
        old
        .replacing(
            "includes: [partner-reader], grants: [customers:write] }",
            with: "includes: [partner-reader], grants: [customers:write, customers:delete] }"
        )
        .replacing("support: { grants: [customers:read], objects: any }", with: "support: { grants: [customers:read] }")
        .replacing(
            "needs: [customers:write], object: id, to: provisioning }\n  - { id: update",
            with: "needs: [customers:write], object: id, callers: [staff], to: provisioning }\n  - { id: update"
        )
        .replacing("public: true", with: "needs: []")

    struct Asker: Sendable {
        let caller: String
        let roles: [String]
        /// The partner's id, and its tenant.
        var partner: String?
        var tenant: String?

        var subject: ExplainedSubject {
            if caller == Caller.anonymousName { return .anonymous }
            return .imagined(ImaginedSubject(caller: caller, roles: roles, subject: partner ?? "ada", partner: partner, tenant: tenant))
        }
    }

    static let partners: [String: [String]] = [
        "p-none": [], "p-reader": ["partner-reader"], "p-writer": ["partner-writer"], "p-both": ["partner-reader", "partner-writer"],
        "p-foreign": ["provisioning-admin", "partner-reader"],
    ]

    static let askers: [Asker] = {
        var result = [Asker(caller: Caller.anonymousName, roles: [])]
        for (id, roles) in partners { result.append(Asker(caller: "partner", roles: roles, partner: id, tenant: id)) }
        for roles in [[], ["support"], ["provisioning-admin"], ["support", "provisioning-admin"], ["partner-writer"]] {
            for tenant in [nil, "acme"] { result.append(Asker(caller: "staff", roles: roles, tenant: tenant)) }
        }
        return result
    }()

    struct Case: Hashable {
        let asker: Int
        let route: String
        let isOther: Bool
    }

    static let customers = "/api/provisioning/customers"
    static let routes: [(id: String, method: String, path: String, hasObject: Bool)] = [
        ("create", "POST", customers, false), ("list", "GET", customers, false), ("read", "GET", customers + "/{id}", true),
        ("replace", "PUT", customers + "/{id}", true), ("update", "PATCH", customers + "/{id}", true),
        ("delete", "DELETE", customers + "/{id}", true), ("openapi", "GET", "/openapi.json", false),
    ]

    /// What the gateway with this policy answers in every case, each held against the explanation.
    static func answers(_ text: String) async throws -> [Case: Bool] {
        let box = Box()
        let loaded = try #require(PolicyFixture.load(text))
        try await TestGateway.run(policy: text, edge: Edge(partners: partners)) { gateway in
            let admin = try bearer(Asker(caller: "staff", roles: ["provisioning-admin"]), gateway)
            for (index, asker) in askers.enumerated() {
                let credential = try bearer(asker, gateway)
                for route in routes {
                    for isOther in route.hasObject ? [false, true] : [false] {
                        // Somebody without a tenant has no objects; whose the one that is asked for is makes no difference then.
                        let owner = isOther ? "somebody-else" : asker.tenant ?? "another"
                        let id = route.hasObject ? try customer(of: owner, by: admin, gateway) : ""
                        let path = route.path.replacing("{id}", with: id)
                        let body = ["POST", "PUT", "PATCH"].contains(route.method) ? #"{"name":"N","contactEmail":"n@example.com"}"# : ""
                        let query = route.id == "create" && asker.caller == "staff" ? "?tenant=acme" : ""
                        let answer = try send(route.method, path + query, credential, body, gateway)
                        let context = AccessContext(network: IPAddress("127.0.0.1"), ownership: owner == asker.tenant ? .own : .other)
                        let explained = try PolicyExplanation(
                            route.method, target: path + query, as: asker.subject, in: context, by: loaded)
                        let what = "\(asker) \(route.id) \(isOther ? "other" : "own"): \(answer.status) \(explained.lines)"
                        if explained.explanation.isAllowed {
                            #expect((200..<300).contains(answer.status), "\(what)")
                        } else {
                            #expect(answer.status == explained.status, "\(what)")
                        }
                        box.set(Case(asker: index, route: route.id, isOther: isOther), answer.status < 300)
                    }
                }
            }
        }
        return box.answers
    }

    @Test("agree, before and after a change")
    func agreement() async throws {
        let (before, after) = (try await Self.answers(Self.old), try await Self.answers(Self.new))
        #expect(before.count == after.count && before.count == Self.askers.count * 11)
        let (old, new) = (try #require(PolicyFixture.load(Self.old)), try #require(PolicyFixture.load(Self.new)))
        let diff = AccessDiff(from: old, to: new)
        var told: Set<AccessChange> = []
        for (tried, wasAllowed) in before {
            let asker = Self.askers[tried.asker]
            // Who has no tenant owns nothing: the difference tells of those who have one.
            if asker.caller == "staff", asker.tenant == nil { continue }
            let isAllowed = after[tried] ?? false
            let changes = diff.changes.filter { change in
                change.scopes == nil && change.caller == asker.caller && change.route == tried.route
                    && Set(change.roles).isSubset(of: asker.roles) && (change.object == nil || (change.object == .other) == tried.isOther)
                    && (change.change == .gains) == isAllowed
            }
            #expect((wasAllowed != isAllowed) == !changes.isEmpty, "\(asker) \(tried.route) other: \(tried.isOther) \(diff.changes)")
            if wasAllowed != isAllowed { told.formUnion(changes) }
        }
        for change in diff.changes where change.scopes == nil { #expect(told.contains(change), "never seen: \(change)") }
        #expect(!told.isEmpty)
    }

    // MARK: - Asking

    private static func bearer(_ asker: Asker, _ gateway: TestGateway) throws -> String {
        if asker.caller == Caller.anonymousName { return "" }
        if let partner = asker.partner {
            let token = gateway.token(partner, scopes: ["customers:read", "customers:write", "customers:delete"])
            return "Authorization: Bearer \(token)\r\n"
        }
        let tenant: [(String, JSONValue)] = asker.tenant.map { [("tenant", .string($0))] } ?? []
        return "Authorization: Bearer \(try TestSession.token(roles: asker.roles, more: tenant))\r\n"
    }

    private static func send(
        _ method: String, _ target: String, _ credential: String, _ body: String, _ gateway: TestGateway
    ) throws -> RawClient.Response {
        let content = body.isEmpty ? "" : "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
        return try gateway.send("\(method) \(target) HTTP/1.1\r\nHost: gateway.test\r\n\(credential)\(content)\r\n\(body)")
    }

    private static func customer(of tenant: String, by admin: String, _ gateway: TestGateway) throws -> String {
        let answer = try send("POST", "\(customers)?tenant=\(tenant)", admin, #"{"name":"C","contactEmail":"c@example.com"}"#, gateway)
        return try #require(answer.json?["id"]?.string, "\(answer)")
    }

    private final class Box: @unchecked Sendable {
        // One task at a time writes: the body of the run, which is over before this is read.
        private(set) var answers: [Case: Bool] = [:]
        func set(_ key: Case, _ value: Bool) { answers[key] = value }
    }

    private enum PolicyFixture {
        static func load(_ text: String) -> Policy? {
            PolicyFile.compile(Array(text.utf8), file: "policy.yaml", upstreams: []).policy
        }
    }
}
