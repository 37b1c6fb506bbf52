import ArgumentParser
import GatewayConfiguration

struct PolicyRoutesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "routes", abstract: "List every route and who may use it.")

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let routes = PolicyRoutes(try policy.policy())
        if output.json { Console.print(routes.json) } else { Console.print(routes.lines) }
    }
}
