package import Access
package import GatewayCore
import Tokens

/// Files on disk -> a whole `Snapshot`, or every mistake and none.
package struct SnapshotLoader: Sendable {
    private let settings: Settings
    private let folder: KeyFolder

    package init(_ settings: Settings, environment: [String: String]) {
        self.settings = settings
        folder = settings.keyFolder(environment: environment)
    }

    /// What a watcher compares to learn that something has changed.
    package struct Stamp: Equatable, Sendable {
        let policy: FolderStamp
        let keys: FolderStamp
    }

    package var stamp: Stamp { Stamp(policy: FolderStamp(paths: [settings.policy]), keys: folder.stamp) }

    /// - Parameters:
    ///   - issuer: the `iss` of our tokens; nil: as configured.
    ///   - now: unix seconds.
    /// - Returns: no snapshot when a diagnostic is an error.
    package func load(issuer: String? = nil, at now: Int64) -> (snapshot: Snapshot?, diagnostics: [Diagnostic]) {
        let policy = PolicyFile.load(settings.policy, upstreams: settings.upstreamNames)
        let (keys, keyDiagnostics) = LoadedKeys.load(folder)
        let (partners, partnerDiagnostics) = PartnerDirectory.load(folder, at: now)
        let diagnostics = policy.diagnostics + keyDiagnostics + partnerDiagnostics
        guard let policy = policy.policy, let keys, let partners, !diagnostics.contains(where: { $0.severity == .error }) else {
            return (nil, diagnostics)
        }
        let gateway = GatewaySettings(
            issuer: issuer ?? settings.issuer, audience: settings.audience, tokenLifetime: settings.limits.tokenLifetime.seconds,
            hosts: settings.hosts.map(\.description), bodyLimit: settings.limits.body
        )
        let sessions: AcceptedSessions
        do { sessions = try settings.sessions.accepted(secrets: keys.sessionSecrets) } catch {
            return (nil, diagnostics + [.whole(folder.sessionSecretsPath, error.message)])
        }
        let snapshot = Snapshot(
            policy: policy,
            verifier: PartnerTokenVerifier(keys: keys.tokens, issuer: gateway.issuer, audience: gateway.audience),
            issuer: PartnerTokenIssuer(key: keys.tokens.signing, issuer: gateway.issuer, audience: gateway.audience),
            partners: partners, sessions: sessions, origins: AllowedOrigins(settings.sessions.allowedOrigins.map(\.description)),
            settings: gateway, loaded: now
        )
        return (snapshot, diagnostics)
    }
}
