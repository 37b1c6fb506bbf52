import ArgumentParser
import Foundation
import GatewayConfiguration
import Tokens

struct SessionInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Open a session token and say whether it holds, or what is most likely wrong with it; exit code 0 when it holds, else 1."
    )

    @Argument(help: "The token, or the pieces of a Cookie header with --cookie; - or nothing: from standard input.")
    var token: String?

    @Option(name: .long, help: ArgumentHelp("The cookie it came in (default: as a bearer token).", valueName: "name"))
    var cookie: String?

    @OptionGroup var options: SessionOptions

    func run() throws {
        let offline = try OfflineSessions(options.files)
        let inspection = SessionInspection(of: try found(in: try text()), cookie: cookie, at: UnixTime.now(), with: offline)
        if options.output.json { Console.print(inspection.json) } else { inspection.printTables() }
        if !inspection.isValid { throw Console.Exit.failure }
    }

    private func text() throws -> String {
        if let token, token != "-" { return token }
        // The longest token that is looked at has 64 KiB; more is read so that its length can be judged, but not without end.
        let input = try FileHandle.standardInput.read(upToCount: 1 << 20) ?? Data()
        return String(decoding: input, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A token has no `=`; what has one is a Cookie header.
    private func found(in text: String) throws -> [UInt8] {
        guard let cookie, text.contains("=") else { return Array(text.utf8) }
        let line = text.lowercased().hasPrefix("cookie:") ? String(text.dropFirst(7)) : text
        do throws(TokenError) {
            if let token = try SessionCookie.token(named: cookie, in: Array(line.utf8).span) { return token }
        } catch {
            throw Console.fail(
                "the cookies `\(cookie)` do not make one token: a name comes twice, a chunk is missing, or the whole cookie is beside chunks"
            )
        }
        throw Console.fail("there is no cookie `\(cookie)`")
    }
}
