/// Runs the tests that a policy brings along.
struct PolicyTests {
    let policy: Policy
    let tests: [PolicyDocument.TestEntry]

    struct Failure {
        let message: String
        let position: SourcePosition
    }

    func failures() -> [Failure] {
        var routes: [String: Route] = [:]
        for route in policy.routes { routes[route.id] = route }
        return tests.flatMap { test in
            failures(test, may: true, routes) + failures(test, may: false, routes)
        }
    }

    private func failures(_ test: PolicyDocument.TestEntry, may: Bool, _ routes: [String: Route]) -> [Failure] {
        (may ? test.may : test.mayNot).flatMap { target -> [Failure] in
            guard let route = routes[target.route] else { return [] }
            return ownerships(target, route).compactMap { ownership in
                let decision = decide(test.subject, route, ownership)
                guard decision.isAllowed != may else { return nil }
                return Failure(message: message(test.subject, target, route, ownership, decision), position: target.position)
            }
        }
    }

    /// A route with an object that is named alone means both.
    private func ownerships(_ target: PolicyDocument.TestTarget, _ route: Route) -> [Ownership] {
        guard route.object != nil else { return [.unknown] }
        return target.ownership.map { [$0] } ?? [.own, .other]
    }

    private func decide(_ subject: PolicyDocument.TestSubject, _ route: Route, _ ownership: Ownership) -> Decision {
        let principal = principal(subject)
        // A test is about who may, not about signing; but only partners can sign.
        let isSigned = route.signed == .required && principal?.caller.via == .partnerToken
        let context = AccessContext(network: subject.network, isSigned: isSigned, ownership: ownership)
        return policy.decide(principal, on: route, in: context)
    }

    /// As a request's credential would make it: roles that the caller may not carry are dropped, scopes only narrow.
    private func principal(_ subject: PolicyDocument.TestSubject) -> Principal? {
        let caller: Caller?
        var partner: String?
        switch subject.identity {
        case .anonymous: return nil
        case .partner(let id):
            caller = policy.caller(via: .partnerToken)
            partner = id
        case .caller(let name): caller = policy.caller(named: name.value)
        }
        guard let caller else { return nil }
        return policy.trialPrincipal(
            caller,
            TrialSubject(
                roles: policy.roles(named: subject.roles.map(\.value), for: caller),
                scopes: subject.scopes.map { policy.scopes(named: $0.map(\.value)) },
                subject: subject.subject, partner: partner, tenant: subject.tenant
            )
        )
    }

    // MARK: - Telling

    private func message(
        _ subject: PolicyDocument.TestSubject, _ target: PolicyDocument.TestTarget, _ route: Route, _ ownership: Ownership,
        _ decision: Decision
    ) -> String {
        let entry: String
        switch ownership {
        case .own: entry = "\(route.id) own"
        case .other: entry = "\(route.id) other"
        case .unknown: entry = route.id
        }
        guard case .deny(let denial) = decision else {
            return "failing test: \(phrase(subject)) may `\(entry)` (\(decision.reason.rawValue))"
        }
        var why = denial.reason.rawValue
        if !denial.missing.isEmpty { why += ": " + policy.names(of: denial.missing).joined(separator: ", ") }
        if let rule = denial.rule { why += ": `\(rule.id)`, line \(rule.position.line)" }
        return "failing test: \(phrase(subject)) may not `\(entry)` (\(why))"
    }

    private func phrase(_ subject: PolicyDocument.TestSubject) -> String {
        var words: String
        switch subject.identity {
        case .anonymous: words = "anonymous"
        case .partner(let id): words = "partner `\(id)`"
        case .caller(let name): words = "caller `\(name.value)`"
        }
        if !subject.roles.isEmpty { words += " as " + subject.roles.map { "`\($0.value)`" }.joined(separator: ", ") }
        return words
    }
}
