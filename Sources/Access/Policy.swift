/// A loaded policy: which requests there are, and who may make them. Immutable; a reload makes another one.
///
/// Order never matters, deny beats allow, and what nothing matches is closed.
package final class Policy: Sendable {
    /// Of the file's bytes, as every decision is logged with it.
    package let digest: String
    /// In the order of the file; a role's index is its bit.
    package let roles: [Role]
    /// In the order of the file; a scope's index is its bit.
    package let scopes: [Scope]
    package let callers: [Caller]
    package let routes: [Route]
    package let denyRules: [DenyRule]

    private let table: RouteTable
    /// For each route the deny rules that could hold on it, in the order of the file.
    private let rulesByRoute: [[DenyRule]]
    private let roleIndices: [String: Int]
    private let scopeIndices: [String: Int]

    init(
        digest: String, roles: [Role], scopes: [Scope], callers: [Caller], routes: [Route], denyRules: [DenyRule],
        table: RouteTable
    ) {
        self.digest = digest
        self.roles = roles
        self.scopes = scopes
        self.callers = callers
        self.routes = routes
        self.denyRules = denyRules
        self.table = table
        rulesByRoute = Self.rulesByRoute(count: routes.count, rules: denyRules)
        roleIndices = Dictionary(uniqueKeysWithValues: roles.enumerated().map { ($1.name, $0) })
        scopeIndices = Dictionary(uniqueKeysWithValues: scopes.enumerated().map { ($1.name, $0) })
    }

    /// Finds the route of a request. The path is the canonical one, without the query.
    ///
    /// Cost: by the length of the path, not by the number of routes. Allocates nothing.
    package func lookup(_ method: Method, path: Span<UInt8>) -> RouteLookup {
        var allowed = MethodSet()
        let index = table.find(method, path: path, allowed: &allowed)
        if index >= 0 { return .found(routes[index]) }
        return allowed.isEmpty ? .notFound : .methodNotAllowed(allowed)
    }

    /// THE decision. Everything that may refuse a request with a known caller is on this screen, in the order it is told.
    ///
    /// Allocates nothing when it allows.
    /// - Parameters:
    ///   - principal: nil when no credential was presented, and on public routes, which read none.
    ///   - route: of this policy.
    package func decide(_ principal: Principal?, on route: Route, in context: AccessContext) -> Decision {
        if route.isPublic {
            if let rule = denyRule(for: nil, on: route, from: context.network) { return .deny(Denial(.denyRule, rule: rule)) }
            return .allow(Grant(route: route, principal: nil, objects: .none, reason: .isPublic))
        }
        guard let principal else { return .deny(Denial(.noCredential)) }
        if route.isClosed { return .deny(Denial(.routeClosed)) }
        if context.isSigned {
            if route.signed == .refused { return .deny(Denial(.signatureRefused)) }
        } else if route.signed == .required {
            // Only partners can sign, so telling a session to sign would lead nowhere.
            return .deny(Denial(principal.caller.via == .partnerToken ? .signatureRequired : .callerNotAllowed))
        }
        guard route.callers.contains(principal.caller) else { return .deny(Denial(.callerNotAllowed)) }
        if let rule = denyRule(for: principal, on: route, from: context.network) {
            return .deny(Denial(.denyRule, rule: rule))
        }
        guard route.needs.isSubset(of: principal.scopes) else {
            return .deny(Denial(.missingScope, missing: route.needs.subtracting(principal.scopes)))
        }
        let objects = ObjectGrant(principal)
        if route.hasObject {
            switch (objects, context.ownership) {
            case (.any, _), (.own, .own), (.own, .unknown): break
            case (.own, .other): return .deny(Denial(.notOwner))
            case (.none, _): return .deny(Denial(.noTenant))
            }
        }
        return .allow(Grant(route: route, principal: principal, objects: objects, reason: .allowed))
    }

    /// The first rule of the file that matches. For nobody in particular, only rules that ask nothing about the caller can.
    private func denyRule(for principal: Principal?, on route: Route, from network: IPAddress?) -> DenyRule? {
        if denyRules.isEmpty { return nil }
        for rule in rulesByRoute[route.index] where rule.matches(principal, from: network) {
            return rule
        }
        return nil
    }

    /// The deny rules that could hold on the route, in the order of the file.
    func rules(on route: Route) -> [DenyRule] {
        rulesByRoute[route.index]
    }

    /// Routes without a rule of their own share one array.
    private static func rulesByRoute(count: Int, rules: [DenyRule]) -> [[DenyRule]] {
        let general = rules.filter { $0.routes == nil }
        var result = Array(repeating: general, count: count)
        for route in Set(rules.flatMap { $0.routes ?? [] }) {
            result[route] = rules.filter { $0.routes?.contains(route) ?? true }
        }
        return result
    }
}

// MARK: - What goes into a principal

extension Policy {
    /// The caller that this credential speaks for; nil when the policy has none.
    package func caller(via: Via) -> Caller? {
        callers.first { $0.via == via }
    }

    /// The roles that count of those a credential names: known to the policy and listed for the caller. The others are dropped.
    package func roles(named names: some Sequence<String>, for caller: Caller) -> RoleSet {
        var result = RoleSet()
        for name in names {
            if let index = roleIndices[name], caller.roles.contains(index) { result.insert(index) }
        }
        return result
    }

    /// All that these roles grant, with the roles they include.
    package func scopes(grantedTo roles: RoleSet) -> ScopeSet {
        roles.indices.reduce(ScopeSet()) { $0.union(self.roles[$1].grants) }
    }

    /// The widest reach of these roles and the roles they include.
    package func objects(of roles: RoleSet) -> ObjectReach {
        roles.indices.contains { self.roles[$0].objects == .any } ? .any : .own
    }

    /// Names that the policy does not know are dropped.
    package func scopes(named names: some Sequence<String>) -> ScopeSet {
        ScopeSet(names.compactMap { scopeIndices[$0] })
    }

    package func role(named name: String) -> Role? {
        roleIndices[name].map { roles[$0] }
    }

    package func caller(named name: String) -> Caller? {
        callers.first { $0.name == name }
    }

    package func route(id: String) -> Route? {
        routes.first { $0.id == id }
    }

    /// In the order of the file.
    package func names(of set: RoleSet) -> [String] {
        set.indices.map { roles[$0].name }
    }

    /// In the order of the file.
    package func names(of set: ScopeSet) -> [String] {
        set.indices.map { scopes[$0].name }
    }
}

/// A role, with everything it includes already counted in.
package struct Role: Sendable {
    package let index: Int
    package let name: String
    /// Its own and those of the roles it includes.
    package let grants: ScopeSet
    /// The widest of its own and those of the roles it includes.
    package let objects: ObjectReach
    /// This role and all that it includes, directly or not.
    package let closure: RoleSet
    package let position: SourcePosition
}

/// A scope that routes can ask for.
package struct Scope: Sendable {
    package let index: Int
    package let name: String
    /// For people.
    package let summary: String
    package let position: SourcePosition
}

/// What is known of a request beside its route and principal.
package struct AccessContext: Sendable {
    /// The client's address; nil is in no network.
    package var network: IPAddress?
    /// The request's signature was present and verified.
    package var isSigned: Bool
    package var ownership: Ownership

    package init(network: IPAddress? = nil, isSigned: Bool = false, ownership: Ownership = .unknown) {
        self.network = network
        self.isSigned = isSigned
        self.ownership = ownership
    }
}

/// Whose the named object is, as seen by the principal's tenant.
package enum Ownership: Sendable {
    /// The live request: the store keeps to the grant's tenant.
    case unknown
    case own, other
}

/// The outcome of a route look-up.
package enum RouteLookup: Sendable {
    case found(Route)
    /// The path exists, with these methods.
    case methodNotAllowed(MethodSet)
    case notFound
}

/// What a decision came to.
package enum Decision: Sendable {
    case allow(Grant)
    case deny(Denial)

    package var reason: Reason {
        switch self {
        case .allow(let grant): grant.reason
        case .deny(let denial): denial.reason
        }
    }

    package var isAllowed: Bool {
        if case .allow = self { true } else { false }
    }
}

/// Why a request is refused.
package struct Denial: Sendable {
    package let reason: Reason
    /// The scopes that are needed and not held; empty but for `missing_scope`.
    package let missing: ScopeSet
    /// The rule that refused, for `deny_rule`.
    package let rule: DenyRule?

    package init(_ reason: Reason, missing: ScopeSet = ScopeSet(), rule: DenyRule? = nil) {
        self.reason = reason
        self.missing = missing
        self.rule = rule
    }
}

/// Which owned objects an allowed request may reach.
package enum ObjectGrant: Hashable, Sendable {
    case any
    case own(tenant: String)
    case none

    init(_ principal: Principal) {
        switch (principal.objects, principal.tenant) {
        case (.any, _): self = .any
        case (.own, let tenant?): self = .own(tenant: tenant)
        case (.own, nil): self = .none
        }
    }
}

/// The proof that a request was allowed. Only `Policy.decide` makes one, and nothing is forwarded without.
package struct Grant: Sendable {
    package let route: Route
    /// Nil on public routes.
    package let principal: Principal?
    package let objects: ObjectGrant
    /// `allowed` or `public`.
    package let reason: Reason

    fileprivate init(route: Route, principal: Principal?, objects: ObjectGrant, reason: Reason) {
        self.route = route
        self.principal = principal
        self.objects = objects
        self.reason = reason
    }
}
