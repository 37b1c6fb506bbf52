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
    /// What is revoked, as last read from the store; for `/status`.
    package let revocations: RevocationWatch?
    package let operations: Operations
    /// Where it is written down when keys were last used.
    package let keyUses: (any KeyUseStore)?
    /// Of the whole node.
    package let rates = RateLimiter(clock: { WallClock.coarse() })
    /// Whether the store answers; for `/readyz`.
    package let isStoreReady: @Sendable () async -> Bool

    package init(
        customers: CustomerAPI, clients: OAuthEndpoints, nonces: any NonceStore, decisions: DecisionLog, logger: Logger,
        limits: ServerLimits,
        upstreams: [UpstreamTarget] = [], revocations: RevocationWatch? = nil,
        operations: Operations = Operations(), keyUses: (any KeyUseStore)? = nil, isStoreReady: @escaping @Sendable () async -> Bool
    ) {
        self.customers = customers
        self.clients = clients
        self.nonces = nonces
        self.decisions = decisions
        self.logger = logger
        self.limits = limits
        self.upstreams = upstreams
        self.revocations = revocations
        self.operations = operations
        self.keyUses = keyUses
        self.isStoreReady = isStoreReady
    }
}
