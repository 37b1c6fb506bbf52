import ArgumentParser
import GatewayConfiguration
import GatewayCore
import StrictJSON

struct PartnerEnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Let a disabled partner in again.")

    @Argument(help: "The partner's id.")
    var id: String

    @OptionGroup var options: PartnerOptions

    func run() throws {
        let registry = try options.registry()
        let record = try options.attempt { () throws(PartnerError) in try registry.setEnabled(true, id) }
        if options.output.json {
            Console.print(.object([("client_id", .string(record.id)), ("enabled", .bool(record.isEnabled))]))
        } else {
            Console.print("Partner \(record.id) is enabled.")
        }
    }
}
