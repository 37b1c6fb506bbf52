import NIOCore
import NIOTLS

/// Stands behind the TLS handler until the handshake is over, then makes room for the protocol that was agreed on (ALPN, RFC 7301).
final class TLSNegotiation: ChannelInboundHandler, RemovableChannelHandler, Watched {
    typealias InboundIn = ByteBuffer

    private let loop: LoopContext
    /// Adds the handlers of HTTP/2 (true) or HTTP/1.1.
    private let begin: (any Channel, _ isHTTP2: Bool) throws -> Void
    private var context: ChannelHandlerContext?
    private(set) var deadline = Int64.max
    var registryIndex = 0

    init(loop: LoopContext, begin: @escaping (any Channel, _ isHTTP2: Bool) throws -> Void) {
        self.loop = loop
        self.begin = begin
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // A handshake may take as long as the head that follows it.
        deadline = WallClock.coarse() + loop.services.limits.headTimeout * 1_000_000
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        loop.remove(self)
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? TLSUserEvent, case .handshakeCompleted(let negotiated) = event else {
            return context.fireUserInboundEventTriggered(event)
        }
        do {
            // At once, so that what was sent behind the handshake meets its handler.
            try begin(context.channel, negotiated == "h2")
            context.pipeline.syncOperations.removeHandler(context: context).whenFailure { _ in }
        } catch {
            close()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

    func deadlinePassed() { close() }
    func stopWhenIdle() { close() }

    func close() {
        deadline = .max
        context?.close(promise: nil)
    }
}
