import Access
import SharedState
import StrictJSON
import Tokens

/// `POST /oauth2/introspect`: whether a client's own token counts, and what it is good for now (RFC 7662).
enum IntrospectionEndpoint {
    static func answer(
        _ form: [String: String], from partner: PartnerDirectory.Partner, at now: Int64, in snapshot: Snapshot, revoked: RevocationList
    ) throws(OAuthError) -> Answer {
        guard let token = form["token"] else { throw OAuthError(.invalidRequest, "token is missing", clientID: partner.id) }
        let headers = [("cache-control", "no-store")]
        // Another client's token, one that is no token and one that has ended are the same (section 2.2).
        guard let caller = try? PartnerTokenAuthenticator.authenticate(Array(token.utf8).span, in: snapshot, at: now),
            caller.principal.partner == partner.id, case .partnerToken(let claims) = caller.credential,
            !revoked.refusesToken(id: claims.tokenID)
        else { return Answer(json: JSONValue.object([("active", false)]).utf8(), headers: headers) }
        let scopes = snapshot.policy.names(of: caller.principal.scopes)
        let body = JSONValue.object([
            ("active", true), ("scope", .string(scopes.joined(separator: " "))), ("client_id", .string(claims.clientID)),
            ("token_type", "Bearer"), ("exp", .integer(claims.expires)), ("iat", .integer(claims.issuedAt)),
            ("nbf", .integer(claims.notBefore ?? claims.issuedAt)), ("sub", .string(claims.subject)),
            ("aud", .string(snapshot.settings.audience)), ("iss", .string(claims.issuer)), ("jti", .string(claims.tokenID)),
            ("roles", .array(snapshot.policy.names(of: caller.principal.roles).map { .string($0) })), ("tenant", .string(partner.tenant)),
        ])
        return Answer(json: body.utf8(), headers: headers)
    }
}
