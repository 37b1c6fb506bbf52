import ArgumentParser
import GatewayConfiguration
import StrictJSON

struct ConfigShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print the effective values and where each comes from, without secrets."
    )

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let loaded = options.load()
        Console.report(loaded.diagnostics)
        guard loaded.settings != nil else { throw Console.Exit.configuration }
        if output.json {
            Console.print(.object([("settings", .array(loaded.entries.map(Self.json)))]))
            return
        }
        var table = Table("KEY", "VALUE", "FROM")
        for entry in loaded.entries { table.add(styled: (entry.key, nil), (entry.text, nil), (entry.origin.description, .dim)) }
        Console.print(table.text)
    }

    private static func json(_ entry: SettingEntry) -> JSONValue {
        .object([
            ("key", .string(entry.key)), ("value", entry.value), ("origin", .string(entry.origin.kind)),
            ("where", entry.origin.place.map { .string($0) } ?? .null),
        ])
    }
}
