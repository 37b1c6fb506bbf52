package import HTTPWire

/// Bounds on what a client may make the server hold (contract section 10).
package struct ServerLimits: Sendable {
    package var wire: WireLimits
    /// From the first byte of a head to its end, milliseconds.
    package var headTimeout: Int64
    /// From the end of a head to the end of its body, milliseconds.
    package var bodyTimeout: Int64
    /// Between two requests, milliseconds.
    package var idleTimeout: Int64
    /// Open at a time, on all listeners but the admin one.
    package var connections: Int
    /// Of these, from one address (IPv6: one /64), other than trusted proxies.
    package var connectionsPerAddress: Int
    /// After which the connection is closed; nil: unlimited.
    package var requestsPerConnection: Int?

    package init(
        wire: WireLimits = WireLimits(), headTimeout: Int64 = 10_000, bodyTimeout: Int64 = 30_000, idleTimeout: Int64 = 60_000,
        connections: Int = 10_000, connectionsPerAddress: Int = 1000, requestsPerConnection: Int? = nil
    ) {
        self.wire = wire
        self.headTimeout = headTimeout
        self.bodyTimeout = bodyTimeout
        self.idleTimeout = idleTimeout
        self.connections = connections
        self.connectionsPerAddress = connectionsPerAddress
        self.requestsPerConnection = requestsPerConnection
    }
}
