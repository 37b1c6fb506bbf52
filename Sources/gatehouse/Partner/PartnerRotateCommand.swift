import ArgumentParser
import GatewayConfiguration
import GatewayCore

struct PartnerRotateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Give a partner a new secret, and let the old one end after an overlap."
    )

    @Argument(help: "The partner's id.")
    var id: String

    @Option(name: .long, help: ArgumentHelp("How long the old secret still works; 0s ends it now.", valueName: "time"))
    var overlap = "7d"

    @OptionGroup var options: PartnerOptions

    func validate() throws {
        guard let span = TimeSpan(overlap), span <= .days(366) else {
            throw ValidationError("--overlap must be a time in ms, s, m, h or d, such as 7d, of at most 366d")
        }
    }

    func run() throws {
        let settings = try options.files.settings()
        let seconds = TimeSpan(overlap)?.seconds ?? 0
        let issued = try options.attempt { () throws(PartnerError) in
            try options.registry(settings).rotate(id, overlap: seconds, at: UnixTime.now())
        }
        let policy = PolicyFile.load(settings.policy, upstreams: settings.upstreamNames).policy
        PartnerSecretPrinter(issued: issued, scopes: policy.map { PartnerAccess(issued.partner, under: $0).names(in: $0) })
            .print(json: options.output.json)
        if !options.output.json {
            for old in issued.partner.secrets.dropFirst() {
                Console.print("Secret \(old.id) works until \(old.expires.map(UnixTime.text) ?? "it is rotated").")
            }
        }
    }
}
