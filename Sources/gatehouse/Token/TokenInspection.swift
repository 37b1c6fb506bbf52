import Access
import GatewayConfiguration
import GatewayCore
import StrictJSON
import Tokens

/// What there is to say about a token without a running gateway.
struct TokenInspection {
    private struct Check {
        let name: String
        /// Nil: not judged.
        let holds: Bool?
        /// The word of the decision log.
        let error: String?
        let detail: String
    }

    let isValid: Bool
    private var checks: [Check]
    /// As the token says them, believed or not.
    private let header: JSONElement?
    private let claims: JSONElement?
    /// What the token is good for now: its scopes, of those the partner's, of those what its roles grant. Nil when that cannot be told.
    private let effectiveScopes: [String]?

    /// - Parameter now: unix seconds.
    init(of token: [UInt8], at now: Int64, with offline: OfflineKeys) {
        let settings = offline.settings
        let verifier = PartnerTokenVerifier(keys: offline.keys.tokens, issuer: settings.issuer, audience: settings.audience)
        let verified = try? verifier.verify(token.span, at: now)
        let found = verified.map { offline.findPartner($0.clientID) }
        // INVARIANT (one judge): the verdict is the verifier's own, not the sum of the rows.
        isValid = verified != nil && found?.record?.isEnabled == true

        checks = verifier.checks(token.span, at: now).map { check in
            Check(name: check.name.rawValue, holds: check.holds, error: check.error?.code, detail: check.detail)
        }
        checks += Self.registration(of: verified, found?.record, problem: found?.problem)

        let segments = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        header = segments.first.flatMap(Self.object)
        claims = segments.dropFirst().first.flatMap(Self.object)
        let policy = PolicyFile.load(settings.policy, upstreams: settings.upstreamNames).policy
        if let verified, let record = found?.record, let policy {
            let allowed = PartnerAccess(record, under: policy).scopes
            effectiveScopes = policy.names(of: allowed.intersection(policy.scopes(named: verified.scopes)))
        } else {
            effectiveScopes = nil
        }
    }

    /// What stands behind the verifier: the partner as registered, and the revocations that only a running gateway knows.
    private static func registration(of verified: VerifiedClaims?, _ record: PartnerRecord?, problem: String?) -> [Check] {
        let isThere = verified.map { _ in record != nil }
        let isEnabled = record?.isEnabled
        return [
            Check(
                name: "partner", holds: isThere, error: isThere == false ? TokenError.unknownPartner.code : nil,
                detail: isThere == false ? problem ?? "" : verified?.clientID ?? ""
            ),
            Check(
                name: "enabled", holds: isEnabled, error: isEnabled == false ? TokenError.disabledPartner.code : nil,
                detail: isEnabled == false ? "the partner is disabled" : ""
            ),
            Check(name: "revocation", holds: nil, error: nil, detail: "not asked: a running gateway's store knows"),
        ]
    }

    private static func object(_ segment: ArraySlice<UInt8>) -> JSONElement? {
        guard let bytes = try? Base64URL.decode(Array(segment).span), let root = try? JSONDocument(bytes).root else { return nil }
        return root.kind == .object ? root : nil
    }

    // MARK: Printing

    var json: JSONValue {
        .object([
            ("valid", .bool(isValid)),
            ("header", header.map { JSONValue($0) } ?? .null),
            ("claims", claims.map { JSONValue($0) } ?? .null),
            ("checks", .array(checks.map(Self.value))),
            ("effective_scopes", effectiveScopes.map { .strings($0) } ?? .null),
        ])
    }

    private static func value(_ check: Check) -> JSONValue {
        .object([
            ("check", .string(check.name)),
            ("holds", check.holds.map { .bool($0) } ?? .null),
            ("error", check.error.map { .string($0) } ?? .null),
            ("detail", .string(check.detail)),
        ])
    }

    func printTables() {
        for (title, part) in [("header", header), ("claims", claims)] {
            guard let part else { continue }
            Console.print(Console.styled(title, .bold))
            Console.print(MemberTable.text(part))
        }
        var table = Table("CHECK", "HOLDS", "DETAIL")
        for check in checks {
            let (word, style): (String, Console.Style) = check.holds.map { $0 ? ("yes", .green) : ("no", .red) } ?? ("-", .dim)
            let detail = [check.error ?? "", check.detail].filter { !$0.isEmpty }.joined(separator: ": ")
            table.add(styled: (check.name, nil), (word, style), (detail, nil))
        }
        Console.print(table.text)
        if let effectiveScopes {
            Console.print("effective scopes: \(effectiveScopes.isEmpty ? "none" : effectiveScopes.joined(separator: ", "))")
        }
        Console.print(isValid ? Console.styled("valid", .green) : Console.styled("not valid", .red))
    }
}
