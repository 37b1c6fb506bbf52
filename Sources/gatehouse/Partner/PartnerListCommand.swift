import Access
import ArgumentParser
import GatewayConfiguration
import GatewayCore
import StrictJSON

struct PartnerListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List all partners.")

    @OptionGroup var options: PartnerOptions

    func run() throws {
        let settings = try options.files.settings()
        let (records, diagnostics) = options.registry(settings).partners()
        let policy = PolicyFile.load(settings.policy, upstreams: settings.upstreamNames).policy
        let now = UnixTime.now()
        if options.output.json {
            let partners = records.map { record in
                record.json(scopes: policy.map { PartnerAccess(record, under: $0).names(in: $0) }, at: now)
            }
            Console.print(.object([("partners", .array(partners))]))
        } else if records.isEmpty && diagnostics.isEmpty {
            Console.print("No partners yet. `gatehouse partner add` registers one.")
        } else {
            var table = Table("ID", "NAME", "ROLES", "TENANT", "ENABLED", "SECRETS")
            for record in records {
                let live = record.secrets.count { $0.isLive(at: now) }
                table.add(
                    styled: (record.id, nil), (record.name, nil), (record.roles.joined(separator: ", "), nil), (record.tenant, nil),
                    (record.isEnabled ? "yes" : "no", record.isEnabled ? nil : .yellow), ("\(live)", nil)
                )
            }
            Console.print(table.text)
        }
        Console.report(diagnostics)
        if diagnostics.contains(where: { $0.severity == .error }) { throw Console.Exit.configuration }
    }
}
