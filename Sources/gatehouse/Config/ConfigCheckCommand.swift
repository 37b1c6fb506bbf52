import ArgumentParser
import GatewayConfiguration
import StrictJSON

struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Judge the configuration without doing anything; exit code 78 when it is wrong."
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let loaded = options.load()
        let isGood = loaded.settings != nil
        if output.json {
            Console.print(.object([("ok", .bool(isGood)), ("problems", .array(loaded.diagnostics.map(\.json)))]))
        } else {
            Console.report(loaded.diagnostics)
            if isGood { Console.print("The configuration is right.") }
        }
        if !isGood { throw Console.Exit.configuration }
    }
}
