import Access
import SharedState
import Tokens

/// `POST /oauth2/revoke`: a client ends a token of its own before its time (RFC 7009).
enum RevocationEndpoint {
    /// What is to be revoked; nil: nothing, since the token does not count anyway, which is as good (section 2.2).
    static func revocation(
        _ form: [String: String], from partner: PartnerDirectory.Partner, at now: Int64, in snapshot: Snapshot
    ) throws(OAuthError) -> Revocation? {
        guard let token = form["token"] else { throw OAuthError(.invalidRequest, "token is missing", clientID: partner.id) }
        guard let claims = try? snapshot.verifier.verify(Array(token.utf8).span, at: now) else { return nil }
        guard claims.clientID == partner.id else {
            throw OAuthError(.unauthorizedClient, "the token was not issued to this client", .unknownPartner, clientID: partner.id)
        }
        return Revocation(.token(id: claims.tokenID), at: now, until: claims.expires)
    }
}
