/// Somebody imagined, to ask a policy what they could do: for its tests, `explain`, `diff` and the table of routes.
///
/// This is the one place in the core that makes principals without a credential, and it does not leave the core.
struct TrialSubject {
    var roles: RoleSet
    /// Nil: all that the roles grant.
    var scopes: ScopeSet?
    var subject: String?
    var partner: String?
    var tenant: String?
}

extension Policy {
    /// The principal that a credential with these properties would make.
    func trialPrincipal(_ caller: Caller, _ subject: TrialSubject) -> Principal {
        let granted = scopes(grantedTo: subject.roles)
        return Principal(
            asserting: caller,
            subject: subject.subject ?? subject.partner ?? "nobody",
            partner: subject.partner,
            tenant: subject.tenant ?? subject.partner,
            roles: subject.roles,
            scopes: subject.scopes.map { granted.intersection($0) } ?? granted,
            objects: objects(of: subject.roles),
            tokenID: nil,
            expires: .max
        )
    }
}
