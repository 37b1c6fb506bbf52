import NIOCore
import NIOHPACK

/// An HTTP/2 client that sends exactly the frames it is told to, right or wrong (RFC 9113 section 4.1).
final class HTTP2Client {
    struct Frame: Sendable, Equatable {
        enum Kind: UInt8, Sendable {
            case data, headers, priority, rstStream, settings, pushPromise, ping, goAway, windowUpdate, continuation
        }

        var kind: Kind
        var flags: UInt8 = 0
        var stream: UInt32 = 0
        var payload: [UInt8] = []

        static let endStream: UInt8 = 1
        static let endHeaders: UInt8 = 4

        var bytes: [UInt8] {
            let length = payload.count
            return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), kind.rawValue, flags] + Self.number(stream)
                + payload
        }

        static func number(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }

        /// Of RST_STREAM and GOAWAY.
        var errorCode: UInt32? {
            let bytes = kind == .rstStream ? payload.prefix(4) : kind == .goAway ? payload.dropFirst(4).prefix(4) : []
            return bytes.isEmpty ? nil : bytes.reduce(0) { $0 << 8 | UInt32($1) }
        }

        /// Of GOAWAY.
        var lastStream: UInt32? { kind == .goAway ? payload.prefix(4).reduce(0) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF : nil }
    }

    struct Response: Sendable {
        var status = 0
        var headers: [(name: String, value: String)] = []
        var body: [UInt8] = []
        /// The code of the reset; nil: it ended well.
        var reset: UInt32?

        var text: String { String(decoding: body, as: UTF8.self) }
        subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
    }

    private let client: TLSClient
    private var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
    private var nextStream: UInt32 = 1
    /// Frames that were read on the way to others.
    private(set) var seen: [Frame] = []
    private var responses: [UInt32: Response] = [:]
    /// Gives back what bodies use up of the windows.
    var updatesWindows = true

    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// - Parameters:
    ///   - settings: identifier and value of each.
    ///   - frames: what is sent at once, before anything of the server can have come.
    ///   - size: of the pieces in which all that is written, bytes.
    init(port: Int, settings: [(UInt16, UInt32)] = [], with frames: [Frame] = [], inPiecesOf size: Int = .max) throws {
        client = try TLSClient(port: port, try TLSCertificates.get(), .init(protocols: ["h2", "http/1.1"]))
        guard client.negotiated == "h2" else { throw TLSCertificates.Failure(what: "no h2") }
        let payload = settings.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 255)] + Frame.number($0.1) }
        var rest = (Self.preface + Frame(kind: .settings, payload: payload).bytes + frames.flatMap(\.bytes))[...]
        while !rest.isEmpty {
            try client.send(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
    }

    var isClosed: Bool { client.inbox.isClosed }

    func send(_ frames: Frame...) throws { try client.send(frames.flatMap(\.bytes)) }
    func send(_ frames: [Frame]) throws { try client.send(frames.flatMap(\.bytes)) }
    func send(bytes: [UInt8]) throws { try client.send(bytes) }

    // MARK: Requests

    /// Fields as literals without indexing (RFC 7541 section 6.2.2): any bytes at all.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in [0] + literal(Array(name.utf8)) + literal(Array(value.utf8)) }
    }

    private static func literal(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.count < 127 { return [UInt8(bytes.count)] + bytes }
        var rest = bytes.count - 127
        var prefix: [UInt8] = [127]
        while rest >= 128 {
            prefix.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return prefix + [UInt8(rest)] + bytes
    }

    static func fields(
        _ method: String = "GET", _ path: String = "/hello", _ more: [(String, String)] = [], authority: String = "gateway.test"
    ) -> [(String, String)] {
        [(":method", method), (":scheme", "https"), (":path", path), (":authority", authority)] + more
    }

    func newStream() -> UInt32 {
        defer { nextStream += 2 }
        return nextStream
    }

    /// Begins a request. Returns its stream.
    @discardableResult
    func request(_ fields: [(String, String)], body: [UInt8]? = nil, endsStream: Bool = true) throws -> UInt32 {
        let stream = newStream()
        let isOnlyHead = body == nil && endsStream
        var frames = [
            Frame(
                kind: .headers, flags: Frame.endHeaders | (isOnlyHead ? Frame.endStream : 0), stream: stream, payload: Self.block(fields)
            )
        ]
        if let body { frames.append(Frame(kind: .data, flags: endsStream ? Frame.endStream : 0, stream: stream, payload: body)) }
        try send(frames)
        return stream
    }

    func exchange(_ fields: [(String, String)], body: [UInt8]? = nil) throws -> Response { try response(to: request(fields, body: body)) }

    // MARK: Answers

    /// The next frame; nil when the connection has ended.
    func frame(within seconds: Double = 10) throws -> Frame? {
        let frame = try client.inbox.take(within: seconds) { bytes -> Frame? in
            guard bytes.count >= 9 else { return nil }
            let length = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
            guard bytes.count >= 9 + length else { return nil }
            defer { bytes.removeFirst(9 + length) }
            let stream = bytes[5..<9].reduce(0) { $0 << 8 | UInt32($1) }
            guard let kind = Frame.Kind(rawValue: bytes[3]) else { throw TLSCertificates.Failure(what: "a frame of type \(bytes[3])") }
            return Frame(kind: kind, flags: bytes[4], stream: stream, payload: Array(bytes[9..<9 + length]))
        }
        guard let frame else { return nil }
        seen.append(frame)
        try note(frame)
        return frame
    }

    private func note(_ frame: Frame) throws {
        switch frame.kind {
        case .headers:
            var block = ByteBuffer(bytes: frame.payload)
            let headers = try decoder.decodeHeaders(from: &block)
            var response = responses[frame.stream] ?? Response()
            response.status = headers.first(name: ":status").flatMap { Int($0) } ?? 0
            response.headers = headers.filter { !$0.name.hasPrefix(":") }.map { ($0.name, $0.value) }
            responses[frame.stream] = response
        case .data:
            responses[frame.stream, default: Response()].body += frame.payload
            if updatesWindows, !frame.payload.isEmpty {
                let increment = Frame.number(UInt32(frame.payload.count))
                try? send(
                    Frame(kind: .windowUpdate, payload: increment), Frame(kind: .windowUpdate, stream: frame.stream, payload: increment))
            }
        case .rstStream: responses[frame.stream, default: Response()].reset = frame.errorCode
        case .settings where frame.flags & 1 == 0: try? send(Frame(kind: .settings, flags: 1))
        case .ping where frame.flags & 1 == 0: try? send(Frame(kind: .ping, flags: 1, payload: frame.payload))
        default: break
        }
    }

    /// Waits until the stream has ended.
    func response(to stream: UInt32) throws -> Response {
        let isEnd = { (frame: Frame) in
            frame.stream == stream && (frame.kind == .rstStream || (frame.kind == .headers || frame.kind == .data) && frame.flags & 1 == 1)
        }
        if !seen.contains(where: isEnd) {
            while let frame = try frame(), !isEnd(frame) {}
        }
        guard seen.contains(where: isEnd) else { throw TLSCertificates.Failure(what: "the connection ended before stream \(stream)") }
        return responses[stream] ?? Response()
    }

    /// All frames until the server closes.
    func framesToEnd(within seconds: Double = 10) throws -> [Frame] {
        while try frame(within: seconds) != nil {}
        return seen
    }

    /// Every further frame that comes until this one.
    func wait(for kind: Frame.Kind) throws -> Frame? {
        while let frame = try frame() { if frame.kind == kind { return frame } }
        return nil
    }
}
