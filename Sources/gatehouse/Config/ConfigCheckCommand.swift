import Access
import ArgumentParser
import Foundation
import GatewayConfiguration
import StrictJSON

struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Judge the configuration without doing anything; exit code 78 when it is wrong."
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let loaded = options.load()
        // A certificate that cannot be used would keep the gateway from starting, as a mistake in the settings would.
        let tls = loaded.settings?.tls.map { TLSLoader(settings: $0).load(at: Int64(Date.now.timeIntervalSince1970)) }
        let diagnostics = loaded.diagnostics + (tls?.diagnostics ?? [])
        let isGood = loaded.settings != nil && !diagnostics.contains { $0.severity == .error }
        if output.json {
            Console.print(.object([("ok", .bool(isGood)), ("problems", .array(diagnostics.map(\.json)))]))
        } else {
            Console.report(diagnostics)
            if isGood { Console.print("The configuration is right.") }
        }
        if !isGood { throw Console.Exit.configuration }
    }
}
