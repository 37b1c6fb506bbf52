import ArgumentParser
import GatewayConfiguration
import GatewayCore
import StrictJSON

struct PartnerDisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Shut a partner out: its tokens stop working within a second.")

    @Argument(help: "The partner's id.")
    var id: String

    @OptionGroup var options: PartnerOptions

    func run() throws {
        let registry = try options.registry()
        let record = try options.attempt { () throws(PartnerError) in try registry.setEnabled(false, id) }
        if options.output.json {
            Console.print(.object([("client_id", .string(record.id)), ("enabled", .bool(record.isEnabled))]))
        } else {
            Console.print("Partner \(record.id) is disabled: its tokens stop working within a second.")
        }
    }
}
