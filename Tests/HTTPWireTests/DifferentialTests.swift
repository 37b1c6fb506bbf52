import HTTPWire
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

/// The safety net of the strict parser: what it accepts, NIOHTTP1's parser accepts with the same method, target, headers and body.
@Suite("Whatever our parser accepts, NIOHTTP1 reads alike")
struct DifferentialTests {
    struct Message: Equatable {
        var method: String
        var target: String
        var fields: [String]
        var body: [UInt8]
    }

    static func ours(_ bytes: [UInt8]) -> Message? {
        var parser = RequestHeadParser(limits: WireLimits())
        guard (try? parser.parse(bytes.span)) == true else { return nil }
        let head = parser.head
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        var decoder = BodyDecoder(head.framing)
        var rest = Array(bytes[head.byteCount...])
        var body: [UInt8] = []
        while true {
            guard let step = try? decoder.next(rest.span) else { return nil }
            switch step {
            case .end:
                return Message(
                    method: text(head.method), target: text(head.target),
                    fields: head.fields.map { text($0.name) + ":" + text($0.value) }, body: body
                )
            case .needMore: return nil
            case .skip(let count): rest.removeFirst(count)
            case .body(let count):
                body += rest.prefix(count)
                rest.removeFirst(count)
            }
        }
    }

    static func theirs(_ bytes: [UInt8]) -> Message? {
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        guard (try? channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))) != nil
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
    static func trimmed(_ value: String) -> String {
        var value = value[...]
        while let last = value.last, last == " " || last == "\t" { value.removeLast() }
        return String(value)
    }

    @Test("over thousands of requests put together from good and bad pieces")
    func generated() {
        var random = Generator(state: 0x5EED)
        let methods = ["GET", "POST", "DELETE", "PATCH", "OPTIONS", "PUT", "HEAD", "get", "G ET", ""]
        let targets = ["/", "/a/b?c=d", "/%41", "*", "http://a/x", "//x", "/a b", "/\u{E9}", ""]
        let versions = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1.1 "]
        let fields = [
            "Host: a", "Host: a", "Host: b", "Content-Length: 5", "Content-Length: 0", "Content-Length: 5, 5", "Transfer-Encoding: chunked",
            "Transfer-Encoding: Chunked", "Transfer-Encoding: gzip, chunked", "X: y", "X:y", "X:  y \t", "X : y", " X: y", "X: \u{1}", "X: é",
            "Connection: close", "Connection: keep-alive", "Cookie: a=b", "Authorization: Bearer x", "Expect: 100-continue", "Empty:", ": x",
        ]
        let ends = ["\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r"]
        let bodies = ["", "hello", "5\r\nhello\r\n0\r\n\r\n", "5;x\r\nhello\r\n0\r\n\r\n", "0\r\n\r\n", "0\r\nX: y\r\n\r\n", "5\r\nhello0\r\n\r\n"]
        var accepted = 0
        for _ in 0..<20_000 {
            var text = "\(random.pick(methods)) \(random.pick(targets)) \(random.pick(versions))\(random.pick(ends))"
            if random.next() % 10 > 0 { text += "Host: a\r\n" }
            for _ in 0..<random.next() % 4 { text += random.pick(fields) + random.pick(ends) }
            text += random.pick(ends) + random.pick(bodies)
            let bytes = Array(text.utf8)
            // Method names beyond these are 501 with us, whatever else they bring.
            guard var ours = Self.ours(bytes), methods.prefix(7).contains(ours.method) else { continue }
            accepted += 1
            guard let theirs = Self.theirs(bytes) else {
                Issue.record("accepted by ours only: \(text.debugDescription)")
                continue
            }
            // NIOHTTP1 leaves absolute-form as it is; ours has judged the authority and keeps the path.
            if theirs.target.hasSuffix(ours.target) { ours.target = theirs.target }
            #expect(ours == theirs, "\(text.debugDescription)")
        }
        #expect(accepted > 500)
    }

    struct Generator {
        var state: UInt64

        mutating func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }

        mutating func pick(_ options: [String]) -> String { options[next() % options.count] }
    }
}
