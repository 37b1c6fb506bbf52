import Access
import ArgumentParser
import GatewayConfiguration

struct PolicyDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Tell who gains and who loses what between two policies; exit code 0 for the same access, 3 for another.",
        discussion: "Compared is what every caller with every set of roles may do on every route, to its own and to others' objects: "
            + "a policy that is only written otherwise is the same."
    )

    @Argument(help: "The policy as it is.")
    var old: String

    @Argument(help: "The policy as it would be.")
    var new: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let diff = PolicyDiff(from: try PolicyOptions.policy(at: old), to: try PolicyOptions.policy(at: new))
        if output.json { Console.print(diff.json) } else { Console.print(diff.lines, colours: ["gains": .green, "loses": .red]) }
        if diff.exitCode != 0 { throw ExitCode(diff.exitCode) }
    }
}
