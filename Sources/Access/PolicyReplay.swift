/// Decides what was decided once more, by another policy.
///
/// A line of the log does not say everything: not whose the object was, not whether the request was signed, not which roles the policy of
/// then dropped, and of a token not which scopes it was asked for. What the line implies is used; where what it leaves open would make
/// a difference, the answer is that it cannot be told.
package struct PolicyReplay: Sendable {
    package enum Verdict: Sendable {
        /// Allowed then and now, or refused then and now.
        case same
        case changed(reason: Reason, route: String?)
        /// What the line does not say would make the difference.
        case untold
    }

    private let new: Policy
    /// The policy that decided, if it is at hand: it tells whether a token was narrowed, and what routes asked for.
    private let old: Policy?

    package init(_ new: Policy, decidedBy old: Policy? = nil) {
        self.new = new
        self.old = old
    }

    package func judge(_ line: LoggedDecision) -> Verdict {
        guard let method = line.method, method != .options, let path = line.path, line.route?.hasPrefix("/") != true else { return .same }
        let route: Route
        switch new.lookup(method, path: path.utf8.span) {
        case .found(let found): route = found
        case .notFound: return line.reason.stage == .request ? .same : verdict(line, .noRoute, nil)
        case .methodNotAllowed: return line.reason.stage == .request ? .same : verdict(line, .methodNotAllowed, nil)
        }
        switch line.reason.stage {
        case .request: return .same
        case .route: return route.isPublic ? decide(line, nil, route) : .untold
        case .credential: return route.isPublic ? decide(line, nil, route) : .same
        case .afterwards:
            // Allowed by the policy, refused for something else, which a new policy does not mend.
            return .same
        case .policy: break
        }
        if route.isPublic || line.reason == .noCredential { return decide(line, nil, route) }
        // A public route read no credential, so who asked is not known.
        guard let name = line.caller else { return .untold }
        // The same kind of credential, whatever its caller is called now; only the policy of then says which that was.
        if let via = old?.caller(named: name)?.via {
            guard let caller = new.caller(via: via) else { return verdict(line, .callerNotAllowed, route.id) }
            return decide(line, principal(line, caller), route)
        }
        guard let caller = new.caller(named: name) else { return .untold }
        return decide(line, principal(line, caller), route)
    }

    // MARK: - Who asked

    private func principal(_ line: LoggedDecision, _ caller: Caller) -> Principal {
        let roles = new.roles(named: line.roles, for: caller)
        var scopes = new.scopes(grantedTo: roles)
        // What the roles granted then and the token was asked for without, it would be without again. Not knowing what they granted, all
        // that it did not hold counts as left out.
        let reference = old ?? new
        if let then = reference.caller(via: caller.via) {
            let granted = reference.names(of: reference.scopes(grantedTo: reference.roles(named: line.roles, for: then)))
            scopes = scopes.subtracting(new.scopes(named: granted.filter { !line.scopes.contains($0) }))
        }
        let isPartner = caller.via == .partnerToken
        return new.trialPrincipal(
            caller,
            TrialSubject(
                roles: roles, scopes: scopes, subject: line.subject, partner: isPartner ? line.subject : nil, tenant: line.tenant
            )
        )
    }

    // MARK: - Deciding

    /// By every value of what the line leaves open.
    private func decide(_ line: LoggedDecision, _ principal: Principal?, _ route: Route) -> Verdict {
        if line.isAllowed, reachShrinks(line, principal, route) { return .untold }
        let network = IPAddress(line.remote)
        let verdicts = signatures(line, principal).map { isSigned in
            new.decide(principal, on: route, in: AccessContext(network: network, isSigned: isSigned, ownership: .unknown))
        }
        guard let first = verdicts.first else { return .untold }
        guard verdicts.allSatisfy({ $0.isAllowed == first.isAllowed }) else { return .untold }
        // Another's object then, and now: the store keeps to the tenant, whatever the route says.
        if line.reason == .notOwner, case .allow(let grant) = first, grant.objects != .any { return .same }
        return verdict(line, first.reason, route.id)
    }

    /// Whether the request was signed: what the route asked for then tells, or it may be either.
    private func signatures(_ line: LoggedDecision, _ principal: Principal?) -> [Bool] {
        guard let principal, principal.caller.via == .partnerToken else { return [false] }
        if line.reason == .signatureRequired { return [false] }
        if line.reason == .signatureRefused { return [true] }
        let asked = line.route.flatMap { old?.route(id: $0)?.signed } ?? .optional
        switch asked {
        case .required where line.reason != .routeClosed: return [true]
        case .refused where line.reason != .routeClosed: return [false]
        default: return [false, true]
        }
    }

    /// Whether objects of others could be reached then and cannot be now: the line does not say whose this one was.
    private func reachShrinks(_ line: LoggedDecision, _ principal: Principal?, _ route: Route) -> Bool {
        guard let principal, route.hasObject, principal.objects == .own, principal.tenant != nil, line.status != 404 else { return false }
        guard let old, let then = line.caller.flatMap({ old.caller(named: $0) }) else { return false }
        if let before = line.route.flatMap({ old.route(id: $0) }), !before.hasObject { return true }
        return old.objects(of: old.roles(named: line.roles, for: then)) == .any
    }

    private func verdict(_ line: LoggedDecision, _ reason: Reason, _ route: String?) -> Verdict {
        let isAllowed = reason == .allowed || reason == .isPublic
        return isAllowed == line.isAllowed ? .same : .changed(reason: reason, route: route)
    }
}
