package import Access
package import CustomerAPI
package import GatewayCore
package import Logging
package import SharedState

/// What all connections use, on whichever event loop they are.
package struct Services: Sendable {
    package let customers: CustomerAPI
    package let clients: OAuthEndpoints
    /// What signed requests and client assertions have used up.
    package let nonces: any NonceStore
    package let decisions: DecisionLog
    package let logger: Logger
    package let limits: ServerLimits
    package let upstreams: [UpstreamTarget]
    /// Whose X-Forwarded-For and X-Forwarded-Proto are believed.
    package let trustedProxies: [CIDR]
    /// What is revoked, as last read from the store; for `/status`.
    package let revocations: RevocationWatch?
    package let operations: Operations
    /// Where it is written down when keys were last used.
    package let keyUses: (any KeyUseStore)?
    /// Of the whole node.
    package let rates = RateLimiter(clock: { WallClock.coarse() })
    /// Where a candidate policy would decide otherwise; for `/metrics`.
    package let shadow = ShadowCounts()
    /// Whether the store answers; for `/readyz`.
    package let isStoreReady: @Sendable () async -> Bool

    package init(
        customers: CustomerAPI, clients: OAuthEndpoints, nonces: any NonceStore, decisions: DecisionLog, logger: Logger,
        limits: ServerLimits,
        upstreams: [UpstreamTarget] = [], trustedProxies: [CIDR] = [], revocations: RevocationWatch? = nil,
        operations: Operations = Operations(), keyUses: (any KeyUseStore)? = nil, isStoreReady: @escaping @Sendable () async -> Bool
    ) {
        self.customers = customers
        self.clients = clients
        self.nonces = nonces
        self.decisions = decisions
        self.logger = logger
        self.limits = limits
        self.upstreams = upstreams
        self.trustedProxies = trustedProxies
        self.revocations = revocations
        self.operations = operations
        self.keyUses = keyUses
        self.isStoreReady = isStoreReady
    }

    /// Whether this address is a proxy that says who makes a request. In decision mode one on this machine is, too.
    func believes(_ address: IPAddress?, on role: ListenerRole) -> Bool {
        guard let address else { return false }
        return trustedProxies.contains { $0.contains(address) } || role == .decide && Self.loopback.contains { $0.contains(address) }
    }

    private static let loopback = ["127.0.0.0/8", "::1/128"].compactMap { try? CIDR(parsing: $0) }
}
