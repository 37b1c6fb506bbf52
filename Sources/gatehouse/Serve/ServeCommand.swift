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
        let settings = try options.settings()
        let gateway = try await RunningGateway.start(settings, environment: FileOptions.environment)
        if guide { Console.print(Guide.text(address: gateway.address, scheme: settings.scheme, admin: gateway.adminAddress)) }
        try await gateway.runUntilStopped()
    }
}
