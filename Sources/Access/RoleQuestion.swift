/// Who is imagined to ask, beside caller and roles: what deny rules can tell apart.
struct TrialContext: Hashable {
    /// Nil: none that any rule names.
    var partner: String?
    var subject: String?
    var network: IPAddress?
}

/// All that an answer depends on but for the roles: one caller, one route, own or other objects, signed or not, from somewhere.
///
/// `allows` answers as `Policy.decide` does for a principal that holds all scopes of its roles; a test holds the two together. Apart
/// from deny rules more roles never allow less, which is what makes the smallest role sets worth finding.
struct RoleQuestion {
    /// Whatever the roles.
    let isRefused: Bool
    let needs: ScopeSet
    let needsAnyReach: Bool
    /// A deny rule refuses sets with a role of each of the two; nil: the rule does not ask for one.
    let conflicts: [(first: RoleSet, second: RoleSet?)]
    /// The roles that count.
    let carried: RoleSet
    private let roles: [Role]

    /// - Parameters:
    ///   - caller: nil is who presents no credential.
    ///   - isOther: the object belongs to another tenant; without an object this means nothing.
    init(
        _ policy: Policy, caller: Caller?, route: Route, isOther: Bool, isSigned: Bool, context: TrialContext = TrialContext()
    ) {
        roles = policy.roles
        needs = route.needs
        needsAnyReach = route.hasObject && isOther
        carried = caller?.roles ?? RoleSet()
        var isRefused = !route.isPublic && (caller.map { Self.isRefused($0, route, isSigned) } ?? true)
        var conflicts: [(RoleSet, RoleSet?)] = []
        for rule in policy.rules(on: route) where rule.couldMatch(route.isPublic ? nil : caller, context) {
            let holders = rule.scopes.map { scopes in
                RoleSet(policy.roles.filter { !$0.grants.isDisjoint(with: scopes) }.map(\.index))
            }
            switch (rule.roles, holders) {
            case (nil, nil): isRefused = true
            case (let roles?, let holders): conflicts.append((roles, holders))
            case (nil, let holders?): conflicts.append((holders, nil))
            }
        }
        self.isRefused = isRefused
        self.conflicts = conflicts
    }

    func allows(_ set: RoleSet) -> Bool {
        let counted = set.intersection(carried)
        guard !isRefused else { return false }
        let held = counted.indices.map { roles[$0] }
        guard needs.isSubset(of: held.reduce(ScopeSet()) { $0.union($1.grants) }) else { return false }
        guard !needsAnyReach || held.contains(where: { $0.objects == .any }) else { return false }
        return !conflicts.contains { conflict in
            !counted.isDisjoint(with: conflict.first) && conflict.second.map { !counted.isDisjoint(with: $0) } ?? true
        }
    }

    /// What the role brings along for this question.
    func element(_ role: Int) -> RoleCover.Element {
        RoleCover.Element(
            grants: roles[role].grants.intersection(needs), reachesAny: needsAnyReach && roles[role].objects == .any
        )
    }

    /// The sets that are allowed and of which no smaller part is, by role index; at most `limit`.
    func minimalSets(limit: Int = 50) -> [[Int]] {
        guard !isRefused else { return [] }
        // Roles that are alike for the question are tried once.
        var alike: [RoleKind: [Int]] = [:]
        for role in carried.indices {
            let kind = RoleKind(element: element(role), conflicts: conflictBits(role))
            if !kind.element.grants.isEmpty || kind.element.reachesAny { alike[kind, default: []].append(role) }
        }
        let kinds = alike.sorted { $0.value[0] < $1.value[0] }
        let cover = RoleCover(needs: needs, needsAnyReach: needsAnyReach)
        var result: [[Int]] = []
        for set in cover.minimalSets(of: kinds.map(\.key.element)) where allows(RoleSet(set.map { kinds[$0].value[0] })) {
            result += combinations(set.map { kinds[$0].value }, limit: limit - result.count)
        }
        return result
    }

    private struct RoleKind: Hashable {
        let element: RoleCover.Element
        let conflicts: [Int]
    }

    /// Which sides of which conflicts the role is on.
    func conflictBits(_ role: Int) -> [Int] {
        conflicts.indices.flatMap { index in
            [
                conflicts[index].first.contains(role) ? 2 * index : nil,
                conflicts[index].second?.contains(role) == true ? 2 * index + 1 : nil,
            ].compactMap(\.self)
        }
    }

    private static func isRefused(_ caller: Caller, _ route: Route, _ isSigned: Bool) -> Bool {
        if route.isClosed || !route.callers.contains(caller) { return true }
        if isSigned { return caller.via != .partnerToken || route.signed == .refused }
        return route.signed == .required
    }
}

/// One of each of the choices, in every combination, up to a limit.
func combinations(_ choices: [[Int]], limit: Int) -> [[Int]] {
    var result: [[Int]] = limit > 0 ? [[]] : []
    for choice in choices {
        result = Array(result.lazy.flatMap { begun in choice.lazy.map { begun + [$0] } }.prefix(limit))
    }
    return result.map { $0.sorted() }
}

extension DenyRule {
    /// Whether the rule matches but for what it asks about roles and scopes. Nobody in particular: only a rule that asks nothing.
    func couldMatch(_ caller: Caller?, _ context: TrialContext) -> Bool {
        if let networks {
            guard let network = context.network, networks.contains(where: { $0.contains(network) }) else { return false }
        }
        guard let caller else { return ignoresPrincipal }
        if let callers, !callers.contains(caller) { return false }
        if let partners {
            guard caller.via == .partnerToken, let partner = context.partner, partners.contains(partner) else { return false }
        }
        if let subjects {
            guard let subject = context.subject, subjects.contains(subject) else { return false }
        }
        return true
    }
}
