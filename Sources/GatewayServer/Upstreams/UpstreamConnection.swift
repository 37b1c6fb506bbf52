import HTTPWire
import NIOCore

/// Who is given the answer that comes on an upstream connection. All calls come on the connection's event loop.
protocol UpstreamUser: AnyObject {
    /// The head of the final answer, or of a switch of protocols (101); `bytes` are what its ranges point into.
    func upstreamHead(_ head: borrowing ResponseHead, _ bytes: Span<UInt8>)
    func upstreamBody(_ part: ByteBuffer)
    /// The answer is complete.
    func upstreamEnd()
    /// What came in one read has been handed over.
    func upstreamReadComplete()
    /// The connection ended, or brought what is no HTTP, before the answer was complete. Nothing follows.
    func upstreamFailed()
    func upstreamWritabilityChanged()
}

/// One HTTP/1.1 connection to a server of an upstream, used by one request at a time.
///
/// `idle` -> `head` -> `body` -> `idle` … ; `head` -> `raw` after a switch of protocols; from each to closed.
/// INVARIANT (no answer meets another request): a connection goes back to the pool only when the request was sent whole, the answer
/// came whole and not one byte more; every other connection is closed (CVE-2026-71324).
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case idle, head, raw, closed
        case body(BodyDecoder)
        case untilClose
    }

    private let pool: UpstreamPool
    let server: UpstreamPool.Server
    private var state = State.idle
    /// Let go when the connection is given back or ends.
    private var user: (any UpstreamUser)?
    private(set) var isWritable = true
    private var parser: ResponseHeadParser
    private var isHeadRequest = false
    private var isKeepAlive = true
    private var input = ByteBuffer()
    private var context: ChannelHandlerContext?
    private var isFlushDue = false
    private var isReadPaused = false
    /// Whether it has a place among the connections of its server.
    var isCounted = false
    /// Whether it has served a request before: then the server may have closed it just as we used it.
    private(set) var isReused = false
    /// Monotonic nanoseconds since when it waits to be used.
    private(set) var idleSince: Int64 = 0

    init(pool: UpstreamPool, server: UpstreamPool.Server) {
        self.pool = pool
        self.server = server
        parser = ResponseHeadParser(limits: WireLimits(target: 0, headers: 64 << 10, headerCount: 200))
    }

    var isIdle: Bool { if case .idle = state { context != nil } else { false } }

    // MARK: Use

    /// Begins a request. The answer to HEAD has no body.
    func begin(_ user: any UpstreamUser, isHead: Bool) {
        self.user = user
        isHeadRequest = isHead
        isKeepAlive = true
        parser.reset()
        state = .head
    }

    func write(_ bytes: ByteBuffer) {
        isFlushDue = true
        context?.write(wrapOutboundOut(bytes), promise: nil)
    }

    /// Sends what is written. Where nothing is, there is nothing to look at the socket for.
    func flush() {
        guard isFlushDue else { return }
        isFlushDue = false
        context?.flush()
    }

    /// Gives the connection back when it can serve another request, and closes it when it cannot. Every byte of the request was written
    /// before the answer began.
    func release() {
        user = nil
        guard case .idle = state, isKeepAlive, input.readableBytes == 0, let context, context.channel.isActive
        else { return close() }
        resumeReading()
        isReused = true
        idleSince = WallClock.coarse()
        pool.giveBack(self)
    }

    func close() {
        user = nil
        guard let context else { return }
        state = .closed
        context.close(promise: nil)
    }

    /// The server is held back by TCP while the client does not read.
    func pauseReading() {
        guard !isReadPaused, let context else { return }
        isReadPaused = true
        context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
    }

    func resumeReading() {
        guard isReadPaused, let context else { return }
        isReadPaused = false
        context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    /// The one event that comes at the end of every connection: one that is closed as soon as it is made was never active, and so is never inactive.
    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        pool.remove(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        process()
        if input.readableBytes == 0 { input = ByteBuffer() }
    }

    func channelReadComplete(context: ChannelHandlerContext) { user?.upstreamReadComplete() }

    func channelInactive(context: ChannelHandlerContext) {
        let user = user
        self.user = nil
        let ended = state
        state = .closed
        pool.remove(self)
        switch ended {
        case .untilClose: user?.upstreamEnd()
        case .idle, .closed: break
        case .head, .body, .raw: user?.upstreamFailed()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        user?.upstreamWritabilityChanged()
    }

    /// A reset, or a TLS stream that was cut, is no end: what lasts until the connection closes is not passed as whole.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { _ = fail() }

    // MARK: The answer

    private func process() {
        while input.readableBytes > 0 {
            switch state {
            case .idle, .closed:
                // Bytes that nobody asked for: whoever they were meant for, nobody gets them.
                input = ByteBuffer()
                return close()
            case .head: guard readHead() else { return }
            case .body(let decoder): guard readBody(decoder) else { return }
            case .raw, .untilClose:
                let part = input
                input = ByteBuffer()
                user?.upstreamBody(part)
            }
        }
    }

    private func readHead() -> Bool {
        let buffer = input
        let bytes = buffer.readableBytesUInt8Span
        do throws(WireError) {
            guard try parser.parse(bytes, isHead: isHeadRequest) else { return false }
        } catch { return fail() }
        input.moveReaderIndex(forwardBy: parser.head.byteCount)
        let head = parser.head
        if 100..<200 ~= head.status, head.status != 101 {
            // Interim answers are between the server and us (RFC 9110 section 15.2).
            parser.reset()
            return true
        }
        isKeepAlive = head.isKeepAlive
        switch head.framing {
        case .none: state = head.status == 101 ? .raw : .idle
        case .length(0): state = .idle
        case .length(let count): state = .body(BodyDecoder(.length(count)))
        case .chunked:
            let decoder = BodyDecoder(.chunked, extensionLimit: 1024)
            // What is broken from the start is no answer; later on, all that is left is to break it off.
            guard decoder.accepts(buffer.readableBytesUInt8Span.extracting(head.byteCount..<buffer.readableBytes)) else { return fail() }
            state = .body(decoder)
        case .untilClose: state = .untilClose
        }
        user?.upstreamHead(head, bytes)
        if case .idle = state { endAnswer() }
        return true
    }

    private func readBody(_ current: BodyDecoder) -> Bool {
        var decoder = current
        while true {
            let buffer = input
            let step: BodyDecoder.Step
            do throws(WireError) { step = try decoder.next(buffer.readableBytesUInt8Span) } catch { return fail() }
            switch step {
            case .needMore:
                state = .body(decoder)
                return false
            case .skip(let count): input.moveReaderIndex(forwardBy: count)
            case .body(let count):
                guard let part = input.readSlice(length: count) else { return fail() }
                user?.upstreamBody(part)
                // The user may have closed us.
                if case .closed = state { return false }
            case .end:
                state = .idle
                endAnswer()
                return true
            }
        }
    }

    private func endAnswer() {
        let user = user
        user?.upstreamEnd()
    }

    private func fail() -> Bool {
        let user = user
        close()
        user?.upstreamFailed()
        return false
    }
}
