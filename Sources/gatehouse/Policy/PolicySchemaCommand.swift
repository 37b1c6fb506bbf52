import ArgumentParser
import GatewayConfiguration

struct PolicySchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of policies, for editors."
    )

    /// The schema is JSON either way.
    @OptionGroup var output: OutputOptions

    func run() { Console.print(PolicySchema.text) }
}
