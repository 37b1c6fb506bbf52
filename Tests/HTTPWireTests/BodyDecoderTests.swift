import HTTPWire
import Testing

@Suite("The body decoder")
struct BodyDecoderTests {
    /// The body and what stands behind it, fed in pieces of `piece` bytes.
    static func decode(
        _ text: String, _ framing: RequestHead.Framing, piece: Int = .max, extensionLimit: Int = 0
    ) throws(WireError) -> (body: String, rest: String)? {
        var decoder = BodyDecoder(framing, extensionLimit: extensionLimit)
        var waiting = Array(text.utf8)[...]
        var buffer: [UInt8] = []
        var body: [UInt8] = []
        while true {
            switch try decoder.next(buffer.span) {
            case .end: return (String(decoding: body, as: UTF8.self), String(decoding: buffer + waiting, as: UTF8.self))
            case .body(let count):
                body += buffer.prefix(count)
                buffer.removeFirst(count)
            case .skip(let count): buffer.removeFirst(count)
            case .needMore:
                if waiting.isEmpty { return nil }
                buffer += waiting.prefix(piece)
                waiting = waiting.dropFirst(piece)
            }
        }
    }

    @Test("reads good bodies, in one piece and byte by byte", arguments: [1, 2, 3, .max])
    func good(piece: Int) throws {
        let rows: [(String, RequestHead.Framing, String, String)] = [
            ("NEXT", .none, "", "NEXT"), ("NEXT", .length(0), "", "NEXT"), ("helloNEXT", .length(5), "hello", "NEXT"),
            ("0\r\n\r\nNEXT", .chunked, "", "NEXT"), ("5\r\nhello\r\n0\r\n\r\nNEXT", .chunked, "hello", "NEXT"),
            ("a\r\n0123456789\r\n0A\r\n0123456789\r\n00\r\n\r\n", .chunked, "01234567890123456789", ""),
            ("1\r\nx\r\n0\r\nAuthorization: Bearer y\r\nb: c\r\n\r\nNEXT", .chunked, "x", "NEXT"),
        ]
        for (text, framing, body, rest) in rows {
            let result = try #require(try Self.decode(text, framing, piece: piece), "\(text)")
            #expect(result.body == body)
            #expect(result.rest == rest)
        }
    }

    @Test(
        "refuses chunked framing that readers differ on (F-03)",
        arguments: [
            "5;a=1\r\nhello\r\n0\r\n\r\n", "5;a=\n1\r\nhello\r\n0\r\n\r\n", "0;x\r\n\r\n", "5 \r\nhello\r\n", " 5\r\nhello\r\n",
            "5\nhello\n0\n\n",
            "5\rhello", "\r\n", "x\r\n", "-1\r\n", "+1\r\nx", "0x1\r\nx\r\n", "5\r\nhelloX", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\rX",
            "123456789\r\n",
            "0\r\n x: y\r\n\r\n", "0\r\n: y\r\n\r\n", "0\r\nx\r\n\r\n", "0\r\nx: \u{1}\r\n\r\n", "0\r\n\rX", "0\r\nx: y\n\r\n\r\n",
            "0\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\nx: y\r\ncontent-length: 5\r\n\r\n",
        ], [1, Int.max]
    )
    func bad(text: String, piece: Int) {
        #expect(throws: WireError.self) { try Self.decode(text, .chunked, piece: piece) }
    }

    @Test("of an answer, chunk extensions are dropped", arguments: [1, 2, 3, .max])
    func extensions(piece: Int) throws {
        for text in [
            "5;a=b\r\nhello\r\n0\r\n\r\nNEXT", "5 ; a=\"b;\"\r\nhello\r\n0;x;y\r\n\r\nNEXT", "5 \r\nhello\r\n0\t\r\n\r\nNEXT",
            "5;\(String(repeating: "a", count: 1000))\r\nhello\r\n0\r\nx: y\r\n\r\nNEXT",
        ] {
            let result = try #require(try Self.decode(text, .chunked, piece: piece, extensionLimit: 1024), "\(text)")
            #expect(result.body == "hello" && result.rest == "NEXT", "\(text)")
        }
        for text in [
            "5;a=\n1\r\nhello\r\n0\r\n\r\n", ";a\r\n", " 5\r\nhello\r\n", "5;a\rb\r\nhello", "5;\u{0}\r\nhello", "5,a\r\nhello\r\n",
            "5;" + String(repeating: "a", count: 1024),
        ] {
            #expect(throws: WireError.self, "\(text)") { try Self.decode(text, .chunked, piece: piece, extensionLimit: 1024) }
        }
    }

    @Test("trailers are bounded")
    func trailers() {
        #expect(throws: WireError.headersTooLarge) {
            try Self.decode("0\r\n" + String(repeating: "x: y\r\n", count: 2000), .chunked)
        }
        #expect(throws: WireError.headersTooLarge) { try Self.decode("0\r\nx: " + String(repeating: "y", count: 9000), .chunked) }
    }

    @Test("an unfinished body is never taken for a finished one", arguments: ["", "hell", "5\r\nhello\r\n0\r\n", "5\r\nhello\r\n0\r\n\r"])
    func unfinished(text: String) throws {
        #expect(try Self.decode(text, text.first == "5" ? .chunked : .length(5)) == nil)
    }
}
