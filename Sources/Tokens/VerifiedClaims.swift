/// What a partner's access token says, after every check held. Only Tokens makes one, so holding it is the proof.
package struct VerifiedClaims: Sendable, Equatable {
    package let issuer: String
    package let subject: String
    /// `client_id`: the partner.
    package let clientID: String
    /// `jti`.
    package let tokenID: String
    /// `scope`, in its order; what of it is still granted is not decided here.
    package let scopes: [String]
    package let roles: [String]
    package let tenant: String?
    /// Unix seconds.
    package let issuedAt: Int64
    /// Unix seconds.
    package let notBefore: Int64?
    /// Unix seconds; the token counts until just before it.
    package let expires: Int64

    // INVARIANT (verified by construction): internal, and called by `PartnerTokenVerifier.verify` alone.
    init(_ claims: PartnerClaims, issuer: String) {
        self.issuer = issuer
        subject = claims.subject
        clientID = claims.clientID
        tokenID = claims.tokenID
        scopes = claims.scopes
        roles = claims.roles
        tenant = claims.tenant
        issuedAt = claims.issuedAt
        notBefore = claims.notBefore
        expires = claims.expires
    }
}
