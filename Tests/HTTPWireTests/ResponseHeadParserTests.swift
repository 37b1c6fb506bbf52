import HTTPWire
import Testing

@Suite("The response head parser")
struct ResponseHeadParserTests {
    static func parse(_ text: String, isHead: Bool = false) throws(WireError) -> ResponseHead? {
        var parser = ResponseHeadParser(limits: WireLimits(target: 0, headers: 4096, headerCount: 20))
        let bytes = Array(text.utf8)
        return try parser.parse(bytes.span, isHead: isHead) ? parser.head : nil
    }

    @Test(
        "knows where a body ends (RFC 9112 section 6.3)",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", .length(5), true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .length(0), true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", .chunked, true), ("HTTP/1.1 200 OK\r\n\r\n", .untilClose, false),
            ("HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n", .length(1), true),
            ("HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\n", .length(1), true),
            ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", .length(5), false),
            ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n", .length(5), false),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n", .length(5), false),
            ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", .none, true),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", .none, true),
            ("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", .none, true),
            ("HTTP/1.1 100 Continue\r\n\r\n", .none, true), ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", .none, true),
            ("HTTP/1.1 599 \u{E9}\r\n\r\n", .untilClose, false),
        ] as [(String, ResponseHead.Framing, Bool)]
    )
    func framing(text: String, framing: ResponseHead.Framing, isKeepAlive: Bool) throws {
        let head = try #require(try Self.parse(text))
        #expect(head.framing == framing)
        #expect(head.isKeepAlive == isKeepAlive)
        #expect(head.byteCount == text.utf8.count)
        // The answer to HEAD has none, whatever it says.
        #expect(try Self.parse(text, isHead: true)?.framing == ResponseHead.Framing.none)
    }

    @Test("a status line has at most 1024 bytes, in whatever pieces it comes", arguments: [(1024, true), (1025, false)])
    func statusLine(length: Int, isGood: Bool) throws {
        let line = "HTTP/1.1 200 " + String(repeating: "x", count: length - 15) + "\r\n"
        let bytes = Array((line + "\r\n").utf8)
        var whole = ResponseHeadParser(limits: WireLimits(target: 0, headers: 4096, headerCount: 20))
        var pieces = whole
        #expect(((try? whole.parse(bytes.span, isHead: false)) == true) == isGood)
        let isComplete = (0...bytes.count).contains { (try? pieces.parse(bytes.span.extracting(0..<$0), isHead: false)) == true }
        #expect(isComplete == isGood)
    }

    @Test(
        "refuses what is no HTTP/1.1, or has two ends",
        arguments: [
            "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n", "HTTP/2 200 OK\r\n\r\n",
            "HTTP/0.9 200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 600 OK\r\n\r\n",
            "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 -20 OK\r\n\r\n", "HTTP/1.1 200\tOK\r\n\r\n",
            "HTTP/1.1 200 O\rK\r\n\r\n", "HTTP/1.1 200 O\0K\r\n\r\n", "HTTP/1.1\r\n\r\n", "\r\n\r\n", "garbage\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "HTTP/1.1 200 OK\r\n X: y\r\n\r\n",
            "HTTP/1.1 200 OK\r\n: y\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n",
        ]
    )
    func refused(text: String) {
        #expect(throws: WireError.self) { try Self.parse(text) }
    }

    @Test("bounds what it reads")
    func bounds() {
        #expect(throws: WireError.self) { try Self.parse(String(repeating: "H", count: 2000)) }
        #expect(throws: WireError.headersTooLarge) { try Self.parse("HTTP/1.1 200 OK\r\nX: " + String(repeating: "y", count: 5000)) }
        #expect(throws: WireError.headersTooLarge) {
            try Self.parse("HTTP/1.1 200 OK\r\n" + String(repeating: "x: y\r\n", count: 21) + "\r\n")
        }
    }

    @Test("a head that comes byte by byte is the same head, and the next one begins anew")
    func drip() throws {
        let bytes = Array("HTTP/1.0 404 Not Found\r\nX: y\r\nContent-Length: 3\r\n\r\n".utf8)
        var parser = ResponseHeadParser(limits: WireLimits())
        for length in 0..<bytes.count {
            let isComplete = try parser.parse(bytes.span.extracting(0..<length), isHead: false)
            #expect(!isComplete)
        }
        #expect(try parser.parse(bytes.span, isHead: false))
        #expect(parser.head.status == 404)
        #expect(parser.head.framing == .length(3))
        #expect(!parser.head.isKeepAlive)
        parser.reset()
        let next = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        #expect(try parser.parse(next.span, isHead: false))
        #expect(parser.head.framing == .chunked)
        #expect(parser.head.isKeepAlive)
        #expect(parser.head.fields.count == 1)
    }
}
