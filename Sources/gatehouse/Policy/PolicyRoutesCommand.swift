import ArgumentParser
import GatewayConfiguration

struct PolicyRoutesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "routes", abstract: "List every route and who may use it.")

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let load = policy.load()
        guard let loaded = load.policy else {
            Console.report(load.diagnostics)
            throw Console.Exit.failure
        }
        let routes = PolicyRoutes(loaded)
        if output.json { Console.print(routes.json) } else { for line in routes.lines { Console.print(Console.printable(line)) } }
    }
}
