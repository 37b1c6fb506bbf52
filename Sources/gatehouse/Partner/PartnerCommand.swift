import Access
import ArgumentParser
import Foundation
import GatewayConfiguration
import GatewayCore
import StrictJSON

struct PartnerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partner", abstract: "Partners: who may get tokens, and with which roles.",
        subcommands: [
            PartnerAddCommand.self, PartnerListCommand.self, PartnerShowCommand.self, PartnerDisableCommand.self, PartnerEnableCommand.self,
            PartnerRotateCommand.self, PartnerRemoveCommand.self,
        ]
    )
}

/// What the partner commands share.
struct PartnerOptions: ParsableArguments {
    @OptionGroup var files: FileOptions
    @OptionGroup var output: OutputOptions

    func registry(_ settings: Settings) -> PartnerRegistry {
        PartnerRegistry(settings.keyFolder(environment: FileOptions.environment))
    }

    func registry() throws -> PartnerRegistry { registry(try files.settings()) }

    /// Does something with the registry; a refusal is told and ends the command.
    func attempt<Result>(_ change: () throws(PartnerError) -> Result) throws -> Result {
        do {
            return try change()
        } catch {
            switch error {
            case .unreadable(let diagnostics):
                Console.report(diagnostics)
                throw Console.Exit.configuration
            case .sealKey, .file: throw Console.fail(error.description, code: Console.Exit.configuration)
            case .invalidID, .exists, .unknown, .tooManySecrets: throw Console.fail(error.description)
            }
        }
    }
}

extension FileOptions {
    /// The policy that the settings name; a mistake in it is told and ends the command with 78.
    func policy(_ settings: Settings) throws -> Policy {
        let load = PolicyFile.load(settings.policy, upstreams: settings.upstreamNames)
        guard let policy = load.policy else {
            Console.report(load.errors)
            throw Console.Exit.configuration
        }
        return policy
    }
}

extension PartnerRecord {
    /// Without anything that is secret or sealed.
    ///
    /// - Parameter scopes: what the registration amounts to; nil when the policy cannot tell.
    func json(scopes: [String]?, at now: Int64) -> JSONValue {
        .object([
            ("client_id", .string(id)), ("name", .string(name)), ("roles", .strings(roles)),
            ("scopes", (scopes ?? self.scopes).map { .strings($0) } ?? .null), ("all_scopes", .bool(self.scopes == nil)),
            ("tenant", .string(tenant)), ("networks", .strings(networks)), ("enabled", .bool(isEnabled)),
            ("created", .string(UnixTime.text(created))),
            (
                "secrets",
                .array(
                    secrets.map { secret in
                        .object([
                            ("secret_id", .string(secret.id)), ("created", .string(UnixTime.text(secret.created))),
                            ("expires", secret.expires.map { .string(UnixTime.text($0)) } ?? .null),
                            ("live", .bool(secret.isLive(at: now))),
                        ])
                    })
            ),
        ])
    }
}

extension JSONValue {
    static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
