package import Access
package import GatewayCore

/// What a registration amounts to under a policy: the roles that count, and the scopes they leave.
package struct PartnerAccess: Sendable {
    package let roles: RoleSet
    package let scopes: ScopeSet

    /// - Parameters:
    ///   - roles: as registered; those that the policy does not list for partners are dropped.
    ///   - scopes: as registered; nil: all that the roles grant.
    package init(roles: [String], scopes: [String]?, under policy: Policy) {
        let counted = policy.caller(via: .partnerToken).map { policy.roles(named: roles, for: $0) } ?? RoleSet()
        let granted = policy.scopes(grantedTo: counted)
        self.roles = counted
        self.scopes = scopes.map { granted.intersection(policy.scopes(named: $0)) } ?? granted
    }

    package init(_ record: PartnerRecord, under policy: Policy) {
        self.init(roles: record.roles, scopes: record.scopes, under: policy)
    }

    /// The names of the scopes.
    package func names(in policy: Policy) -> [String] { policy.names(of: scopes) }
}

extension PartnerRegistry.Registration {
    /// Judges what somebody wants to register against the policy, and tells every mistake at once.
    ///
    /// - Parameters:
    ///   - scopes: empty: all that the roles grant.
    ///   - tenant: nil: the id.
    package static func judge(
        id: String, name: String, roles: [String], scopes: [String], tenant: String?, networks: [String], by policy: Policy
    ) -> (registration: PartnerRegistry.Registration?, mistakes: [String]) {
        var mistakes: [String] = []
        if !PartnerRecord.isID(id) { mistakes.append(PartnerError.invalidID(id).description) }
        if !PartnerRecord.isName(name) { mistakes.append("the name must be 1 to 200 characters, none of them a control character") }
        let tenant = tenant ?? id
        if PartnerRecord.isID(id) && !Principal.isTenant(tenant) {
            mistakes.append("the tenant must be 1 to 128 letters, digits and `._:@-`, the first a letter or digit")
        }
        let roles = unique(roles)
        let scopes = unique(scopes)
        mistakes += roles.compactMap { mistake(role: $0, policy) }
        if mistakes.isEmpty {
            let access = PartnerAccess(roles: roles, scopes: nil, under: policy)
            mistakes += scopes.compactMap { mistake(scope: $0, access, policy) }
        }
        var cidrs: [CIDR] = []
        for network in networks {
            do {
                let cidr = try CIDR(parsing: network)
                if !cidrs.contains(cidr) { cidrs.append(cidr) }
            } catch {
                let hint = error.suggestion.map { " (did you mean `\($0)`?)" } ?? ""
                mistakes.append("`\(ForeignText.quotable(network))` is no network: \(error.message)\(hint)")
            }
        }
        guard mistakes.isEmpty else { return (nil, mistakes) }
        let registration = PartnerRegistry.Registration(
            id: id, name: name, roles: roles, scopes: scopes.isEmpty ? nil : scopes, tenant: tenant, networks: cidrs
        )
        return (registration, [])
    }

    private static func mistake(role name: String, _ policy: Policy) -> String? {
        guard let caller = policy.caller(via: .partnerToken) else {
            return "the policy has no caller `via: partner-token`, so no partner may have a role"
        }
        let allowed = policy.names(of: caller.roles)
        guard let role = policy.role(named: name) else {
            let near = Spelling.nearest(to: name, in: policy.roles.map(\.name)).map { "did you mean `\($0)`?" }
            return
                "the policy has no role `\(ForeignText.quotable(name))` (\(near ?? "partners may have: \(allowed.joined(separator: ", "))"))"
        }
        guard caller.roles.contains(role.index) else {
            return
                "role `\(name)` is not listed for the caller `\(caller.name)` of the policy; partners may have: \(allowed.joined(separator: ", "))"
        }
        return nil
    }

    private static func mistake(scope name: String, _ access: PartnerAccess, _ policy: Policy) -> String? {
        let granted = policy.names(of: access.scopes)
        if granted.contains(name) { return nil }
        guard policy.scopes.contains(where: { $0.name == name }) else {
            let near = Spelling.nearest(to: name, in: policy.scopes.map(\.name)).map { "did you mean `\($0)`?" }
            return
                "the policy has no scope `\(ForeignText.quotable(name))` (\(near ?? "the roles grant: \(granted.joined(separator: ", "))"))"
        }
        return "no role of this partner grants `\(name)`; they grant: \(granted.joined(separator: ", "))"
    }

    private static func unique(_ names: [String]) -> [String] {
        names.enumerated().filter { !names[..<$0.offset].contains($0.element) }.map(\.element)
    }
}
