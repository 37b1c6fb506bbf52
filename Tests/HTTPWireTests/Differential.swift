import HTTPWire
import NIOCore
import NIOEmbedded
import NIOHTTP1

/// One request read by our strict parser and by NIOHTTP1's, to be compared. Used by the tests and by the fuzzer.
enum Differential {
    struct Message: Equatable {
        var method: String
        var target: String
        var fields: [String]
        var body: [UInt8]
    }

    /// The methods that are not answered 501 whatever else they bring.
    static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    /// How the two readings of these bytes differ; nil: they do not, or ours refused them.
    static func difference(_ bytes: [UInt8]) -> String? {
        guard var ours = ours(bytes), methods.contains(ours.method) else { return nil }
        guard let theirs = theirs(bytes) else { return "accepted by ours only: \(ours)" }
        // NIOHTTP1 leaves absolute-form as it is; ours has judged the authority and keeps the path.
        if theirs.target != ours.target, theirs.target.hasSuffix(ours.target), theirs.target.lowercased().hasPrefix("http") {
            ours.target = theirs.target
        }
        return ours == theirs ? nil : "ours: \(ours)\ntheirs: \(theirs)"
    }

    /// The request, when it is complete and good. What stands behind it is not looked at.
    static func ours(_ bytes: [UInt8]) -> Message? {
        var parser = RequestHeadParser(limits: WireLimits())
        guard (try? parser.parse(bytes.span)) == true else { return nil }
        return message(parser.head, bytes)
    }

    /// The same, with the bytes coming in pieces of at most `piece`.
    static func ours(_ bytes: [UInt8], inPiecesOf piece: Int) -> Message? {
        var parser = RequestHeadParser(limits: WireLimits())
        var length = 0
        while length < bytes.count {
            length = min(bytes.count, length + piece)
            guard let isComplete = try? parser.parse(bytes.span.extracting(0..<length)) else { return nil }
            if isComplete { return message(parser.head, bytes, inPiecesOf: piece) }
        }
        return nil
    }

    private static func message(_ head: RequestHead, _ bytes: [UInt8], inPiecesOf piece: Int = .max) -> Message? {
        var decoder = BodyDecoder(head.framing)
        var position = head.byteCount
        var end = piece == .max ? bytes.count : position
        var body: [UInt8] = []
        while true {
            guard let step = try? decoder.next(bytes.span.extracting(position..<end)) else { return nil }
            switch step {
            case .end:
                return Message(
                    method: text(bytes, head.method), target: text(bytes, head.target),
                    fields: head.fields.map { text(bytes, $0.name) + ":" + text(bytes, $0.value) }, body: body
                )
            case .needMore:
                guard end < bytes.count else { return nil }
                end = min(bytes.count, end + piece)
            case .skip(let count): position += count
            case .body(let count):
                body += bytes[position..<position + count]
                position += count
            }
        }
    }

    private static func text(_ bytes: [UInt8], _ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// The first request that NIOHTTP1 reads.
    static func theirs(_ bytes: [UInt8]) -> Message? {
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        guard
            (try? channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))))
                != nil
        else { return nil }
        // What stands behind the request may be nonsense; the request before it was delivered all the same.
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        var message: Message?
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head):
                if message != nil { return message }
                message = Message(
                    method: head.method.rawValue, target: head.uri, fields: head.headers.map { $0.name + ":" + trimmed($0.value) }, body: []
                )
            case .body(let part): message?.body += Array(part.readableBytesView)
            case .end: return message
            }
        }
        return nil
    }

    /// NIOHTTP1 leaves a tab behind a value, which is no part of it (RFC 9110 section 5.5).
    private static func trimmed(_ value: String) -> String {
        var value = value[...]
        while let last = value.last, last == " " || last == "\t" { value.removeLast() }
        return String(value)
    }
}
