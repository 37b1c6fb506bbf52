package import CustomerAPI
package import GatewayCore
package import Logging

/// What all connections use, on whichever event loop they are.
package struct Services: Sendable {
    package let customers: CustomerAPI
    package let tokens: TokenEndpoint
    package let decisions: DecisionLog
    package let logger: Logger
    package let limits: ServerLimits
    package let upstreams: [UpstreamTarget]
    /// What is revoked, as last read from the store; for `/status`.
    package let revocations: RevocationWatch?
    /// Whether the store answers; for `/readyz`.
    package let isStoreReady: @Sendable () async -> Bool

    package init(
        customers: CustomerAPI, tokens: TokenEndpoint, decisions: DecisionLog, logger: Logger, limits: ServerLimits,
        upstreams: [UpstreamTarget] = [], revocations: RevocationWatch? = nil,
        isStoreReady: @escaping @Sendable () async -> Bool
    ) {
        self.customers = customers
        self.tokens = tokens
        self.decisions = decisions
        self.logger = logger
        self.limits = limits
        self.upstreams = upstreams
        self.revocations = revocations
        self.isStoreReady = isStoreReady
    }
}
