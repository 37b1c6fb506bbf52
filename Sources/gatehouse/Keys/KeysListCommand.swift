import ArgumentParser
import Foundation
import GatewayConfiguration
import GatewayCore
import SharedState
import StrictJSON

struct KeysListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the keys, and when a running gateway last used each.",
        discussion: "The last use is known to a minute; without the store it is not known."
    )

    @OptionGroup var options: KeysOptions

    func run() async throws {
        let settings = try options.files.settings()
        let (keys, diagnostics) = LoadedKeys.load(settings.keyFolder(environment: FileOptions.environment))
        Console.report(diagnostics)
        guard let keys else { throw Console.Exit.configuration }
        let uses = await uses(settings)
        let now = UnixTime.now()
        if options.output.json {
            return Console.print(.object([("keys", .array(keys.status.map { json($0, uses[$0.id], now) }))]))
        }
        var table = Table("KID", "USE", "ALG", "STATE", "CREATED", "RETIRED", "LAST USED")
        for key in keys.status {
            table.add(
                key.id, key.purpose.rawValue, key.algorithm, key.state(at: now).rawValue, key.created.map(UnixTime.text) ?? "-",
                key.retired.map(UnixTime.text) ?? "-", uses[key.id].map(UnixTime.text) ?? "-"
            )
        }
        Console.print(table.text)
    }

    private func json(_ key: KeyStatus, _ use: Int64?, _ now: Int64) -> JSONValue {
        func time(_ seconds: Int64?) -> JSONValue { seconds.map { .string(UnixTime.text($0)) } ?? .null }
        return .object([
            ("kid", .string(key.id)), ("use", .string(key.purpose.rawValue)), ("alg", .string(key.algorithm)),
            ("state", .string(key.state(at: now).rawValue)), ("created", time(key.created)), ("retired", time(key.retired)),
            ("last_used", time(use)),
        ])
    }

    /// Unix seconds by key. A store that cannot be asked is told, and keeps nobody from the list.
    private func uses(_ settings: Settings) async -> [String: Int64] {
        // To ask a file that is not there would make it.
        if case .sqlite(let path) = settings.store, !FileManager.default.fileExists(atPath: path) { return [:] }
        do {
            let uses = try await Store.open(settings.store).keyUses()
            return Dictionary(uses.map { ($0.key, $0.at) }, uniquingKeysWith: max)
        } catch {
            Console.printError(Console.printable("warning: when keys were last used is not known: \(Store.reason(error))"))
            return [:]
        }
    }
}
