import OpenSSLCrypto
import StrictJSON

/// Issues access tokens to partners: RFC 9068 in the one layout that `PartnerTokenVerifier` takes.
package struct PartnerTokenIssuer: Sendable {
    package let key: TokenKey
    package let issuer: String
    package let audience: String
    /// The header segment and its dot: the same for every token of the key.
    private let header: [UInt8]

    package init(key: TokenKey, issuer: String, audience: String) {
        self.key = key
        self.issuer = issuer
        self.audience = audience
        header = PartnerTokenLayout.headerSegment(of: key)
    }

    /// A signed token in compact serialization.
    /// - Parameters:
    ///   - subject: `sub`; for a partner's own token its client id.
    ///   - scopes: each a scope-token of RFC 6749 section 3.3, without spaces.
    ///   - lifetime: seconds until it expires; the verifier has a maximum.
    ///   - now: unix seconds; `iat` and `nbf`.
    ///   - tokenID: `jti`, never used before.
    package func issue(
        subject: String, clientID: String, scopes: [String], roles: [String], tenant: String?, lifetime: Int64, at now: Int64,
        tokenID: String
    ) -> String {
        var claims: [(String, JSONValue)] = [
            ("iss", .string(issuer)), ("aud", .string(audience)), ("sub", .string(subject)), ("client_id", .string(clientID)),
            ("iat", .integer(now)), ("nbf", .integer(now)), ("exp", .integer(now + lifetime)), ("jti", .string(tokenID)),
            ("scope", .string(scopes.joined(separator: " "))), ("roles", .array(roles.map { .string($0) })),
        ]
        if let tenant { claims.append(("tenant", .string(tenant))) }
        var token = header
        Base64URL.append(JSONValue.object(claims).utf8().span, to: &token)
        key.use.note(at: now)
        let mac = key.mac.authenticate(token.span)
        token.append(UInt8(ascii: "."))
        Base64URL.append(mac.span, to: &token)
        return String(decoding: token, as: UTF8.self)
    }
}
