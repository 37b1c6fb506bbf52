import ArgumentParser
import GatewayConfiguration
import GatewayCore
import Tokens

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "The keys that sign access tokens and assertions, and the seal key.",
        subcommands: [KeysListCommand.self, KeysRotateCommand.self, KeysPruneCommand.self, KeysResealCommand.self]
    )
}

/// What the keys commands share.
struct KeysOptions: ParsableArguments {
    @OptionGroup var files: FileOptions
    @OptionGroup var output: OutputOptions

    /// Changes a key file; a refusal is told and ends the command with 78.
    func change<Result>(_ change: (KeyRotation) throws(KeyRotation.Failure) -> Result) throws -> Result {
        let folder = try files.settings().keyFolder(environment: FileOptions.environment)
        do throws(KeyRotation.Failure) {
            return try change(KeyRotation(folder, at: UnixTime.now()))
        } catch {
            if case .unreadable(let diagnostics) = error {
                Console.report(diagnostics)
                throw Console.Exit.configuration
            }
            throw Console.fail(error.description, code: Console.Exit.configuration)
        }
    }
}

extension KeyStatus.Purpose: ExpressibleByArgument {}
extension TokenAlgorithm: ExpressibleByArgument {}
