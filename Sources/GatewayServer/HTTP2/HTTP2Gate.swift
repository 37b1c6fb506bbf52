import NIOCore

/// Stands before the frame decoder.
///
/// Once the connection is lost no more bytes are decoded, however many the client goes on to send.
///
/// And the settings of this side count from the first request on. The library goes by the defaults of HTTP/2 until the client has acknowledged
/// them, among these 16 KiB of headers, and ends the connection of a client that sends more; but a client sends its first requests before it can
/// have heard of any settings. So an acknowledgement is put in right behind the client's own settings, and the one that it sends itself, which
/// says nothing new by then, is left out. Every setting of ours allows at least what the default does, but for the number of streams, of which no
/// client begins with more than 100.
final class HTTP2Gate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// `start` -> `settings`, if the first frame has any -> `waiting` -> `open`
    private enum State {
        /// Before the first frame; and then within it.
        case start, settings
        /// For the client's acknowledgement.
        case waiting
        case open
    }

    /// `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n` (RFC 9113 section 3.4)
    private static let prefaceLength = 24
    private static let frameHeaderLength = 9
    /// SETTINGS, with the flag ACK and no payload (RFC 9113 section 6.5).
    private static let acknowledgement: [UInt8] = [0, 0, 0, 4, 1, 0, 0, 0, 0]

    var isShut = false
    private var state = State.start
    /// Bytes of the preface or of a frame that are to be passed on before the next frame begins.
    private var rest = HTTP2Gate.prefaceLength
    /// A part of a frame's header.
    private var held = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isShut { return }
        guard state != .open else { return context.fireChannelRead(data) }
        var input = unwrapInboundIn(data)
        if held.readableBytes > 0 {
            held.writeBuffer(&input)
            input = held
            held = ByteBuffer()
        }
        var output = ByteBuffer()
        while pass(&input, to: &output) {}
        held = input
        if output.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(output)) }
    }

    /// Takes the next frame, or what there is of it. False when more bytes are needed.
    private func pass(_ input: inout ByteBuffer, to output: inout ByteBuffer) -> Bool {
        if state == .open {
            output.writeBuffer(&input)
            return false
        }
        if rest > 0 {
            guard var part = input.readSlice(length: min(rest, input.readableBytes)) else { return false }
            rest -= part.readableBytes
            output.writeBuffer(&part)
            if rest > 0 { return false }
        }
        if state == .settings {
            output.writeBytes(Self.acknowledgement)
            state = .waiting
        }
        guard let header = input.getBytes(at: input.readerIndex, length: Self.frameHeaderLength) else { return false }
        let length = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
        let (isSettings, isAcknowledgement) = (header[3] == 4, header[4] & 1 == 1)
        if state == .waiting, isSettings, isAcknowledgement, length == 0 {
            input.moveReaderIndex(forwardBy: Self.frameHeaderLength)
            state = .open
            return true
        }
        rest = Self.frameHeaderLength + length
        // What begins with another frame is no HTTP/2, which the decoder finds.
        if state == .start { state = isSettings && !isAcknowledgement ? .settings : .open }
        return true
    }
}
