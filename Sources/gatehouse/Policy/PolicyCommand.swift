import ArgumentParser

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Judge a policy file and see what it allows.",
        subcommands: [PolicyCheckCommand.self, PolicyRoutesCommand.self]
    )
}
