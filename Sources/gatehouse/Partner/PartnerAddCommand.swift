import ArgumentParser
import GatewayConfiguration
import GatewayCore
import StrictJSON

struct PartnerAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Register a partner and print its secret, this once."
    )

    @Argument(help: "The partner's id: 2 to 63 of a-z, 0-9 and -.")
    var id: String

    @Option(name: .long, help: "The partner's name, for people.")
    var name: String

    @Option(name: .long, help: "A role that the policy lists for partners; may be repeated.")
    var role: [String] = []

    @Option(name: .long, help: "Narrows what the roles grant; may be repeated (default: all of it).")
    var scope: [String] = []

    @Option(name: .long, help: "Whose objects it works on (default: the id).")
    var tenant: String?

    @Option(name: .long, help: ArgumentHelp("A network it must come from; may be repeated (default: anywhere).", valueName: "cidr"))
    var network: [String] = []

    @OptionGroup var options: PartnerOptions

    func validate() throws {
        if role.isEmpty { throw ValidationError("give at least one --role") }
    }

    func run() throws {
        let settings = try options.files.settings()
        let policy = try options.files.policy(settings)
        let (registration, mistakes) = PartnerRegistry.Registration.judge(
            id: id, name: name, roles: role, scopes: scope, tenant: tenant, networks: network, by: policy
        )
        guard let registration else { throw Console.fail(mistakes) }
        let issued = try options.attempt { () throws(PartnerError) in
            try options.registry(settings).add(registration, at: UnixTime.now())
        }
        PartnerSecretPrinter(issued: issued, scopes: PartnerAccess(issued.partner, under: policy).names(in: policy)).print(
            json: options.output.json)
    }
}

/// Shows a new secret, the only time anybody can.
struct PartnerSecretPrinter {
    let issued: PartnerRegistry.Issued
    /// What the registration amounts to; nil when the policy cannot tell.
    let scopes: [String]?

    func print(json: Bool) {
        let partner = issued.partner
        if json {
            return Console.print(
                .object([
                    ("client_id", .string(partner.id)), ("client_secret", .string(issued.secret.reveal())),
                    ("secret_id", .string(issued.secretID)), ("roles", .strings(partner.roles)),
                    ("scopes", (scopes ?? partner.scopes).map { .strings($0) } ?? .null), ("tenant", .string(partner.tenant)),
                ])
            )
        }
        var table = Table()
        table.add("client id", partner.id)
        table.add(styled: ("client secret", nil), (issued.secret.reveal(), .bold))
        table.add("secret id", issued.secretID)
        table.add("roles", partner.roles.joined(separator: ", "))
        if let scopes { table.add("scopes", scopes.joined(separator: ", ")) }
        table.add("tenant", partner.tenant)
        if !partner.networks.isEmpty { table.add("networks", partner.networks.joined(separator: ", ")) }
        Console.print(table.text)
        Console.print("\nKeep the secret now: nobody can show it again.")
    }
}
