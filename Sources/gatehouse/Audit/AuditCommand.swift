import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Verify the decision log.", subcommands: [AuditVerifyCommand.self]
    )
}
