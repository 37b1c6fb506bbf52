import Access
import ArgumentParser
import Foundation
import GatewayConfiguration

struct PolicyReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Tell which past decisions a new policy would decide otherwise; exit code 0 for none, 3 for some.",
        discussion: "The configured policy is taken for the one that decided: it tells what the log leaves out, such as whether a route "
            + "asked for signed requests. Where what is left out would make the difference, the decision is counted as one that cannot "
            + "be told."
    )

    @Argument(help: "The policy as it would be.")
    var new: String

    @Option(name: .long, help: ArgumentHelp("The decision log; - reads standard input (default: the configured one).", valueName: "file"))
    var decisions: String?

    @OptionGroup var files: FileOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let candidate = try PolicyOptions.policy(at: new)
        let settings = files.load().settings
        let live = settings.flatMap { PolicyFile.load($0.policy, upstreams: nil).policy }
        var report = PolicyReplayReport(PolicyReplay(candidate, decidedBy: live))
        let input = try open(settings)
        var rest: [UInt8] = []
        while let part = try input.read(upToCount: 1 << 20), !part.isEmpty {
            rest += part
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                report.add(Array(rest[start..<end]))
                start = end + 1
            }
            rest.removeFirst(start)
        }
        report.add(rest)
        if output.json {
            Console.print(report.json)
        } else {
            Console.print(report.lines)
        }
        if report.exitCode != 0 { throw ExitCode(report.exitCode) }
    }

    private func open(_ settings: Settings?) throws -> FileHandle {
        let path: String
        switch (decisions, settings?.decisions) {
        case ("-", _): return .standardInput
        case (let named?, _): path = named
        case (nil, .file(let configured)): path = configured
        case (nil, _): throw Console.fail("no decision log is configured as a file: name one with --decisions")
        }
        do { return try FileHandle(forReadingFrom: URL(fileURLWithPath: path)) } catch {
            throw Console.fail("the decision log \(path) cannot be read: name another with --decisions")
        }
    }
}
