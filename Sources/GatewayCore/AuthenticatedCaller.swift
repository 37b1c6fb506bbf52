package import Access
import SharedState
import StrictJSON
import Tokens

/// A principal whose credential was verified, with what is worth keeping until the credential is presented again.
///
/// Belongs to one snapshot: its roles and scopes are bits of that snapshot's policy.
package final class AuthenticatedCaller: Sendable {
    package let principal: Principal
    /// When the credential counts.
    let period: ValidityPeriod
    /// Unix seconds.
    package let issuedAt: Int64?
    /// Whether a browser sends the credential by itself, wherever a request comes from.
    package let isCookie: Bool
    /// The networks the partner is registered for; empty: all.
    let networks: [CIDR]
    /// The members `caller` to `token_id` of a decision record, ready to be written.
    package let logFragment: [UInt8]
    /// The answer of `GET /session`.
    package let sessionBody: [UInt8]

    init(
        _ principal: Principal, period: ValidityPeriod, issuedAt: Int64?, isCookie: Bool = false, networks: [CIDR] = [], profile: String,
        policy: Policy
    ) {
        self.principal = principal
        self.period = period
        self.issuedAt = issuedAt
        self.isCookie = isCookie
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

    /// Judged on every request, since the list changes while the credential is remembered.
    func isRevoked(by list: RevocationList) -> Bool {
        switch principal.caller.via {
        case .session: list.refusesSession(of: principal.subject, issuedAt: issuedAt)
        case .partnerToken: principal.tokenID.map { list.refusesToken(id: $0) } ?? false
        }
    }

    /// Whether both stand for the same principal, with the same roles: then it makes no difference which one is used.
    func isSame(as other: AuthenticatedCaller) -> Bool {
        let (one, two) = (principal, other.principal)
        return one.caller === two.caller && one.subject == two.subject && one.tenant == two.tenant && one.roles == two.roles
    }
}
