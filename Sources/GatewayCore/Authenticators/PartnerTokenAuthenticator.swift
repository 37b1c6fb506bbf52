import Access
package import Tokens

/// Judges a partner's access token: bytes -> verified claims -> principal.
package enum PartnerTokenAuthenticator {
    /// - Throws: the exact reason; the caller of the API is told only `invalid_token`.
    package static func authenticate(
        _ token: Span<UInt8>, in snapshot: Snapshot, at now: Int64
    ) throws(TokenError) -> AuthenticatedCaller {
        let claims = try snapshot.verifier.verify(token, at: now)
        guard let partner = snapshot.partners[claims.clientID] else { throw .unknownPartner }
        guard partner.isEnabled else { throw .disabledPartner }
        guard let principal = principal(of: claims, partner, under: snapshot.policy) else { throw .unknownPartner }
        return AuthenticatedCaller(
            principal, credential: .partnerToken(claims), networks: partner.networks, profile: "partner-token", policy: snapshot.policy,
            shadow: snapshot.shadow.flatMap { self.principal(of: claims, partner, under: $0) }
        )
    }

    /// Nil when the policy has no caller that comes with a partner's token.
    private static func principal(of claims: VerifiedClaims, _ partner: PartnerDirectory.Partner, under policy: Policy) -> Principal? {
        guard let caller = policy.caller(via: .partnerToken) else { return nil }
        // Roles come from the registration as it is now, never from the token (attacks row D-07).
        let roles = policy.roles(named: partner.roles, for: caller)
        var scopes = policy.scopes(grantedTo: roles).intersection(policy.scopes(named: claims.scopes))
        if let allowed = partner.scopes { scopes = scopes.intersection(policy.scopes(named: allowed)) }
        return Principal(
            asserting: caller, subject: claims.subject, partner: partner.id, tenant: partner.tenant, roles: roles,
            scopes: scopes, objects: policy.objects(of: roles), tokenID: claims.tokenID, expires: claims.expires
        )
    }
}
