import GatewayCore
import NIOCore

/// A connection above a limit: it is told so at once, whatever it was going to ask, and ends.
final class TurnedAway: ChannelInboundHandler, Watched {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Of one loop at a time; what comes beyond is closed without a word.
    static let most = 64
    /// How long the client may take to read it.
    private static let lingerNanoseconds: Int64 = 1_000_000_000

    private let loop: LoopContext
    private var context: ChannelHandlerContext?
    private(set) var deadline = Int64.max
    var registryIndex = 0

    init(loop: LoopContext) { self.loop = loop }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        deadline = WallClock.coarse() + Self.lingerNanoseconds
        loop.turnedAway += 1
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        loop.turnedAway -= 1
        loop.remove(self)
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        var id: [UInt8] = []
        loop.requestIDs.generate(into: &id)
        loop.clock.read()
        let problem = Problem(
            .overloaded, "Too many connections are open. Use those that are, or try again later.", headers: [("retry-after", "1")])
        var output = context.channel.allocator.buffer(capacity: 1024)
        ResponseWriter.write(
            Answer(problem, requestID: String(decoding: id, as: UTF8.self)),
            .init(requestID: id, date: loop.clock.httpDate, isKeepAlive: false, isHead: false), by: &loop.scratch, to: &output
        )
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        // Not all at once: with bytes of the client unread that would be a reset, which can take the answer with it.
        context.close(mode: .output, promise: nil)
    }

    /// Whatever the client asks is thrown away.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { close() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

    func deadlinePassed() { close() }
    func stopWhenIdle() { close() }

    func close() {
        deadline = .max
        context?.close(promise: nil)
    }
}
