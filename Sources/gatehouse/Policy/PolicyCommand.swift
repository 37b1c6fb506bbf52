import ArgumentParser

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Judge a policy file, see what it allows, and what a change of it would change.",
        subcommands: [
            PolicyCheckCommand.self, PolicyExplainCommand.self, PolicyDiffCommand.self, PolicyReplayCommand.self, PolicyRoutesCommand.self,
            PolicyFormatCommand.self, PolicySchemaCommand.self,
        ]
    )
}
