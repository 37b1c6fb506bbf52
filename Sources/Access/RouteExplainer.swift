/// Puts the conditions of one route before one principal.
struct RouteExplainer {
    let policy: Policy
    let route: Route
    let method: Method
    let path: [UInt8]
    let asking: ExplainedCaller
    let context: AccessContext

    typealias Condition = Explanation.Condition

    var principal: Principal? { asking.principal }

    func explain() -> Explanation {
        let all = conditions()
        return Explanation(
            reason: reason(), route: route, conditions: all,
            nearest: all.allSatisfy(\.holds) ? nil : NearestChange(self).phrase()
        )
    }

    /// In the order of a request: the credential, where it comes from, then the policy. A public route reads no credential.
    private func reason() -> Reason {
        if !route.isPublic {
            if let rejection = asking.rejection { return rejection.reason }
            if let network = network(), !network.holds { return .networkNotAllowed }
        }
        return policy.decide(principal, on: route, in: context).reason
    }

    private func line(of key: String) -> Int? {
        route.keyPositions[key]?.line
    }

    // MARK: - Conditions, in the order they are decided

    private func conditions() -> [Condition] {
        let request = "\(method.name) \(String(decoding: path, as: UTF8.self))"
        var result = [Condition("route", true, route.position.line, "\(request) is `\(route.id)`: \(route.pattern)")]
        if route.isPublic {
            result.append(Condition("public", true, line(of: "public"), "reads no credential"))
            return result + denyConditions()
        }
        result.append(credential())
        if let network = network() { result.append(network) }
        if route.isClosed {
            result.append(Condition("open", false, line(of: "closed"), "closed to everybody" + (route.because.map { ": \($0)" } ?? "")))
        }
        if let signature = signature() { result.append(signature) }
        result.append(caller())
        result += denyConditions()
        result += route.needs.indices.map { scope($0) }
        if let object = object() { result.append(object) }
        return result
    }

    private func credential() -> Condition {
        if let rejection = asking.rejection { return Condition("credential", false, nil, rejection.detail) }
        guard let principal else { return Condition("credential", false, nil, "none was presented") }
        var detail = "caller `\(principal.caller.name)`"
        if let partner = principal.partner { detail += ", partner `\(partner)`" }
        let roles = policy.names(of: principal.roles)
        detail += roles.isEmpty ? ", no roles" : ", roles \(quoted(roles))"
        if !asking.dropped.isEmpty { detail += "; this caller may not carry \(quoted(asking.dropped))" }
        return Condition("credential", true, principal.caller.position.line, detail)
    }

    /// Where a partner is registered to call from. When it is not known where the request comes from, it is taken to come from there.
    private func network() -> Condition? {
        guard !asking.networks.isEmpty else { return nil }
        let list = quoted(asking.networks.map(\.description))
        guard let address = context.network else { return Condition("network", true, nil, "only from \(list)") }
        let holds = asking.networks.contains { $0.contains(address) }
        return Condition("network", holds, nil, "\(address) is in \(holds ? "one" : "none") of \(list)")
    }

    private func signature() -> Condition? {
        let line = line(of: "signed")
        switch (route.signed, context.isSigned) {
        case (.optional, _): return nil
        case (.required, true): return Condition("signature", true, line, "the request is signed")
        case (.required, false): return Condition("signature", false, line, "the request must be signed, which only partners can")
        case (.refused, true): return Condition("signature", false, line, "the request must not be signed")
        case (.refused, false): return Condition("signature", true, line, "the request is not signed")
        }
    }

    private func caller() -> Condition {
        let allowed = policy.callers.filter { route.callers.contains($0) }.map(\.name)
        let detail = line(of: "callers") == nil ? "any caller of the policy" : "one of \(quoted(allowed))"
        let holds = principal.map { route.callers.contains($0.caller) } ?? false
        return Condition("caller", holds, line(of: "callers"), detail)
    }

    private func denyConditions() -> [Condition] {
        let asked = route.isPublic ? nil : principal
        return policy.rules(on: route).filter { !route.isPublic || $0.ignoresPrincipal }.map { rule in
            let refuses = rule.matches(asked, from: context.network)
            let detail =
                refuses ? "refuses" + (rule.because.map { ": \($0)" } ?? "") : "does not match: \(rule.miss(asked, context.network))"
            return Condition("deny \(rule.id)", !refuses, rule.position.line, detail)
        }
    }

    private func scope(_ index: Int) -> Condition {
        let name = policy.scopes[index].name
        let granting =
            principal.map { policy.names(of: $0.roles) }?.filter { policy.role(named: $0)?.grants.contains(index) ?? false } ?? []
        let holds = principal?.scopes.contains(index) ?? false
        let detail: String
        if principal == nil {
            detail = "nobody holds it without a credential"
        } else if holds {
            detail = "granted by \(quoted(granting))"
        } else if granting.isEmpty {
            detail = "none of its roles grants it"
        } else {
            detail = "granted by \(quoted(granting)), but the credential is narrower"
        }
        return Condition("scope \(name)", holds, line(of: "needs"), detail)
    }

    private func object() -> Condition? {
        guard route.hasObject, let parameter = route.object else { return nil }
        let line = line(of: "object")
        guard let principal else { return Condition("object", false, line, "nobody owns `{\(parameter)}` without a credential") }
        switch (ObjectGrant(principal), context.ownership) {
        case (.any, _):
            let roles = policy.names(of: principal.roles).filter { policy.role(named: $0)?.objects == .any }
            return Condition("object", true, line, "reaches any `{\(parameter)}`" + (roles.isEmpty ? "" : " by \(quoted(roles))"))
        case (.own(let tenant), .other):
            return Condition("object", false, line, "`{\(parameter)}` is not of its tenant `\(tenant)`, and it reaches only those")
        case (.own(let tenant), .own):
            return Condition("object", true, line, "`{\(parameter)}` is of its tenant `\(tenant)`")
        case (.own(let tenant), .unknown):
            return Condition("object", true, line, "only if `{\(parameter)}` is of its tenant `\(tenant)`; any other is not found")
        case (.none, _):
            return Condition("object", false, line, "it has no tenant, so it owns nothing")
        }
    }
}

/// Names in backticks, with commas.
func quoted(_ names: [String]) -> String {
    names.map { "`\($0)`" }.joined(separator: ", ")
}

extension DenyRule {
    /// The first key that does not match.
    fileprivate func miss(_ principal: Principal?, _ network: IPAddress?) -> String {
        if let networks, !networks.contains(where: { block in network.map { block.contains($0) } ?? false }) {
            return network.map { "\($0) is in none of its networks" } ?? "the client's network is not known"
        }
        guard let principal else { return "it asks about the caller" }
        if let callers, !callers.contains(principal.caller) { return "caller is `\(principal.caller.name)`" }
        if let partners, principal.partner.map({ !partners.contains($0) }) ?? true {
            return principal.partner.map { "partner is `\($0)`" } ?? "it is no partner"
        }
        if let subjects, !subjects.contains(principal.subject) { return "subject is another" }
        if let roles, roles.isDisjoint(with: principal.roles) { return "it carries no such role" }
        return "it holds no such scope"
    }
}
