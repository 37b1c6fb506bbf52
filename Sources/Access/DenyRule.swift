/// A rule that refuses what the rest of the policy would allow. Every key that is given must match; a key matches by any of its values.
package final class DenyRule: Sendable {
    package let index: Int
    package let id: String
    /// Told to the caller.
    package let because: String?
    package let position: SourcePosition
    /// Nil: the key was not given.
    package let callers: CallerSet?
    package let partners: Set<String>?
    package let subjects: Set<String>?
    /// Every role that is, or includes, one of those named: who is more than a reader is a reader too.
    package let roles: RoleSet?
    package let scopes: ScopeSet?
    /// Indices.
    package let routes: Set<Int>?
    package let networks: [CIDR]?
    /// Where each key of `when` stands, by its name.
    package let keyPositions: [String: SourcePosition]

    init(
        index: Int, id: String, because: String?, position: SourcePosition, callers: CallerSet?, partners: Set<String>?,
        subjects: Set<String>?, roles: RoleSet?, scopes: ScopeSet?, routes: Set<Int>?, networks: [CIDR]?,
        keyPositions: [String: SourcePosition]
    ) {
        self.index = index
        self.id = id
        self.because = because
        self.position = position
        self.callers = callers
        self.partners = partners
        self.subjects = subjects
        self.roles = roles
        self.scopes = scopes
        self.routes = routes
        self.networks = networks
        self.keyPositions = keyPositions
    }

    /// Whether the rule asks nothing about who is calling, so that it holds on public routes too.
    package var ignoresPrincipal: Bool {
        callers == nil && partners == nil && subjects == nil && roles == nil && scopes == nil
    }

    /// Whether every key but `route` matches; the policy keeps rules by route.
    func matches(_ principal: Principal?, from network: IPAddress?) -> Bool {
        if let networks {
            // An unknown address is in no network: nothing can be refused by what is not known.
            guard let network, networks.contains(where: { $0.contains(network) }) else { return false }
        }
        guard let principal else { return ignoresPrincipal }
        if let callers, !callers.contains(principal.caller) { return false }
        if let roles, roles.isDisjoint(with: principal.roles) { return false }
        if let scopes, scopes.isDisjoint(with: principal.scopes) { return false }
        if let partners {
            guard let partner = principal.partner, partners.contains(partner) else { return false }
        }
        if let subjects, !subjects.contains(principal.subject) { return false }
        return true
    }
}
