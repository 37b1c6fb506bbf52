import Access
import ArgumentParser
import GatewayConfiguration
import GatewayCore
import OpenSSLCrypto
import Tokens

struct SessionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session", abstract: "Sessions of NextAuth.js and Auth.js applications.",
        subcommands: [
            SessionMintCommand.self, SessionInspectCommand.self, SessionRevokeCommand.self, SessionRevocationsCommand.self,
        ]
    )
}

/// What the session commands share.
struct SessionOptions: ParsableArguments {
    @OptionGroup var files: FileOptions
    @OptionGroup var output: OutputOptions
}

/// Settings, session secrets and policy as a command without a running gateway sees them.
struct OfflineSessions {
    let settings: SessionSettings
    let secrets: [SecretBytes]
    /// Where the secrets stand, for messages.
    let secretsPath: String
    /// What a gateway would take.
    let accepted: AcceptedSessions
    /// Nil when it cannot be loaded; then nothing is said of roles.
    let policy: Policy?

    /// What cannot be loaded is told and ends the command with 78.
    init(_ files: FileOptions) throws {
        let all = try files.settings()
        let folder = all.keyFolder(environment: FileOptions.environment)
        let (keys, diagnostics) = LoadedKeys.load(folder)
        Console.report(diagnostics.filter { keys == nil || $0.severity == .error })
        guard let keys else { throw Console.Exit.configuration }
        settings = all.sessions
        secrets = keys.sessionSecrets
        secretsPath = folder.sessionSecretsPath
        do { accepted = try all.sessions.accepted(secrets: secrets) } catch {
            throw Console.fail("\(secretsPath): \(error.message)", code: Console.Exit.configuration)
        }
        policy = PolicyFile.load(all.policy, upstreams: all.upstreamNames).policy
        if secrets.isEmpty {
            throw Console.fail("\(secretsPath) has no secret, so no session is accepted", code: Console.Exit.configuration)
        }
    }
}

extension SessionProfile: ExpressibleByArgument {}
