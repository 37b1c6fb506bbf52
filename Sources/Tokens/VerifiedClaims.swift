/// What a partner's access token says, after every check held. Only Tokens makes one, so holding it is the proof.
package struct VerifiedClaims: Sendable, Equatable {
    package let issuer: String
    let claims: PartnerClaims

    // INVARIANT (verified by construction): internal, and called by `PartnerTokenVerifier.verify` alone.
    init(_ claims: PartnerClaims, issuer: String) {
        self.claims = claims
        self.issuer = issuer
    }

    package var subject: String { claims.subject }
    /// `client_id`: the partner.
    package var clientID: String { claims.clientID }
    /// `jti`.
    package var tokenID: String { claims.tokenID }
    /// `scope`, in its order; what of it is still granted is not decided here.
    package var scopes: [String] { claims.scopes }
    package var roles: [String] { claims.roles }
    package var tenant: String? { claims.tenant }
    /// Unix seconds.
    package var issuedAt: Int64 { claims.issuedAt }
    /// Unix seconds.
    package var notBefore: Int64? { claims.notBefore }
    /// Unix seconds; the token counts until just before it.
    package var expires: Int64 { claims.expires }
}
