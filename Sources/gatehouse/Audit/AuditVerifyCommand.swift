import ArgumentParser
import Foundation
import GatewayConfiguration
import GatewayServer
import StrictJSON

struct AuditVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Find the first line of a decision log that is not what the gateway wrote there.",
        discussion: """
            Give rotated files oldest first: the chain of hashes goes on from one to the next. Lines missing at the very end cannot be \
            seen in the file; compare the last hash with one that is kept elsewhere. Exits with 0 when all is intact, 1 when a line is \
            broken, 66 when a file cannot be read.
            """
    )

    @Argument(help: ArgumentHelp("The files, oldest first (default: the configured decision log).", valueName: "file"))
    var files: [String] = []

    @OptionGroup var options: FileOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        var report = AuditReport()
        for file in try names() {
            do throws(AuditReadError) {
                try report.read(file)
            } catch {
                throw Console.fail("\(error)", code: Console.Exit.noInput)
            }
            if report.broken != nil { break }
        }
        if output.json { Console.print(report.json) } else { Console.print(Console.printable(report.text)) }
        if report.broken != nil { throw Console.Exit.failure }
    }

    private func names() throws -> [String] {
        if !files.isEmpty { return files }
        switch try options.settings().decisions {
        case .file(let path): return [path]
        case .standardOutput, .off:
            throw ValidationError("The configured decision log is no file: name the files to verify.")
        }
    }
}
