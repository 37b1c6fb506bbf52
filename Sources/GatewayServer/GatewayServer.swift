package import GatewayCore
import Logging
import NIOCore
import NIOPosix
package import SharedState

/// The listeners and their event loops.
package final class GatewayServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let loops: [NIOLoopBound<LoopContext>]
    private let byLoop: [ObjectIdentifier: NIOLoopBound<LoopContext>]
    private let services: Services

    /// - Parameter threads: event loops, at least 1.
    package init(services: Services, snapshot: Snapshot, threads: Int) async throws {
        self.services = services
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
    }

    /// - Parameters:
    ///   - host: an IP address, without brackets.
    ///   - port: 0 picks a free one.
    /// - Throws: when the address cannot be bound.
    package func listen(host: String, port: Int, isAdmin: Bool = false) async throws -> Listener {
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
                    let handler = ConnectionHandler(loop: loop, role: isAdmin ? .admin : .gateway, remote: channel.remoteAddress)
                    try channel.pipeline.syncOperations.addHandler(handler)
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
