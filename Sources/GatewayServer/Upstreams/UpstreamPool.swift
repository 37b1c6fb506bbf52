import Logging
import NIOCore
import NIOPosix

/// The connections of one event loop to one upstream. Used on that loop only.
final class UpstreamPool {
    /// What this loop knows of one server.
    final class Server {
        let address: UpstreamTarget.Server
        let hostField: [UInt8]
        /// Those that wait, the one that has waited for longest first.
        var idle: [UpstreamConnection] = []
        /// Connections open or being opened.
        var connections = 0
        /// Requests under way.
        var outstanding = 0
        /// Since the last answer.
        var failures = 0
        /// Monotonic nanoseconds until which it is left out.
        var ejectedUntil: Int64 = 0
        /// By the health check.
        var isHealthy = true
        /// Answers and failures since the start.
        var answers: UInt64 = 0
        var allFailures: UInt64 = 0

        init(_ address: UpstreamTarget.Server) {
            self.address = address
            hostField = Array(address.authority.utf8)
        }
    }

    /// Failures in a row after which a server is left out for a while.
    private static let ejectionThreshold = 3
    private static let ejectionNanoseconds: Int64 = 2_000_000_000

    let target: UpstreamTarget
    let eventLoop: any EventLoop
    private let logger: Logger
    private(set) var servers: [Server]
    private var nextServer = 0
    private var isClosed = false
    private var healthChecks: RepeatedTask?

    init(_ target: UpstreamTarget, eventLoop: any EventLoop, logger: Logger) {
        self.target = target
        self.eventLoop = eventLoop
        self.logger = logger
        servers = target.servers.map { Server($0) }
        startHealthChecks()
    }

    /// The server with the least requests under way that is neither left out nor unhealthy; among equals, each in turn.
    func pickServer(avoiding avoided: Server? = nil) -> Server? {
        let now = WallClock.coarse()
        var best: Server?
        for offset in 0..<servers.count {
            let server = servers[(nextServer + offset) % servers.count]
            guard server.isHealthy, server.ejectedUntil <= now, server !== avoided || servers.count == 1 else { continue }
            if best.map({ server.outstanding < $0.outstanding }) ?? true { best = server }
        }
        nextServer = (nextServer + 1) % servers.count
        return best
    }

    /// A connection that waits on this server, or nil.
    func takeIdle(_ server: Server) -> UpstreamConnection? {
        let oldest = WallClock.coarse() - target.idleMilliseconds * 1_000_000
        while let connection = server.idle.popLast() {
            if connection.isIdle, connection.idleSince > oldest { return connection }
            remove(connection)
            connection.close()
        }
        return nil
    }

    /// Opens a connection; the callback comes on the loop, later.
    func connect(_ server: Server, _ done: @escaping (Result<UpstreamConnection, UpstreamFailure>) -> Void) {
        if server.connections >= target.connections { closeOldest(of: server) }
        guard server.connections < target.connections else { return done(.failure(.full)) }
        // A place, until it is known that there will be no connection, or until that has closed.
        server.connections += 1
        let bound = NIOLoopBound((self, server, done), eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .connectTimeout(.milliseconds(target.connectMilliseconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A name may have several addresses, and each is tried on a channel of its own.
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try bound.value.0.prepare(channel, bound.value.1) }
            }
            .connect(host: server.address.host, port: server.address.port)
            .flatMap { channel in
                do {
                    let secured = try bound.value.0.whenSecure(channel, bound.value.1)
                    return secured.map { channel }
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
            }
            .whenComplete { result in
                let (pool, server, done) = bound.value
                do {
                    let connection = try result.get().pipeline.syncOperations.handler(type: UpstreamConnection.self)
                    connection.isCounted = true
                    done(.success(connection))
                } catch {
                    server.connections -= 1
                    pool.noteFailure(server, isUnreachable: true)
                    done(.failure(pool.failure(error, of: server)))
                }
            }
    }

    /// - Throws: when there is nothing to verify the server by; then nothing is connected.
    private func prepare(_ channel: any Channel, _ server: Server) throws {
        if server.address.isSecure {
            guard let tls = target.tls else { throw UpstreamFailure.bad }
            let host = server.address.host
            try channel.pipeline.syncOperations.addHandlers([
                try tls.handler(for: host),
                UpstreamHandshake(on: eventLoop, milliseconds: target.connectMilliseconds, name: tls.name(for: host)),
            ])
        }
        try channel.pipeline.syncOperations.addHandler(UpstreamConnection(pool: self, server: server))
    }

    /// - Throws: when the handshake has ended already, as it can only if it failed.
    private func whenSecure(_ channel: any Channel, _ server: Server) throws -> EventLoopFuture<Void> {
        guard server.address.isSecure else { return eventLoop.makeSucceededVoidFuture() }
        return try channel.pipeline.syncOperations.handler(type: UpstreamHandshake.self).done
    }

    private func failure(_ error: any Error, of server: Server) -> UpstreamFailure {
        guard let refused = error as? UpstreamHandshake.Failure else { return error is ChannelError ? .timeout : .bad }
        guard case .refused(let reason) = refused else { return .timeout }
        logger.warning(
            "TLS with an upstream failed; nothing was sent to it",
            metadata: ["upstream": "\(target.name)", "server": "\(server.address.authority)", "reason": "\(reason)"]
        )
        return .bad
    }

    func giveBack(_ connection: UpstreamConnection) {
        if isClosed { connection.close() } else { connection.server.idle.append(connection) }
    }

    /// Makes room for a connection by ending one that only waits: one that waits is in nobody's use.
    private func closeOldest(of server: Server) {
        guard let oldest = server.idle.first else { return }
        remove(oldest)
        oldest.close()
    }

    /// Ends the connections that have waited for too long.
    func closeExpired() {
        let oldest = WallClock.coarse() - target.idleMilliseconds * 1_000_000
        for server in servers {
            while let first = server.idle.first, first.idleSince <= oldest {
                remove(first)
                first.close()
            }
        }
    }

    /// The connection has closed. Said with each event that says so; only the first counts.
    func remove(_ connection: UpstreamConnection) {
        guard connection.isCounted else { return }
        connection.isCounted = false
        let server = connection.server
        server.connections -= 1
        server.idle.removeAll { $0 === connection }
    }

    /// The server answered.
    func noteSuccess(_ server: Server) {
        server.failures = 0
        server.answers &+= 1
    }

    /// The server could not be reached, or a request to it was reset, answered badly or not at all.
    ///
    /// What single requests bring about leaves the last server in: one bad endpoint behind it must not close all others to everybody.
    func noteFailure(_ server: Server, isUnreachable: Bool = false) {
        server.failures += 1
        server.allFailures &+= 1
        guard server.failures >= Self.ejectionThreshold else { return }
        server.failures = 0
        let now = WallClock.coarse()
        let hasOthers = servers.contains { $0 !== server && $0.isHealthy && $0.ejectedUntil <= now }
        if isUnreachable || hasOthers { server.ejectedUntil = now + Self.ejectionNanoseconds }
    }

    /// Closes what waits; what is in use closes when it is given back.
    func close() {
        isClosed = true
        healthChecks?.cancel()
        for server in servers {
            let idle = server.idle
            server.idle = []
            for connection in idle { connection.close() }
        }
    }

    // MARK: Health

    private func startHealthChecks() {
        guard let health = target.health else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let interval = TimeAmount.milliseconds(health.intervalMilliseconds)
        healthChecks = eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: interval) { _ in
            let pool = bound.value
            for server in pool.servers { HealthProbe.run(server, of: pool, path: health.path) }
        }
    }
}
