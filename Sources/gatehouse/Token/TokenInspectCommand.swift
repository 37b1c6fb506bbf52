import ArgumentParser
import Foundation
import GatewayConfiguration
import GatewayCore

struct TokenInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Decode an access token, and say of each check whether it holds; exit code 0 when all do, else 1."
    )

    @Argument(help: "The token; - or nothing: from standard input.")
    var token: String?

    @OptionGroup var options: TokenOptions

    func run() throws {
        let offline = try OfflineKeys(options)
        let inspection = TokenInspection(of: try tokenBytes(), at: UnixTime.now(), with: offline)
        if options.output.json { Console.print(inspection.json) } else { inspection.printTables() }
        if !inspection.isValid { throw Console.Exit.failure }
    }

    private func tokenBytes() throws -> [UInt8] {
        guard let token, token != "-" else {
            // A token is at most 8 KiB; more is read so that the check of the length can say so, but not without end.
            let input = try FileHandle.standardInput.read(upToCount: 1 << 20) ?? Data()
            return Array(String(decoding: input, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines).utf8)
        }
        return Array(token.utf8)
    }
}
