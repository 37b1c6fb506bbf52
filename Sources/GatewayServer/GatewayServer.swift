import Access
package import GatewayCore
import Logging
package import NIOCore
import NIOPosix
import NIOSSL
package import SharedState
import Synchronization

/// Who is served on a listener.
package enum ListenerRole: Sendable {
    /// The public. TLS where the gateway has a certificate.
    case gateway
    /// Operators.
    case admin
    /// Proxies that ask for decisions.
    case decide
}

/// The listeners and their event loops.
package final class GatewayServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let loops: [NIOLoopBound<LoopContext>]
    private let byLoop: [ObjectIdentifier: NIOLoopBound<LoopContext>]
    private let services: Services
    /// Nil: plain HTTP. Whether there is one does not change, which one does.
    private let tls: Mutex<ServerTLS?>
    private let counter: ConnectionCounter

    /// - Parameters:
    ///   - threads: event loops, at least 1.
    ///   - tls: for the public listeners; nil: plain HTTP.
    package init(services: Services, snapshot: Snapshot, threads: Int, tls: ServerTLS? = nil) async throws {
        self.services = services
        self.tls = Mutex(tls)
        counter = ConnectionCounter(services.limits)
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        var loops: [NIOLoopBound<LoopContext>] = []
        for eventLoop in group.makeIterator() {
            loops.append(
                try await eventLoop.submit {
                    let context = LoopContext(eventLoop: eventLoop, services: services, snapshot: snapshot)
                    context.start()
                    return NIOLoopBound(context, eventLoop: eventLoop)
                }.get()
            )
        }
        self.loops = loops
        byLoop = Dictionary(uniqueKeysWithValues: zip(group.makeIterator().map { ObjectIdentifier($0) }, loops))
        for loop in loops {
            loop.eventLoop.execute { [weak self] in loop.value.deliver = { [weak self] in try await self?.refuse($0) } }
        }
        services.operations.onSamples { [weak self] in await self?.samples() ?? [] }
    }

    /// A bound listener.
    package struct Listener: Sendable {
        fileprivate let channel: any Channel
        /// With the real port.
        package let address: String
        /// Accepts the connections.
        package var eventLoop: any EventLoop { channel.eventLoop }
    }

    /// - Parameters:
    ///   - host: an IP address, without brackets.
    ///   - port: 0 picks a free one.
    /// - Throws: when the address cannot be bound.
    package func listen(host: String, port: Int, role: ListenerRole = .gateway) async throws -> Listener {
        let byLoop = byLoop
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = byLoop[ObjectIdentifier(channel.eventLoop)]?.value else {
                        throw ChannelError.inappropriateOperationForState
                    }
                    try self.begin(role, on: channel, loop)
                }
            }
            .bind(host: host, port: port).get()
        let port = channel.localAddress?.port ?? port
        return Listener(channel: channel, address: host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)")
    }

    /// What each loop has counted, taken between two requests. A loop that has ended has nothing to say.
    private func samples() async -> [LoopSample] {
        var samples: [LoopSample] = []
        for loop in loops {
            if let sample = try? await loop.eventLoop.submit({ loop.value.sample }).get() { samples.append(sample) }
        }
        return samples
    }

    private func begin(_ role: ListenerRole, on channel: any Channel, _ loop: LoopContext) throws {
        let tls = role == .gateway ? self.tls.withLock { $0 } : nil
        // Operators get in however many others there are.
        if role != .admin {
            let address = channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
            let limited = services.believes(address, on: role) ? nil : address
            guard counter.admit(limited) else { return try turnAway(channel, isTLS: tls != nil, loop) }
            channel.closeFuture.whenComplete { [counter] _ in counter.release(limited) }
        }
        if let tls {
            try Self.beginTLS(tls, on: channel, loop)
        } else {
            try Self.beginHTTP1(on: channel, loop, role, isSecure: false)
        }
    }

    /// - Throws: when the connection is to be closed at once: where saying why would cost a handshake, or too many are being told already.
    private func turnAway(_ channel: any Channel, isTLS: Bool, _ loop: LoopContext) throws {
        loop.noteTurnedAway()
        if isTLS || loop.turnedAway >= TurnedAway.most { throw ChannelError.inappropriateOperationForState }
        try channel.pipeline.syncOperations.addHandler(TurnedAway(loop: loop))
    }

    private static func beginHTTP1(on channel: any Channel, _ loop: LoopContext, _ role: ListenerRole, isSecure: Bool) throws {
        try channel.pipeline.syncOperations.addHandler(
            ConnectionHandler(loop: loop, role: role, remote: channel.remoteAddress, isSecure: isSecure)
        )
    }

    private static func beginTLS(_ tls: ServerTLS, on channel: any Channel, _ loop: LoopContext) throws {
        let negotiation = TLSNegotiation(loop: loop) { channel, isHTTP2 in
            if isHTTP2 {
                try HTTP2Connection.begin(on: channel, loop)
            } else {
                try beginHTTP1(on: channel, loop, .gateway, isSecure: true)
            }
        }
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context))
        try channel.pipeline.syncOperations.addHandler(negotiation)
    }

    /// Shows new connections another certificate; those that are open keep what they began with.
    package func replace(with tls: ServerTLS) { self.tls.withLock { $0 = tls } }

    /// Puts a new snapshot in force: each loop turns to it between two requests.
    package func replace(with snapshot: Snapshot) async throws {
        for loop in loops {
            try await loop.eventLoop.submit { loop.value.turn(to: snapshot) }.get()
        }
    }

    /// Refuses from now on what is listed: each loop between two requests, on open connections too. A list that is older than the one
    /// in force changes nothing.
    package func refuse(_ revocations: RevocationList) async throws {
        for loop in loops {
            try await loop.eventLoop.submit {
                let known = loop.value.gatekeeper.revocations
                if revocations.generation > known.generation { loop.value.gatekeeper.revocations = revocations }
            }.get()
        }
    }

    /// Stops accepting, lets requests in flight finish for at most `seconds`, then closes what is left.
    package func stop(_ listeners: [Listener], within seconds: Int64) async throws {
        for listener in listeners { try? await listener.channel.close().get() }
        let drained = loops.map { loop in loop.eventLoop.flatSubmit { loop.value.stop() } }
        let limit = group.next().scheduleTask(in: .seconds(seconds)) { [loops] in
            for loop in loops { loop.eventLoop.execute { loop.value.abort() } }
        }
        for future in drained { try await future.get() }
        limit.cancel()
        await services.decisions.stop()
        try await group.shutdownGracefully()
    }
}
