import Access
import OpenSSLCrypto
import StrictJSON
import Tokens

/// `POST /oauth2/token`: a partner that has proven itself receives an access token (RFC 6749 section 4.4, RFC 9068).
enum TokenEndpoint {
    static func answer(_ form: [String: String], from partner: PartnerDirectory.Partner, at now: Int64, in snapshot: Snapshot)
        throws(OAuthError) -> Answer
    {
        guard let grantType = form["grant_type"] else {
            throw OAuthError(.invalidRequest, "grant_type is missing; send grant_type=client_credentials")
        }
        guard grantType == "client_credentials" else {
            throw OAuthError(.unsupportedGrantType, "the only grant_type is client_credentials")
        }
        return try issue(to: partner, scope: form["scope"], at: now, in: snapshot)
    }

    private static func issue(
        to partner: PartnerDirectory.Partner, scope: String?, at now: Int64, in snapshot: Snapshot
    ) throws(OAuthError) -> Answer {
        let policy = snapshot.policy
        let caller = policy.caller(via: .partnerToken)
        let roles = caller.map { policy.roles(named: partner.roles, for: $0) } ?? RoleSet()
        var allowed = policy.scopes(grantedTo: roles)
        if let own = partner.scopes { allowed = allowed.intersection(policy.scopes(named: own)) }
        var granted = allowed
        if let scope {
            let names = scope.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            granted = policy.scopes(named: names)
            // Narrow, never widen; every name must be one that the policy knows (attacks row T-05).
            guard granted.count == Set(names).count, granted.isSubset(of: allowed), scope.utf8.count <= 4096 else {
                let list = policy.names(of: allowed).joined(separator: " ")
                throw OAuthError(.invalidScope, "the scopes open to this client are: \(list)", .missingScope, clientID: partner.id)
            }
        }
        let scopes = policy.names(of: granted)
        let lifetime = snapshot.settings.tokenLifetime
        let token = snapshot.issuer.issue(
            subject: partner.id, clientID: partner.id, scopes: scopes, roles: policy.names(of: roles), tenant: partner.tenant,
            lifetime: lifetime,
            at: now, tokenID: Base64URL.encode(RandomBytes.generate(16))
        )
        let body = JSONValue.object([
            ("access_token", .string(token)), ("token_type", "Bearer"), ("expires_in", .integer(lifetime)),
            ("scope", .string(scopes.joined(separator: " "))),
        ])
        return Answer(json: body.utf8(), headers: [("cache-control", "no-store"), ("pragma", "no-cache")])
    }
}
