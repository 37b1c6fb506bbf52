/// The smallest change that would let a refused request through, in words: of the request, of the credential, and of the policy only
/// when nothing else would do.
struct NearestChange {
    private let policy: Policy
    private let route: Route
    private let principal: Principal?
    private let context: AccessContext
    private let asking: ExplainedCaller

    init(_ explainer: RouteExplainer) {
        asking = explainer.asking
        policy = explainer.policy
        route = explainer.route
        principal = explainer.principal
        context = explainer.context
    }

    func phrase() -> String {
        var steps: [String] = []
        if route.isClosed { steps.append("open the route (line \(route.keyPositions["closed"]?.line ?? route.position.line))") }
        if let address = context.network, !asking.networks.isEmpty, !asking.networks.contains(where: { $0.contains(address) }) {
            steps.append("come from one of its networks (\(quoted(asking.networks.map(\.description))))")
        }
        if let principal, route.callers.contains(principal.caller), canSign(principal.caller) {
            steps += stepsAsIs(principal)
        } else if !route.isPublic {
            steps.append(anotherCredential())
        }
        for rule in policy.rules(on: route) where rule.matches(route.isPublic ? nil : principal, from: context.network) {
            steps.append("lift the deny rule `\(rule.id)` (line \(rule.position.line))")
        }
        return steps.joined(separator: ", and ")
    }

    private func canSign(_ caller: Caller) -> Bool {
        route.signed != .required || caller.via == .partnerToken
    }

    /// With another credential altogether.
    private func anotherCredential() -> String {
        let isSigned = route.signed == .required
        let needed = policy.access(to: route).first.map { access in
            "as `\(access.caller)`" + (access.roles.isEmpty ? "" : " with \(roleNoun(access.roles))")
        }
        let verb = principal != nil ? "come" : asking.rejection == nil ? "present a credential" : "present a credential that holds"
        return [verb, needed, isSigned ? "and sign the request" : nil].compactMap(\.self).joined(separator: " ")
    }

    private func stepsAsIs(_ principal: Principal) -> [String] {
        var steps: [String] = []
        if route.signed == .required, !context.isSigned { steps.append("sign the request") }
        if route.signed == .refused, context.isSigned { steps.append("send it without a signature") }
        let granted = policy.scopes(grantedTo: principal.roles)
        let narrowed = route.needs.intersection(granted).subtracting(principal.scopes)
        if !narrowed.isEmpty { steps.append("ask for a token with \(quoted(policy.names(of: narrowed)))") }
        return steps + roleSteps(principal, missing: route.needs.subtracting(granted))
    }

    /// What roles would have to be added, for scopes and reach.
    private func roleSteps(_ principal: Principal, missing: ScopeSet) -> [String] {
        let missesReach = route.hasObject && principal.objects == .own && (context.ownership == .other || principal.tenant == nil)
        guard !missing.isEmpty || missesReach else { return [] }
        if let roles = added(principal, needsReach: missesReach) { return ["carry \(roleNoun(roles)) too"] }
        var steps: [String] = []
        if missesReach { steps.append(principal.tenant == nil ? "have a tenant" : "ask for an object of its own tenant") }
        if !missing.isEmpty {
            if let roles = added(principal, needsReach: false) {
                steps.append("carry \(roleNoun(roles)) too")
            } else {
                let own = policy.names(of: principal.roles)
                let target = own.isEmpty ? "a role that `\(principal.caller.name)` may carry" : "one of its roles (\(quoted(own)))"
                steps.append("grant \(quoted(policy.names(of: missing))) to \(target)")
            }
        }
        return steps
    }

    /// The fewest roles that the caller may carry beside those it has; nil when no roles would do.
    private func added(_ principal: Principal, needsReach: Bool) -> [String]? {
        let question = RoleQuestion(
            policy, caller: principal.caller, route: route, isOther: needsReach,
            isSigned: route.signed == .required && principal.caller.via == .partnerToken
        )
        let sets = question.minimalSets().map { RoleSet($0).subtracting(principal.roles) }
        let able = sets.filter { !$0.isEmpty && question.allows($0.union(principal.roles)) }
        return able.min { $0.count < $1.count }.map { policy.names(of: $0) }
    }

    private func roleNoun(_ roles: [String]) -> String {
        (roles.count == 1 ? "the role " : "the roles ") + quoted(roles)
    }
}
