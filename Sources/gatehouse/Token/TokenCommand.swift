import ArgumentParser

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Access tokens, offline on the key files.",
        subcommands: [TokenMintCommand.self, TokenInspectCommand.self]
    )
}

/// The settings a token depends on beside the files.
struct TokenOptions: ParsableArguments {
    @OptionGroup var files: FileOptions

    @Option(name: .long, help: ArgumentHelp("The name of the gateway in the token (default: as configured).", valueName: "url"))
    var issuer: String?

    @Option(name: .long, help: ArgumentHelp("Who the token is for (default: as configured).", valueName: "name"))
    var audience: String?

    @OptionGroup var output: OutputOptions
}
