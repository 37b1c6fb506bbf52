import ArgumentParser
import Foundation

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

    static func main() async {
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
            end(ExitCode.success)
        } catch {
            let (code, message) = (exitCode(for: error), fullMessage(for: error))
            if !message.isEmpty { code == .success ? Console.print(message) : Console.printError(message) }
            end(code)
        }
    }

    /// Ends the process without the exit handlers of libraries: those of OpenSSL and Kerberos, which libpq brings along, take away
    /// what the threads of the store may still be using, and the process would end by a signal.
    private static func end(_ code: ExitCode) -> Never {
        fflush(nil)
        _exit(code.rawValue)
    }
}
