package import Access
package import Tokens

/// Turns a verified session into a principal: whose it is, and which of its roles count.
package enum SessionAuthenticator {
    /// - Returns: nil when the policy has no caller that comes with a session.
    /// - Throws: `.badClaim` for a subject or tenant that could not be told apart in a log or header.
    package static func principal(of session: VerifiedSession, under policy: Policy) throws(TokenError) -> Principal? {
        try checkNames(of: session)
        guard let caller = policy.caller(via: .session) else { return nil }
        // What the application says beyond the caller's list is dropped (attacks row D-07).
        let roles = policy.roles(named: session.roles, for: caller)
        return Principal(
            asserting: caller, subject: session.subject, partner: nil, tenant: session.tenant, roles: roles,
            scopes: policy.scopes(grantedTo: roles), objects: policy.objects(of: roles), tokenID: session.tokenID,
            expires: end(of: session)
        )
    }

    /// - Throws: `.badClaim` for a subject or tenant that could not be told apart in a log or header.
    static func checkNames(of session: VerifiedSession) throws(TokenError) {
        guard isSubject(session.subject), session.tenant.map(PartnerRecord.isTenant) ?? true else { throw .badClaim }
    }

    static func authenticate(
        _ session: VerifiedSession, isCookie: Bool, in snapshot: Snapshot
    ) throws(TokenError) -> AuthenticatedCaller? {
        guard let principal = try principal(of: session, under: snapshot.policy) else { return nil }
        let shadow: Principal? = if let policy = snapshot.shadow { try self.principal(of: session, under: policy) } else { nil }
        return AuthenticatedCaller(
            principal, credential: .session(session.period, issuedAt: session.issuedAt, isCookie: isCookie), networks: [],
            profile: session.profile.rawValue, policy: snapshot.policy, shadow: shadow
        )
    }

    /// `exp`, or the moment before it from which the session is too old. The tolerance behind `exp` is for clocks, not told to anybody.
    private static func end(of session: VerifiedSession) -> Int64 {
        guard let expires = session.expires, expires - 1 <= session.period.last else { return session.period.last }
        return expires
    }

    /// An id or e-mail address of any script, at most 512 bytes, without what a terminal or header would obey.
    private static func isSubject(_ text: String) -> Bool {
        text.utf8.count <= 512
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator: false
                default: true
                }
            }
    }
}
