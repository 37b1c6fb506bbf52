import Access
import ArgumentParser
import Foundation
import GatewayConfiguration
import GatewayCore
import StrictJSON
import Tokens

struct TokenInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Decode an access token, and say of each check whether it holds; exit code 0 when all do, else 1."
    )

    @Argument(help: "The token; - or nothing: from standard input.")
    var token: String?

    @OptionGroup var options: TokenOptions

    func run() throws {
        let offline = try OfflineKeys(options)
        let bytes = try tokenBytes()
        let now = UnixTime.now()
        let verifier = PartnerTokenVerifier(
            keys: offline.keys.tokens, issuer: offline.settings.issuer, audience: offline.settings.audience
        )
        let claims = try? verifier.verify(bytes.span, at: now)
        var rows = verifier.checks(bytes.span, at: now).map { check in
            Row(name: check.name.rawValue, holds: check.holds, error: check.error?.code, detail: check.detail)
        }
        let record = claims.map { offline.findPartner($0.clientID) }
        rows += Row.partner(record, claims)
        // INVARIANT (one judge): the verdict is the verifier's own, not the sum of the rows.
        let isValid = claims != nil && record?.record?.isEnabled == true

        let policy = PolicyFile.load(offline.settings.policy, upstreams: offline.settings.upstreamNames).policy
        let effective = effectiveScopes(claims, record?.record, policy)
        let segments = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let header = segments.first.flatMap(Self.document)
        let payload = segments.dropFirst().first.flatMap(Self.document)
        if options.output.json {
            Console.print(
                .object([
                    ("valid", .bool(isValid)), ("header", header.map(Self.json) ?? .null), ("claims", payload.map(Self.json) ?? .null),
                    ("checks", .array(rows.map(\.json))), ("effective_scopes", effective.map { .strings($0) } ?? .null),
                ])
            )
        } else {
            Self.printTables(rows, header, payload, effective, isValid)
        }
        if !isValid { throw Console.Exit.failure }
    }

    private func tokenBytes() throws -> [UInt8] {
        guard let token, token != "-" else {
            // A token is at most 8 KiB; more is read so that the check of the length can say so, but not without end.
            let input = try FileHandle.standardInput.read(upToCount: 1 << 20) ?? Data()
            return Array(String(decoding: input, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines).utf8)
        }
        return Array(token.utf8)
    }

    /// What the token is good for now: its scopes, of those the partner's, of those what its roles grant.
    private func effectiveScopes(_ claims: VerifiedClaims?, _ record: PartnerRecord?, _ policy: Policy?) -> [String]? {
        guard let claims, let record, let policy else { return nil }
        return policy.names(of: PartnerAccess(record, under: policy).scopes.intersection(policy.scopes(named: claims.scopes)))
    }

    // MARK: What the token says, believed or not

    private static func document(_ segment: ArraySlice<UInt8>) -> JSONElement? {
        guard let bytes = try? Base64URL.decode(Array(segment).span), let root = try? JSONDocument(bytes).root else { return nil }
        return root.kind == .object ? root : nil
    }

    private static func json(_ element: JSONElement) -> JSONValue {
        switch element.kind {
        case .object: .object(element.members.map { ($0.name, json($0.value)) })
        case .array: .array(element.elements.map(json))
        case .string: element.string.map { .string($0) } ?? .null
        case .number: element.integer.map { .integer($0) } ?? element.double.map { .double($0) } ?? .null
        case .true: true
        case .false: false
        case .null: nil
        }
    }

    // MARK: Printing

    private struct Row {
        let name: String
        /// Nil: not judged.
        let holds: Bool?
        let error: String?
        let detail: String

        /// What stands behind the verifier: the registration, and the revocations that only a running gateway knows.
        static func partner(_ found: (record: PartnerRecord?, problem: String)?, _ claims: VerifiedClaims?) -> [Row] {
            let isThere = found.map { $0.record != nil }
            let isEnabled = found?.record?.isEnabled
            return [
                Row(
                    name: "partner", holds: isThere, error: isThere == false ? TokenError.unknownPartner.code : nil,
                    detail: isThere == false ? found?.problem ?? "" : claims?.clientID ?? ""
                ),
                Row(
                    name: "enabled", holds: isEnabled, error: isEnabled == false ? TokenError.disabledPartner.code : nil,
                    detail: isEnabled == false ? "the partner is disabled" : ""
                ),
                Row(name: "revocation", holds: nil, error: nil, detail: "not asked: a running gateway's store knows"),
            ]
        }

        var json: JSONValue {
            .object([
                ("check", .string(name)), ("holds", holds.map { .bool($0) } ?? .null), ("error", error.map { .string($0) } ?? .null),
                ("detail", .string(detail)),
            ])
        }
    }

    private static func printTables(
        _ rows: [Row], _ header: JSONElement?, _ payload: JSONElement?, _ effective: [String]?, _ isValid: Bool
    ) {
        for (title, part) in [("header", header), ("claims", payload)] {
            guard let part else { continue }
            Console.print(Console.styled(title, .bold))
            var table = Table()
            for member in part.members { table.add("  \(member.name)", describe(member.name, member.value)) }
            Console.print(table.text)
        }
        var table = Table("CHECK", "HOLDS", "DETAIL")
        for row in rows {
            let (word, style): (String, Console.Style) = row.holds.map { $0 ? ("yes", .green) : ("no", .red) } ?? ("-", .dim)
            let detail = row.error.map { row.detail.isEmpty ? $0 : "\($0): \(row.detail)" } ?? row.detail
            table.add(styled: (row.name, nil), (word, style), (detail, nil))
        }
        Console.print(table.text)
        if let effective { Console.print("effective scopes: \(effective.isEmpty ? "none" : effective.joined(separator: ", "))") }
        Console.print(isValid ? Console.styled("valid", .green) : Console.styled("not valid", .red))
    }

    private static func describe(_ name: String, _ value: JSONElement) -> String {
        if ["iat", "nbf", "exp"].contains(name), let seconds = value.integer, (0...253_402_300_799).contains(seconds) {
            return "\(seconds) (\(UnixTime.text(seconds)))"
        }
        return value.string ?? json(value).serialized()
    }
}
