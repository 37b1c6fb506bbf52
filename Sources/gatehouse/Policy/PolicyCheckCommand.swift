import ArgumentParser
import GatewayConfiguration

struct PolicyCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Load a policy, run its tests and tell every problem with its place; exit code 1 with errors."
    )

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var output: OutputOptions

    @Flag(name: .long, help: "Count warnings as errors.")
    var strict = false

    func run() throws {
        let check = PolicyCheck(policy.load())
        if output.json { Console.print(check.json) } else { for line in check.lines { Console.print(Console.printable(line)) } }
        let code = check.exitCode(strict: strict)
        if code != 0 { throw ExitCode(code) }
    }
}
