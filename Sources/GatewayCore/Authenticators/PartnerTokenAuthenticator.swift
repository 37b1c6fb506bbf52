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
        let policy = snapshot.policy
        guard let caller = policy.caller(via: .partnerToken) else { throw .unknownPartner }
        // Roles come from the registration as it is now, never from the token (attacks row D-07).
        let roles = policy.roles(named: partner.roles, for: caller)
        var scopes = policy.scopes(grantedTo: roles).intersection(policy.scopes(named: claims.scopes))
        if let allowed = partner.scopes { scopes = scopes.intersection(policy.scopes(named: allowed)) }
        let principal = Principal(
            asserting: caller, subject: claims.subject, partner: partner.id, tenant: partner.tenant, roles: roles,
            scopes: scopes, objects: policy.objects(of: roles), tokenID: claims.tokenID, expires: claims.expires
        )
        return AuthenticatedCaller(
            principal, credential: .partnerToken(claims), networks: partner.networks, profile: "partner-token", policy: policy
        )
    }
}
