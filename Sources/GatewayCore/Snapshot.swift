package import Access
package import Tokens

/// Everything that a decision depends on, as it stood at one moment. Immutable; a reload makes a whole new one or none.
///
/// INVARIANT (one snapshot a request): a request is admitted, answered and recorded by the snapshot it began with.
package final class Snapshot: Sendable {
    package let policy: Policy
    /// A candidate that is asked beside the policy, and never obeyed.
    package let shadow: Policy?
    package let verifier: PartnerTokenVerifier
    package let issuer: PartnerTokenIssuer
    package let partners: PartnerDirectory
    package let sessions: AcceptedSessions
    package let origins: AllowedOrigins
    package let settings: GatewaySettings
    /// By name, as the routes' `to` names them.
    package let upstreams: [String: UpstreamProfile]
    /// The public assertion keys: the answer of `/.well-known/jwks.json`.
    package let publicKeySet: [UInt8]
    /// Of every key for tokens and assertions, for `/status`.
    package let keys: [KeyStatus]
    /// Of the key that signs what upstreams are told; nil: there is none.
    package let assertionUse: KeyUseMark?
    /// Seconds since 1970 when it was loaded.
    package let loaded: Int64

    package init(
        policy: Policy, verifier: PartnerTokenVerifier, issuer: PartnerTokenIssuer, partners: PartnerDirectory,
        sessions: AcceptedSessions = .none, origins: AllowedOrigins = .ownOnly, settings: GatewaySettings,
        upstreams: [String: UpstreamProfile] = [:], publicKeySet: [UInt8] = Array(#"{"keys":[]}"#.utf8),
        keys: [KeyStatus] = [], loaded: Int64, shadow: Policy? = nil
    ) {
        self.policy = policy
        self.shadow = shadow
        self.verifier = verifier
        self.issuer = issuer
        self.partners = partners
        self.sessions = sessions
        self.origins = origins
        self.settings = settings
        self.upstreams = upstreams
        self.publicKeySet = publicKeySet
        self.keys = keys
        assertionUse = keys.first { $0.purpose == .assertion && $0.isSigning }?.use
        self.loaded = loaded
    }

    /// The same without these partners, whose tokens and secrets then count no more.
    package func closing(_ partnerIDs: Set<String>) -> Snapshot {
        Snapshot(
            policy: policy, verifier: verifier, issuer: issuer,
            partners: PartnerDirectory(partners.partners.filter { !partnerIDs.contains($0.id) }), sessions: sessions, origins: origins,
            settings: settings, upstreams: upstreams, publicKeySet: publicKeySet, keys: keys, loaded: loaded, shadow: shadow
        )
    }
}

/// The settings that decisions and answers need; the rest of the configuration stays at the edges.
package struct GatewaySettings: Sendable {
    /// The `iss` of our tokens and the base of our URLs.
    package let issuer: String
    package let audience: String
    /// Seconds; 1 to 3600.
    package let tokenLifetime: Int64
    /// Lower-case hosts without trailing dot, with or without port; empty: any Host is served.
    package let hosts: [String]
    /// Names of the cookies that carry sessions, without `__Secure-`: they never reach an upstream.
    package let sessionCookies: [String]
    /// Bytes, inclusive, where a route names no limit.
    package let bodyLimit: Int
    /// Of each principal, where a route names none; nil: none.
    package let rate: RateLimit?

    package init(
        issuer: String, audience: String, tokenLifetime: Int64, hosts: [String], bodyLimit: Int,
        sessionCookies: [String] = ["authjs.session-token", "next-auth.session-token"], rate: RateLimit? = nil
    ) {
        self.issuer = issuer
        self.audience = audience
        self.tokenLifetime = tokenLifetime
        self.hosts = hosts
        self.bodyLimit = bodyLimit
        self.sessionCookies = sessionCookies
        self.rate = rate
    }
}
