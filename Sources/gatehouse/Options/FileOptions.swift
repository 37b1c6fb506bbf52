import ArgumentParser
import Foundation
import GatewayConfiguration

/// Where the gateway's files are: the same flags for every command, so that each finds what `serve` finds.
struct FileOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The configuration file (default: policies/gateway.yaml).", valueName: "file"))
    var config: String?

    @Option(name: .long, help: ArgumentHelp("The policy file (default: policies/policy.yaml).", valueName: "file"))
    var policy: String?

    @Option(name: .long, help: ArgumentHelp("The keys folder (default: keys).", valueName: "folder"))
    var keys: String?

    var flags: [SettingKey: [String]] {
        var flags: [SettingKey: [String]] = [:]
        flags[.policy] = policy.map { [$0] }
        flags[.keys] = keys.map { [$0] }
        return flags
    }

    /// The effective configuration with these flags and more of them.
    func load(_ more: [SettingKey: [String]] = [:]) -> LoadedSettings {
        Settings.load(
            file: config,
            sources: SettingsSources(
                flags: flags.merging(more) { $1 }, environment: Self.environment, isTerminal: Console.isTerminal,
                processorCount: ProcessInfo.processInfo.activeProcessorCount
            )
        )
    }

    /// The effective configuration; a mistake in it is told and ends the command with 78.
    func settings(_ more: [SettingKey: [String]] = [:]) throws -> Settings {
        let loaded = load(more)
        Console.report(loaded.diagnostics)
        guard let settings = loaded.settings else { throw Console.Exit.configuration }
        return settings
    }

    static var environment: [String: String] { ProcessInfo.processInfo.environment }
}

/// How a command prints.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print JSON.")
    var json = false
}
