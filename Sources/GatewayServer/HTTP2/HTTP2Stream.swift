import GatewayCore
import HTTPWire
import NIOCore
import NIOHPACK
import NIOHTTP2

/// One request of an HTTP/2 connection, and its answer: stands between the stream's frames and the connection handler, which sees the
/// bytes of one HTTP/1.1 request and writes those of one answer.
///
/// Request: `head` -> `body` -> `ended`. Answer: `head` -> `body` -> `ended`. The stream is closed when both have ended; an answer that
/// ends first resets it, since nobody will read the rest (RFC 9113 section 8.1).
final class HTTP2Stream: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = HTTP2Frame.FramePayload

    private enum RequestState { case head, body(isChunked: Bool), ended }
    private enum AnswerState { case head, body(BodyDecoder), ended }

    /// Behind this one in the pipeline.
    private let handler: ConnectionHandler
    private var request = RequestState.head
    private var isHeadRequest = false
    private var answer = AnswerState.head
    private var parser = ResponseHeadParser(limits: WireLimits(target: 0, headers: 64 << 10, headerCount: 250))
    /// Bytes of the answer that are not yet taken apart.
    private var pending = ByteBuffer()
    /// A part of the answer's body that waits to learn whether it is the last.
    private var held: ByteBuffer?
    /// Succeeds when the end of the answer has left.
    private var ending: EventLoopFuture<Void>?

    init(_ handler: ConnectionHandler) { self.handler = handler }

    // MARK: Request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let payload):
            guard case .head = request else { return endRequest(context) }  // trailers, which never become headers
            begin(context, payload.headers, endsStream: payload.endStream)
        case .data(let payload):
            if case .body(let isChunked) = request, case .byteBuffer(let part) = payload.data, part.readableBytes > 0 {
                pass(context, part, isChunked: isChunked)
            }
            if payload.endStream { endRequest(context) }
        default: break
        }
    }

    private func begin(_ context: ChannelHandlerContext, _ headers: HPACKHeaders, endsStream: Bool) {
        request = .body(isChunked: false)
        var bytes = context.channel.allocator.buffer(capacity: 1024)
        do throws(WireError) {
            let head = try HTTP2RequestHead(headers)
            isHeadRequest = head.isHead
            request = .body(isChunked: head.write(hasBody: !endsStream, to: &bytes))
        } catch {
            if endsStream { request = .ended }
            handler.refuse(Refusal(error))
            return handler.flush()
        }
        context.fireChannelRead(wrapInboundOut(bytes))
        if endsStream { request = .ended }
    }

    private func pass(_ context: ChannelHandlerContext, _ part: ByteBuffer, isChunked: Bool) {
        guard isChunked else { return context.fireChannelRead(wrapInboundOut(part)) }
        // Apart, so that the part itself is not copied.
        context.fireChannelRead(wrapInboundOut(ByteBuffer(string: String(part.readableBytes, radix: 16) + "\r\n")))
        context.fireChannelRead(wrapInboundOut(part))
        context.fireChannelRead(wrapInboundOut(ByteBuffer(staticString: "\r\n")))
    }

    private func endRequest(_ context: ChannelHandlerContext) {
        guard case .body(let isChunked) = request else { return }
        request = .ended
        if isChunked { context.fireChannelRead(wrapInboundOut(ByteBuffer(staticString: "0\r\n\r\n"))) }
    }

    /// The request says itself where it ends; that the stream has no more to give is no news.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {}

    // MARK: Answer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var bytes = unwrapOutboundIn(data)
        if pending.readableBytes == 0 { pending = bytes } else { pending.writeBuffer(&bytes) }
        // Of the end of the answer it is told when that has left, which may take until the client has read what is before.
        defer { if let ending { ending.cascade(to: promise) } else { promise?.succeed() } }
        do throws(WireError) {
            while try step(context) {}
        } catch {
            // What we write ourselves does not parse, or an upstream's head is too large: half an answer is never passed as whole.
            reset(context, .internalError)
        }
        if let part = held {
            held = nil
            write(context, part, isLast: false)
        }
    }

    /// Takes the next part of the answer. False when more bytes are needed.
    private func step(_ context: ChannelHandlerContext) throws(WireError) -> Bool {
        guard pending.readableBytes > 0 else { return false }
        let buffer = pending
        switch answer {
        case .head:
            let bytes = buffer.readableBytesUInt8Span
            guard try parser.parse(bytes, isHead: isHeadRequest) else { return false }
            pending.moveReaderIndex(forwardBy: parser.head.byteCount)
            writeHead(context, bytes)
            return true
        case .body(var decoder):
            let next = try decoder.next(buffer.readableBytesUInt8Span)
            answer = .body(decoder)
            switch next {
            case .needMore: return false
            case .skip(let count): pending.moveReaderIndex(forwardBy: count)
            case .body(let count):
                if let part = held { write(context, part, isLast: false) }
                held = pending.readSlice(length: count)
            case .end: break
            }
            if decoder.isEnded {
                write(context, held ?? ByteBuffer(), isLast: true)
                held = nil
            }
            return !decoder.isEnded
        case .ended:
            pending.clear()
            return false
        }
    }

    private func writeHead(_ context: ChannelHandlerContext, _ bytes: Span<UInt8>) {
        let head = parser.head
        var headers = HPACKHeaders()
        headers.reserveCapacity(head.fields.count + 1)
        headers.add(name: ":status", value: String(head.status))
        for field in head.fields {
            let name = bytes.string(field.name).lowercased()
            switch name {
            case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade": continue
            default: headers.add(name: name, value: bytes.string(field.value))
            }
        }
        if head.status < 200 {
            // `100 Continue`: another head follows.
            parser.reset()
            return context.write(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
        }
        let framing: RequestHead.Framing
        switch head.framing {
        case .none, .length(0): return end(context, .headers(.init(headers: headers, endStream: true)))
        case .length(let count): framing = .length(count)
        case .chunked: framing = .chunked
        // Never written to a client that speaks HTTP/1.1; the end could not be told from a break.
        case .untilClose: return reset(context, .internalError)
        }
        answer = .body(BodyDecoder(framing))
        context.write(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
    }

    private func write(_ context: ChannelHandlerContext, _ part: ByteBuffer, isLast: Bool) {
        if case .ended = answer { return }
        let payload = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(part), endStream: isLast))
        if isLast { end(context, payload) } else { context.write(wrapOutboundOut(payload), promise: nil) }
    }

    private func end(_ context: ChannelHandlerContext, _ last: HTTP2Frame.FramePayload) {
        answer = .ended
        pending.clear()
        let written = context.eventLoop.makePromise(of: Void.self)
        ending = written.futureResult
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        written.futureResult.whenSuccess {
            let (stream, context) = bound.value
            if case .ended = stream.request { return }
            context.writeAndFlush(stream.wrapOutboundOut(.rstStream(.noError)), promise: nil)
        }
        context.write(wrapOutboundOut(last), promise: written)
    }

    private func reset(_ context: ChannelHandlerContext, _ code: HTTP2ErrorCode) {
        answer = .ended
        held = nil
        pending.clear()
        context.writeAndFlush(wrapOutboundOut(.rstStream(code)), promise: nil)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch (mode, answer) {
        // The end of the answer says it all.
        case (.output, .ended): promise?.succeed()
        case (_, .ended): context.close(mode: .all, promise: promise)
        case (_, .head), (_, .body):
            reset(context, .internalError)
            promise?.succeed()
        }
    }
}
