import ArgumentParser
import GatewayConfiguration
import GatewayCore

struct PartnerShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one partner, without its secrets.")

    @Argument(help: "The partner's id.")
    var id: String

    @OptionGroup var options: PartnerOptions

    func run() throws {
        let settings = try options.files.settings()
        let record = try options.attempt { () throws(PartnerError) in try options.registry(settings).partner(id) }
        // A policy that does not load is another command's business: then the scopes are as registered.
        let policy = PolicyFile.load(settings.policy, upstreams: settings.upstreamNames).policy
        let scopes = policy.map { PartnerAccess(record, under: $0).names(in: $0) }
        let now = UnixTime.now()
        if options.output.json { return Console.print(record.json(scopes: scopes, at: now)) }
        var table = Table()
        table.add("id", record.id)
        table.add("name", record.name)
        table.add("roles", record.roles.joined(separator: ", "))
        let all = record.scopes == nil ? " (all that the roles grant)" : ""
        table.add("scopes", (scopes ?? record.scopes ?? []).joined(separator: ", ") + all)
        table.add("tenant", record.tenant)
        table.add("networks", record.networks.isEmpty ? "anywhere" : record.networks.joined(separator: ", "))
        table.add("enabled", record.isEnabled ? "yes" : "no")
        table.add("created", UnixTime.text(record.created))
        for secret in record.secrets { table.add("secret", "\(secret.id), \(Self.describe(secret, at: now))") }
        Console.print(table.text)
    }

    private static func describe(_ secret: PartnerRecord.Secret, at now: Int64) -> String {
        let made = "made \(UnixTime.text(secret.created))"
        guard let expires = secret.expires else { return made }
        return "\(made), \(secret.isLive(at: now) ? "ends" : "ended") \(UnixTime.text(expires))"
    }
}
