import NIOCore
import NIOHTTP2

/// The HTTP/2 connection as a whole: when it is idle, when it is to end, and that it ends when the client breaks the protocol.
///
/// `open` -> `announced` (no new requests, please) -> `draining` (none are taken) -> closed; from each to closed.
final class HTTP2Connection: ChannelInboundHandler, Watched {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private enum State { case open, announced, draining, closed }

    /// How long a client may take to hear that the connection ends, before no new request is taken.
    private static let announcementMilliseconds: Int64 = 1000

    private let loop: LoopContext
    private let gate: HTTP2Gate
    private var context: ChannelHandlerContext?
    private var state = State.open
    private var openStreams = 0
    private var streamCount = 0
    private var lastStream = HTTP2StreamID.rootStream
    private(set) var deadline = Int64.max
    var registryIndex = 0

    private init(loop: LoopContext, gate: HTTP2Gate) {
        self.loop = loop
        self.gate = gate
    }

    /// Makes an HTTP/2 server of a channel whose TLS handshake is over.
    static func begin(on channel: any Channel, _ loop: LoopContext) throws {
        let gate = HTTP2Gate()
        let connection = HTTP2Connection(loop: loop, gate: gate)
        let bound = NIOLoopBound(loop, eventLoop: channel.eventLoop)
        let protocolHandler = NIOHTTP2Handler(
            mode: .server, eventLoop: channel.eventLoop, connectionConfiguration: HTTP2Limits.connection(loop.services.limits),
            streamConfiguration: HTTP2Limits.stream, streamDelegate: StreamWatch(NIOLoopBound(connection, eventLoop: channel.eventLoop))
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                let handler = ConnectionHandler(
                    loop: bound.value, role: .gateway, remote: stream.remoteAddress, isSecure: true, isStream: true)
                try stream.pipeline.syncOperations.addHandlers(HTTP2Stream(handler), handler)
            }
        }
        try channel.pipeline.syncOperations.addHandlers([gate, protocolHandler, connection])
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        setDeadline(milliseconds: loop.services.limits.headTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        loop.remove(self)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .ping(_, ack: true) = unwrapInboundIn(data).payload, case .announced = state { drain() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The client sends no more, so it could not even take what it asked for.
        if let event = event as? ChannelEvent, event == .inputClosed { close() }
    }

    fileprivate func opened(_ stream: HTTP2StreamID) {
        openStreams += 1
        streamCount += 1
        lastStream = max(lastStream, stream)
        deadline = .max
        if let limit = loop.services.limits.requestsPerConnection, streamCount >= limit { drain() }
    }

    fileprivate func closed() {
        openStreams -= 1
        guard openStreams == 0 else { return }
        switch state {
        case .open: setDeadline(milliseconds: loop.services.limits.idleTimeout)
        case .announced: setDeadline(milliseconds: Self.announcementMilliseconds)
        case .draining: closeSoon()
        case .closed: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The library has sent GOAWAY and goes on decoding; it is for us to end what is lost.
        if !Self.isOfOneStream(error) { close() }
    }

    /// Whether the client only got one request wrong, which the library has reset. Others that share the connection, as behind a proxy,
    /// are not to suffer from that. Whatever is not named here ends the connection.
    private static func isOfOneStream(_ error: any Error) -> Bool {
        switch error {
        case is NIOHTTP2Errors.StreamError, is NIOHTTP2Errors.StreamClosed, is NIOHTTP2Errors.NoSuchStream,
            is NIOHTTP2Errors.DuplicatePseudoHeader, is NIOHTTP2Errors.PseudoHeaderAfterRegularHeader,
            is NIOHTTP2Errors.UnknownPseudoHeader, is NIOHTTP2Errors.UnsupportedPseudoHeader, is NIOHTTP2Errors.InvalidPseudoHeaders,
            is NIOHTTP2Errors.InvalidPseudoHeaderValue, is NIOHTTP2Errors.EmptyPathHeader, is NIOHTTP2Errors.ForbiddenHeaderField,
            is NIOHTTP2Errors.InvalidHTTP2HeaderFieldName, is NIOHTTP2Errors.InvalidHTTP2HeaderFieldValue,
            is NIOHTTP2Errors.TrailersWithoutEndStream, is NIOHTTP2Errors.ContentLengthViolated,
            is NIOHTTP2Errors.ContentLengthHeadersMismatch, is NIOHTTP2Errors.ContentLengthHeaderNegative,
            is NIOHTTP2Errors.ContentLengthHeaderMalformedValue:
            true
        default: false
        }
    }

    // MARK: The end

    func stopWhenIdle() {
        guard case .open = state else { return }
        state = .announced
        write(.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))
        write(.ping(HTTP2PingData(withInteger: 0), ack: false))
        context?.flush()
        setDeadline(milliseconds: Self.announcementMilliseconds)
    }

    func deadlinePassed() {
        deadline = .max
        switch state {
        case .open, .announced: drain()
        case .draining, .closed: close()
        }
    }

    private func drain() {
        guard state == .open || state == .announced else { return }
        state = .draining
        write(.goAway(lastStreamID: lastStream, errorCode: .noError, opaqueData: nil))
        context?.flush()
        if openStreams == 0 { closeSoon() }
    }

    /// In the next turn of the loop, when the frames that closed the last stream have been flushed.
    private func closeSoon() {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.execute { bound.value.close() }
    }

    func close() {
        deadline = .max
        state = .closed
        gate.isShut = true
        context?.close(promise: nil)
    }

    private func write(_ payload: HTTP2Frame.FramePayload) {
        context?.write(wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)), promise: nil)
    }

    private func setDeadline(milliseconds: Int64) { deadline = WallClock.coarse() + milliseconds * 1_000_000 }
}

/// Tells a connection of its streams.
private struct StreamWatch: NIOHTTP2StreamDelegate {
    private let connection: NIOLoopBound<HTTP2Connection>

    init(_ connection: NIOLoopBound<HTTP2Connection>) { self.connection = connection }

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) { connection.value.opened(id) }
    func streamClosed(_ id: HTTP2StreamID, channel: any Channel) { connection.value.closed() }
}
