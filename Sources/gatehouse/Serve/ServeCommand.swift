import ArgumentParser
import GatewayConfiguration

/// `gatehouse serve`: runs the gateway until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the gateway.",
        discussion: "Stops gracefully on SIGTERM and SIGINT, reloads policy, keys and partners on SIGHUP and whenever they change."
    )

    @OptionGroup var options: SettingsOptions

    @Flag(help: "Print commands to paste once the gateway is ready.")
    var guide = false

    func run() async throws {
        let loaded = options.load()
        guard let settings = loaded.settings else {
            Console.report(loaded.diagnostics)
            throw Console.Exit.configuration
        }
        let gateway = try await RunningGateway.start(settings, warnings: loaded.diagnostics, environment: FileOptions.environment)
        if guide { Console.print(Guide.text(address: gateway.address, scheme: settings.scheme, admin: gateway.adminAddress)) }
        try await gateway.runUntilStopped()
    }
}
