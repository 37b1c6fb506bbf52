package import Access
import StrictJSON
import Tokens

/// A principal whose credential was verified, with what is worth keeping until the credential is presented again.
///
/// Belongs to one snapshot: its roles and scopes are bits of that snapshot's policy.
package final class AuthenticatedCaller: Sendable {
    package let principal: Principal
    /// What the same credential amounts to under the candidate policy; nil: there is none, or it has no such caller.
    let shadow: Principal?
    let credential: VerifiedCredential
    /// The networks the partner is registered for; empty: all.
    package let networks: [CIDR]
    /// The members `caller` to `token_id` of a decision record, ready to be written.
    package let logFragment: [UInt8]
    /// The answer of `GET /session`.
    package let sessionBody: [UInt8]
    /// The `X-Gatehouse-*` fields that say who is calling, each with CRLF in front.
    let identityHeaders: [UInt8]
    /// The claims `sub` to `scope` of an assertion.
    let assertionFragment: [UInt8]

    init(
        _ principal: Principal, credential: VerifiedCredential, networks: [CIDR], profile: String, policy: Policy, shadow: Principal? = nil
    ) {
        self.principal = principal
        self.shadow = shadow
        self.credential = credential
        self.networks = networks
        let roles = JSONValue.array(policy.names(of: principal.roles).map { .string($0) })
        let scopes = JSONValue.array(policy.names(of: principal.scopes).map { .string($0) })
        let tenant = principal.tenant.map { JSONValue.string($0) } ?? .null
        let fragment = JSONValue.object([
            ("caller", .string(principal.caller.name)), ("subject", .string(principal.subject)), ("tenant", tenant),
            ("roles", roles), ("scopes", scopes), ("token_id", principal.tokenID.map { .string($0) } ?? .null),
        ]).utf8()
        logFragment = Array(fragment.dropFirst().dropLast())
        identityHeaders = Self.headers(principal, policy)
        let assertion = JSONValue.object([
            ("sub", .string(principal.subject)), ("tenant", tenant), ("caller", .string(principal.caller.name)), ("roles", roles),
            ("scope", .string(policy.names(of: principal.scopes).joined(separator: " "))),
        ]).utf8()
        assertionFragment = Array(assertion.dropFirst().dropLast())
        sessionBody = JSONValue.object([
            ("subject", .string(principal.subject)), ("caller", .string(principal.caller.name)), ("tenant", tenant),
            ("roles", roles), ("scopes", scopes), ("expires", .integer(principal.expires)), ("profile", .string(profile)),
        ]).utf8()
    }

    private static func headers(_ principal: Principal, _ policy: Policy) -> [UInt8] {
        var result: [UInt8] = []
        for (name, value) in [
            ("subject", principal.subject), ("tenant", principal.tenant ?? ""), ("caller", principal.caller.name),
            ("roles", policy.names(of: principal.roles).joined(separator: " ")),
            ("scopes", policy.names(of: principal.scopes).joined(separator: " ")),
        ] where !value.isEmpty {
            result.append(contentsOf: "\r\nx-gatehouse-\(name): ".utf8)
            appendFieldValue(value, to: &result)
        }
        return result
    }

    /// Printable ASCII as it is, all else and `%` percent-encoded, so that no value can end a line (attacks row F-05) or differ between readers.
    private static func appendFieldValue(_ value: String, to result: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in value.utf8 {
            if 0x20..<0x7F ~= byte, byte != UInt8(ascii: "%") {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }
}
