package import Access
import StrictJSON
package import Tokens

/// A principal whose credential was verified, with what is worth keeping until the credential is presented again.
///
/// Belongs to one snapshot: its roles and scopes are bits of that snapshot's policy.
package final class AuthenticatedCaller: Sendable {
    package let principal: Principal
    package let claims: VerifiedClaims
    /// The networks the partner is registered for; empty: all.
    let networks: [CIDR]
    /// The members `caller` to `token_id` of a decision record, ready to be written.
    package let logFragment: [UInt8]
    /// The answer of `GET /session`.
    package let sessionBody: [UInt8]

    init(_ principal: Principal, claims: VerifiedClaims, networks: [CIDR], profile: String, policy: Policy) {
        self.principal = principal
        self.claims = claims
        self.networks = networks
        let roles = JSONValue.array(policy.names(of: principal.roles).map { .string($0) })
        let scopes = JSONValue.array(policy.names(of: principal.scopes).map { .string($0) })
        let tenant = principal.tenant.map { JSONValue.string($0) } ?? .null
        let fragment = JSONValue.object([
            ("caller", .string(principal.caller.name)), ("subject", .string(principal.subject)), ("tenant", tenant),
            ("roles", roles), ("scopes", scopes), ("token_id", principal.tokenID.map { .string($0) } ?? .null),
        ]).utf8()
        logFragment = Array(fragment.dropFirst().dropLast())
        sessionBody = JSONValue.object([
            ("subject", .string(principal.subject)), ("caller", .string(principal.caller.name)), ("tenant", tenant),
            ("roles", roles), ("scopes", scopes), ("expires", .integer(principal.expires)), ("profile", .string(profile)),
        ]).utf8()
    }
}
