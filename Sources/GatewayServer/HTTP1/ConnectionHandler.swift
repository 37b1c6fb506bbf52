import Access
import GatewayCore
import HTTPWire
import NIOCore

/// One HTTP/1.1 connection: feeds bytes to the parsers, asks the gatekeeper, carries out what it says. It decides nothing.
final class ConnectionHandler: ChannelInboundHandler, Watched {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// `head` -> `body` -> `busy` -> `head` … ; `head` -> `forwarding` -> `head` …; from each to `closing`
    enum State {
        /// Between requests, or in the middle of a head.
        case head
        case body(Exchange)
        /// The answer is being made elsewhere; what comes in meanwhile waits.
        case busy(Exchange)
        /// An upstream answers; bodies stream both ways.
        case forwarding(Relay)
        /// The last answer is written; what comes in is thrown away until the client has read it.
        case closing
    }

    /// Bytes of a body that are read and thrown away to keep a connection whose request was refused.
    static let discardLimit = 64 << 10
    /// Bytes of answers gathered before they are sent within one read.
    private static let outputLimit = 64 << 10
    /// How long a refused client may take to read its answer.
    static let lingerMilliseconds: Int64 = 2000

    let loop: LoopContext
    let role: ListenerRole
    private let isStream: Bool
    /// Who makes the request at hand, and the address as text.
    var peer: Gatekeeper.Peer
    var remote: [UInt8]
    /// The connection's other end where it is a proxy that says who makes each request; nil: it is the client.
    let proxy: Gatekeeper.Peer?
    var requestCount = 0
    var decisionMode: DecisionMode?
    var state = State.head
    private(set) var parser: RequestHeadParser
    var input = ByteBuffer()
    var output = ByteBuffer()
    var requestID: [UInt8] = []
    private(set) var context: ChannelHandlerContext?
    private var isProcessing = false
    private(set) var isWritable = true
    /// Something was handed over that is not sent yet: only then is there anything to flush, which costs a look at the socket.
    var isFlushDue = false
    private var isReadPaused = false
    /// The client sends no more.
    private(set) var isInputEnded = false
    /// The last answer has left.
    var isAnswerSent = false
    /// Monotonic nanoseconds at which `deadlinePassed` is due.
    var deadline = Int64.max
    var registryIndex = 0

    /// - Parameter isStream: of HTTP/2, behind `HTTP2Stream`.
    init(loop: LoopContext, role: ListenerRole, remote: SocketAddress?, isSecure: Bool, isStream: Bool = false) {
        self.loop = loop
        self.isStream = isStream
        self.role = role
        self.remote = Array((remote?.ipAddress ?? "").utf8)
        let peer = Gatekeeper.Peer(address: remote?.ipAddress.flatMap { IPAddress($0) }, isSecure: isSecure)
        self.peer = peer
        proxy = role != .admin && loop.services.believes(peer.address, on: role) ? peer : nil
        parser = RequestHeadParser(limits: loop.services.limits.wire)
        decisionMode = role == .decide ? DecisionMode(limits: loop.services.limits.wire) : nil
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        setDeadline(milliseconds: loop.services.limits.idleTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        switch state {
        case .forwarding(let relay): clientGone(relay)
        case .body(let exchange): clientGone(exchange)
        case .head, .busy, .closing: break
        }
        loop.remove(self)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if case .closing = state { return }
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable {
            if case .forwarding(let relay) = state { relay.clientBecameWritable() }
            process()
            flush()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            // The client sends no more. What it has asked for completely is still answered, in full.
            isInputEnded = true
            switch state {
            case .forwarding(let relay) where relay.isRaw: close()
            case .closing: if isAnswerSent { close() }
            case .head, .body, .busy, .forwarding:
                process()
                flush()
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

    func close() { context?.close(promise: nil) }

    /// Between requests. Closing takes with it what the client has not read yet, so that goes first.
    private func closeWhenSent() {
        // A stream of HTTP/2 has one answer, whose end closes it; and its channel does not know.
        let waiting = isStream ? 0 : try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)
        if output.readableBytes > 0 || waiting ?? 0 > 0 { closeAfterAnswer() } else { close() }
    }

    /// A stream of HTTP/2 ends with its answer, which its connection waits for.
    func stopWhenIdle() {
        if case .head = state, input.readableBytes == 0, !isStream { closeWhenSent() }
    }

    func deadlinePassed() {
        deadline = .max
        switch state {
        case .head where input.readableBytes > 0, .body:
            refuse(.requestTimeout)
            flush()
        case .forwarding(let relay) where !relay.isRequestComplete && !relay.isAnswerBegun && relay.takesBody:
            relay.abort()
            answer(relay.exchange, Refusal.requestTimeout.problem)
        case .forwarding(let relay): relay.timedOut()
        case .head: closeWhenSent()
        case .closing: close()
        case .busy: break
        }
    }

    func setDeadline(milliseconds: Int64) { deadline = WallClock.coarse() + milliseconds * 1_000_000 }

    // MARK: Requests

    func process() {
        // What is answered within the loop below may call back; the loop goes on with it.
        if isProcessing { return }
        isProcessing = true
        advance()
        isProcessing = false
        // A client that sends on while its requests wait, for an answer or for itself to read, is held back by TCP.
        if input.readableBytes > Self.outputLimit { pauseReading() } else { resumeReading() }
    }

    /// As far as it goes: until more bytes are needed, somebody else works, or the client has to read first.
    private func advance() {
        while isWritable {
            switch state {
            case .head:
                guard input.readableBytes > 0 else {
                    releaseInput()
                    if isInputEnded { closeWhenSent() }
                    return
                }
                guard parseHead() else {
                    if isInputEnded, case .head = state { closeWhenSent() }
                    return
                }
            case .body(let exchange):
                guard readBody(exchange) else {
                    if isInputEnded, case .body = state {
                        clientGone(exchange)
                        closeWhenSent()
                    }
                    return
                }
            case .busy: return
            case .forwarding(let relay):
                // It may have been answered on the way, when its upstream turned out to be gone.
                if !forwardBody(relay), case .forwarding = state { return }
            case .closing: return releaseInput()
            }
            if output.readableBytes > Self.outputLimit { flush() }
        }
    }

    /// An empty input is let go, so that the channel can use its receive buffer again.
    func releaseInput() { input = ByteBuffer() }

    private func pauseReading() {
        guard !isReadPaused else { return }
        isReadPaused = true
        context?.channel.setOption(.autoRead, value: false).whenFailure { _ in }
    }

    private func resumeReading() {
        guard isReadPaused else { return }
        isReadPaused = false
        context?.channel.setOption(.autoRead, value: true).whenFailure { _ in }
        // A socket begins at once; a stream of HTTP/2 only when it is asked.
        context?.read()
    }

    /// False when more bytes are needed or the connection ends.
    private func parseHead() -> Bool {
        let buffer = input
        let bytes = buffer.readableBytesUInt8Span
        do throws(WireError) {
            guard try parser.parse(bytes) else {
                if !isInsideHead { setDeadline(milliseconds: loop.services.limits.headTimeout) }
                isInsideHead = true
                return false
            }
        } catch {
            refuse(Refusal(error))
            return false
        }
        isInsideHead = false
        // Before the answer, which may end the connection and let the input go; `bytes` stay with `buffer`.
        input.moveReaderIndex(forwardBy: parser.head.byteCount)
        handle(bytes)
        parser.reset()
        return true
    }

    private var isInsideHead = false

    // MARK: Writing

    func flush() {
        guard let context else { return }
        guard output.readableBytes > 0 else {
            if isFlushDue {
                isFlushDue = false
                context.flush()
            }
            return
        }
        isFlushDue = false
        // Taken out first: a flush that makes the channel writable comes back here before it returns, and would send the same bytes again.
        var bytes = output
        output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        guard output.readableBytes == 0 else { return }
        // By now the channel has let go of what it could send, so the same storage serves the next answer.
        bytes.clear()
        output = bytes
    }

    /// Hands over what is gathered, without sending it yet.
    func writeOutput() {
        guard output.readableBytes > 0 else { return }
        write(output)
        output = ByteBuffer()
    }

    /// Hands over a part that is not worth copying, without sending it yet.
    func write(_ part: ByteBuffer) {
        isFlushDue = true
        context?.write(wrapOutboundOut(part), promise: nil)
    }
}
