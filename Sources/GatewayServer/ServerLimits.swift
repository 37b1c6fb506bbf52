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

    package init(wire: WireLimits = WireLimits(), headTimeout: Int64 = 10_000, bodyTimeout: Int64 = 30_000, idleTimeout: Int64 = 60_000) {
        self.wire = wire
        self.headTimeout = headTimeout
        self.bodyTimeout = bodyTimeout
        self.idleTimeout = idleTimeout
    }
}
