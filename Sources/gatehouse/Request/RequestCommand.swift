import ArgumentParser

struct RequestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request", abstract: "Requests as partners make them.", subcommands: [RequestSignCommand.self]
    )
}
