import ArgumentParser
import GatewayConfiguration
import StrictJSON

struct PartnerRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a partner for good: its tokens stop working within a second."
    )

    @Argument(help: "The partner's id.")
    var id: String

    @OptionGroup var options: PartnerOptions

    func run() throws {
        let registry = try options.registry()
        try options.attempt { () throws(PartnerError) in try registry.remove(id) }
        if options.output.json {
            Console.print(.object([("client_id", .string(id)), ("removed", true)]))
        } else {
            Console.print("Partner \(id) is removed.")
        }
    }
}
