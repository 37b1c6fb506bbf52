import Access
import GatewayConfiguration
import GatewayCore

/// Settings, keys and partners as a command without a running gateway sees them.
struct OfflineKeys {
    let settings: Settings
    let keys: LoadedKeys
    private let registry: PartnerRegistry

    /// What cannot be loaded is told and ends the command with 78.
    init(_ options: TokenOptions) throws {
        var flags: [SettingKey: [String]] = [:]
        flags[.issuer] = options.issuer.map { [$0] }
        flags[.audience] = options.audience.map { [$0] }
        settings = try options.files.settings(flags)
        let folder = settings.keyFolder(environment: FileOptions.environment)
        registry = PartnerRegistry(folder)
        let (keys, diagnostics) = LoadedKeys.load(folder)
        Console.report(diagnostics.filter { keys == nil || $0.severity == .error })
        guard let keys else { throw Console.Exit.configuration }
        self.keys = keys
    }

    func partner(_ id: String) throws -> PartnerRecord {
        do {
            return try registry.partner(id)
        } catch {
            if case .unreadable(let diagnostics) = error {
                Console.report(diagnostics)
                throw Console.Exit.configuration
            }
            throw Console.fail(error.description)
        }
    }

    /// Nil when there is none of that id, or its file cannot be used: with the reason in words.
    func findPartner(_ id: String) -> (record: PartnerRecord?, problem: String) {
        do {
            return (try registry.partner(id), "")
        } catch {
            return (nil, error.description)
        }
    }
}
