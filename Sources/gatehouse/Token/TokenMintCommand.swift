import Access
import ArgumentParser
import GatewayConfiguration
import GatewayCore
import OpenSSLCrypto
import StrictJSON
import Tokens

struct TokenMintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mint", abstract: "Make an access token of a partner, as the token endpoint would."
    )

    @Option(name: .long, help: ArgumentHelp("Whose token.", valueName: "id"))
    var partner: String

    @Option(name: .long, help: "Narrows what the partner may have; may be repeated (default: all of it).")
    var scope: [String] = []

    @Option(name: .long, help: ArgumentHelp("How long it counts, at most 1h (default: limits.tokenLifetime).", valueName: "time"))
    var lifetime: String?

    @OptionGroup var options: TokenOptions

    func validate() throws {
        guard let lifetime else { return }
        guard let span = TimeSpan(lifetime), (TimeSpan.seconds(1)...(.hours(1))).contains(span) else {
            throw ValidationError("--lifetime must be a time such as 10m, 1s to 1h")
        }
    }

    func run() throws {
        let offline = try OfflineKeys(options)
        let policy = try options.files.policy(offline.settings)
        let record = try offline.partner(partner)
        guard record.isEnabled else { throw Console.fail("partner `\(partner)` is disabled: its tokens do not count") }

        let access = PartnerAccess(record, under: policy)
        let allowed = access.names(in: policy)
        if let foreign = scope.first(where: { !allowed.contains($0) }) {
            let near =
                Spelling.nearest(to: foreign, in: allowed).map { "did you mean `\($0)`?" }
                ?? "it may have: \(allowed.joined(separator: ", "))"
            throw Console.fail("partner `\(partner)` may not have the scope `\(ForeignText.quotable(foreign))` (\(near))")
        }
        let scopes = scope.isEmpty ? allowed : allowed.filter(scope.contains)
        let seconds = lifetime.flatMap { TimeSpan($0) }?.seconds ?? offline.settings.limits.tokenLifetime.seconds
        let token = PartnerTokenIssuer(
            key: offline.keys.tokens.signing, issuer: offline.settings.issuer, audience: offline.settings.audience
        ).issue(
            subject: record.id, clientID: record.id, scopes: scopes, roles: policy.names(of: access.roles), tenant: record.tenant,
            lifetime: seconds, at: UnixTime.now(), tokenID: Base64URL.encode(RandomBytes.generate(16))
        )
        if options.output.json {
            Console.print(
                .object([
                    ("access_token", .string(token)), ("token_type", "Bearer"), ("expires_in", .integer(seconds)),
                    ("scope", .string(scopes.joined(separator: " "))),
                ])
            )
        } else {
            Console.print(token)
        }
    }
}
