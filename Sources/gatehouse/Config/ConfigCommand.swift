import ArgumentParser

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "The configuration: what is in force, and whether it is right.",
        subcommands: [ConfigShowCommand.self, ConfigCheckCommand.self]
    )
}
