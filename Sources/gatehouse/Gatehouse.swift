import ArgumentParser

/// The command line: each subcommand is a file of its own.
@main
struct Gatehouse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "An authentication and authorization gateway.",
        version: BuildInfo.version,
        subcommands: [
            ServeCommand.self, InitCommand.self, ConfigCommand.self, PartnerCommand.self, TokenCommand.self, SessionCommand.self,
            RequestCommand.self, PolicyCommand.self, AuditCommand.self, KeysCommand.self,
        ]
    )
}
