package import Access
package import GatewayCore
import OpenSSLCrypto
import StrictJSON
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
        let shadow: FolderStamp
        let keys: FolderStamp
    }

    package var stamp: Stamp {
        Stamp(
            policy: FolderStamp(paths: [settings.policy]), shadow: FolderStamp(paths: settings.shadowPolicy.map { [$0] } ?? []),
            keys: folder.stamp
        )
    }

    /// Of the policy file as it stands on disk, good or not; nil when it cannot be read.
    package var policyDigest: String? { PolicyFile.digest(of: settings.policy) }

    /// - Parameters:
    ///   - issuer: the `iss` of our tokens; nil: as configured.
    ///   - now: unix seconds.
    ///   - shadow: the candidate policy that stays beside when the one on disk does not load; nil: that is an error.
    /// - Returns: no snapshot when a diagnostic is an error.
    package func load(
        issuer: String? = nil, at now: Int64, keeping shadow: Policy? = nil
    ) -> (snapshot: Snapshot?, diagnostics: [Diagnostic]) {
        let policy = PolicyFile.load(settings.policy, upstreams: settings.upstreamNames)
        let (keys, keyDiagnostics) = LoadedKeys.load(folder)
        let (partners, partnerDiagnostics) = PartnerDirectory.load(folder, at: now)
        let (candidate, candidateDiagnostics) = candidate(keeping: shadow)
        let diagnostics = policy.diagnostics + keyDiagnostics + partnerDiagnostics + candidateDiagnostics
        guard let policy = policy.policy, let keys, let partners, let upstreams = try? upstreams(keys),
            !diagnostics.contains(where: { $0.severity == .error })
        else {
            return (nil, diagnostics)
        }
        let sessions: AcceptedSessions
        do { sessions = try settings.sessions.accepted(secrets: keys.sessionSecrets) } catch {
            return (nil, diagnostics + [.whole(folder.sessionSecretsPath, error.message)])
        }
        let gateway = GatewaySettings(
            issuer: issuer ?? settings.issuer, audience: settings.audience, tokenLifetime: settings.limits.tokenLifetime.seconds,
            hosts: settings.hosts.map(\.description), bodyLimit: settings.limits.body,
            sessionCookies: AcceptedSessions.standardBareNames + sessions.bareCookieNames, rate: settings.limits.rate
        )
        let snapshot = Snapshot(
            policy: policy,
            verifier: PartnerTokenVerifier(keys: keys.tokens, issuer: gateway.issuer, audience: gateway.audience),
            issuer: PartnerTokenIssuer(key: keys.tokens.signing, issuer: gateway.issuer, audience: gateway.audience),
            partners: partners, sessions: sessions, origins: AllowedOrigins(settings.sessions.allowedOrigins.map(\.description)),
            settings: gateway, upstreams: upstreams, publicKeySet: keys.publicKeySet.utf8(), keys: keys.status, loaded: now,
            shadow: candidate
        )
        return (snapshot, diagnostics)
    }

    /// The candidate is asked and never obeyed, so a mistake in it holds up nothing that is in force.
    private func candidate(keeping last: Policy?) -> (Policy?, [Diagnostic]) {
        guard let file = settings.shadowPolicy else { return (nil, []) }
        let load = PolicyFile.load(file, upstreams: settings.upstreamNames)
        guard load.policy == nil, let last else { return (load.policy, load.diagnostics) }
        return (last, load.diagnostics.map(\.asWarning))
    }

    /// What must take effect whatever else is wrong on disk: partners that were disabled or removed. Nil when there is none.
    package func closing(_ snapshot: Snapshot) -> Snapshot? {
        let closed = PartnerRegistry(folder).closed(among: snapshot.partners.partners.filter(\.isEnabled).map(\.id))
        return closed.isEmpty ? nil : snapshot.closing(closed)
    }

    /// - Throws: when OpenSSL cannot derive a key; that has no cause a person could mend.
    private func upstreams(_ keys: LoadedKeys) throws(CryptoError) -> [String: UpstreamProfile] {
        let profiles = try settings.upstreams.map { upstream throws(CryptoError) in
            UpstreamProfile(
                name: upstream.name, strip: upstream.strip, preservesHost: upstream.host == .preserve,
                signer: try signer(upstream, keys)
            )
        }
        return Dictionary(uniqueKeysWithValues: profiles.map { ($0.name, $0) })
    }

    private func signer(_ upstream: UpstreamSettings, _ keys: LoadedKeys) throws(CryptoError) -> AssertionSigner {
        let key = keys.assertionSigningKey
        switch upstream.assertion {
        case .none: return .none
        case .ed25519: return .ed25519(kid: key.id, key.privateKey)
        case .hmac: return .hmac(kid: key.id, HMACKey(.sha256, key: try key.hmacKey(upstream: upstream.name)))
        }
    }
}
