/// Where one upstream's servers are, and how long and how often they are tried. Does not change while the gateway runs.
package struct UpstreamTarget: Sendable {
    package struct Server: Sendable {
        /// An address or a name.
        package let host: String
        package let port: Int
        /// As `Host` and the metrics name it: without the port where it is the scheme's own.
        package let authority: String
        /// Whether it is spoken to over TLS.
        package let isSecure: Bool

        package init(host: String, port: Int, authority: String, isSecure: Bool = false) {
            self.host = host
            self.port = port
            self.authority = authority
            self.isSecure = isSecure
        }
    }

    package struct Health: Sendable {
        /// Asked for by GET; any status from 200 to 399 is good.
        package let path: String
        package let intervalMilliseconds: Int64

        package init(path: String, intervalMilliseconds: Int64) {
            self.path = path
            self.intervalMilliseconds = intervalMilliseconds
        }
    }

    package let name: String
    /// At least one.
    package let servers: [Server]
    package let connectMilliseconds: Int64
    /// From the end of the request to the head of the answer.
    package let responseMilliseconds: Int64
    /// Between two parts of a body, and for a connection that waits to be used again.
    package let idleMilliseconds: Int64
    /// Further attempts after the first.
    package let retries: Int
    /// Per server and event loop.
    package let connections: Int
    /// Nil: a server is judged by its answers alone.
    package let health: Health?
    /// For the secure servers; nil: there are none.
    package let tls: UpstreamTLS?

    package init(
        name: String, servers: [Server], connectMilliseconds: Int64 = 1000, responseMilliseconds: Int64 = 30_000,
        idleMilliseconds: Int64 = 60_000, retries: Int = 1, connections: Int = 128, health: Health? = nil,
        tls: UpstreamTLS? = nil
    ) {
        self.name = name
        self.servers = servers
        self.connectMilliseconds = connectMilliseconds
        self.responseMilliseconds = responseMilliseconds
        self.idleMilliseconds = idleMilliseconds
        self.retries = retries
        self.connections = connections
        self.health = health
        self.tls = tls
    }
}

/// Why an upstream gave no answer.
enum UpstreamFailure: Error {
    /// Refused, reset, or not understood.
    case bad
    case timeout
    /// No server is healthy.
    case none
    /// Every connection that may be open is in use.
    case full
}
