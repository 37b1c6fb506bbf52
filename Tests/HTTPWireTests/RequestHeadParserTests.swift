import HTTPWire
import Testing

@Suite("The request head parser")
struct RequestHeadParserTests {
    static func parse(_ text: String, limits: WireLimits = WireLimits()) throws(WireError) -> RequestHead? {
        var parser = RequestHeadParser(limits: limits)
        let bytes = Array(text.utf8)
        return try parser.parse(bytes.span) ? parser.head : nil
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        var testDescription: String { name }

        init(_ name: String, _ text: String) {
            self.name = name
            self.text = text
        }

        /// A request with these header lines behind a good Host.
        static func fields(_ name: String, _ lines: String) -> Row { Row(name, "GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n") }
    }

    @Test(
        "refuses as malformed",
        arguments: [
            Row("nothing before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            Row("an empty line before the request line", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            Row("two spaces behind the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
            Row("a tab behind the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
            Row("two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
            Row("a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
            Row("no version", "GET /\r\nHost: a\r\n\r\n"),
            Row("version 0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
            Row("version 2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
            Row("version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n"),
            Row("something behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
            Row("bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"),
            Row("bare LF behind a header", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
            Row("bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
            Row("bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"),
            Row("NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
            Row("DEL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7F}b\r\n\r\n"),
            .fields("obs-fold with a space (F-03)", "Transfer-Encoding:\r\n chunked"),
            .fields("obs-fold with a tab", "X: a\r\n\tb"),
            .fields("a space before the colon", "X : a"),
            .fields("a tab before the colon", "X\t: a"),
            .fields("a space before the name", " X: a"),
            .fields("an empty name (H-16)", ": x"),
            .fields("an empty name behind a space (H-16)", " : x"),
            .fields("no colon", "X"),
            .fields("a name with a control character", "X\u{1}: a"),
            .fields("a name with a parenthesis", "X(y): a"),
            .fields("a name that is not ASCII", "Ä: a"),
            Row("no Host", "GET / HTTP/1.1\r\n\r\n"),
            Row("no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"),
            .fields("a second Host", "Host: a"),
            Row("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
            Row("a Host with user information", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
            Row("a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
            Row("a Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
            Row("a Host with a port above 65535", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
            Row("a Host with a port that is no number", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
            .fields("both lengths (F-02)", "Content-Length: 1\r\nTransfer-Encoding: chunked"),
            .fields("both lengths, the other way round (F-02)", "Transfer-Encoding: chunked\r\nContent-Length: 1"),
            .fields("Content-Length twice, the same", "Content-Length: 1\r\nContent-Length: 1"),
            .fields("Content-Length twice, differing", "Content-Length: 1\r\nContent-Length: 2"),
            .fields("Content-Length as a list", "Content-Length: 1, 1"),
            .fields("Content-Length with a sign", "Content-Length: +1"),
            .fields("a negative Content-Length", "Content-Length: -1"),
            .fields("a hexadecimal Content-Length", "Content-Length: 0x1"),
            .fields("an empty Content-Length", "Content-Length:"),
            .fields("a tab behind a Content-Length", "Content-Length: 1 \t"),
            .fields("a Content-Length of 2^63", "Content-Length: 9223372036854775808"),
            .fields("a Content-Length of 20 digits", "Content-Length: 00000000000000000001"),
            .fields("Transfer-Encoding twice (F-01)", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
            .fields("Transfer-Encoding chunked, identity (F-01)", "Transfer-Encoding: chunked, identity"),
            .fields("Transfer-Encoding gzip, chunked", "Transfer-Encoding: gzip, chunked"),
            .fields("Transfer-Encoding xchunked (F-01)", "Transfer-Encoding: xchunked"),
            .fields("Transfer-Encoding chunked with a vertical tab (F-01)", "Transfer-Encoding: chunked\u{B}"),
            .fields("Transfer-Encoding identity", "Transfer-Encoding: identity"),
            .fields("an empty Transfer-Encoding", "Transfer-Encoding:"),
            Row("Transfer-Encoding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ]
    )
    func refusesAsMalformed(row: Row) {
        do {
            let head = try Self.parse(row.text)
            Issue.record("accepted: \(String(describing: head))")
        } catch {
            if case .malformed = error { return }
            Issue.record("another error: \(error)")
        }
    }

    @Test(
        "refuses the target (P-19)",
        arguments: [
            ("CONNECT", "a:443"), ("CONNECT", "/"), ("GET", "*"), ("GET", "a"), ("GET", "http://b/"), ("GET", "http://a:80/"),
            ("GET", "http://a.b/"), ("GET", "http://a?x"), ("GET", "http://"), ("GET", "ftp://a/"), ("GET", "http:/a/"), ("GET", "?x"),
            ("GET", "/\u{E9}"),
        ]
    )
    func refusesTarget(method: String, target: String) {
        #expect {
            try Self.parse("\(method) \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
        } throws: { error in
            if case .malformedTarget = error as? WireError { true } else { false }
        }
    }

    @Test(
        "refuses a repeated singleton header (H-11)",
        arguments: [
            "Authorization", "Content-Type", "Content-Digest", "Signature", "Signature-Input", "Idempotency-Key", "If-Match", "Origin",
        ]
    )
    func refusesRepeated(name: String) {
        #expect(throws: WireError.repeatedHeader(name.lowercased())) {
            try Self.parse("GET / HTTP/1.1\r\nHost: a\r\n\(name): x\r\nY: z\r\n\(name.uppercased()): x\r\n\r\n")
        }
    }

    @Test("any length below 2^63 is a length, and any token a method, known or not")
    func extremes() throws {
        let length = try Self.parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n")
        #expect(length?.framing == .length(.max))
        for count in [33, 1000] {
            let head = try Self.parse(String(repeating: "M", count: count) + " / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(head?.method.count == count)
        }
        #expect(throws: WireError.targetTooLong) { try Self.parse(String(repeating: "M", count: 9000)) }
    }

    @Test("a request that is named more than once has no name", arguments: ["X-Request-Id", "traceparent"], [2, 3])
    func severalNames(name: String, count: Int) throws {
        let lines = (0..<count).map { "\(name): request-\($0)\r\n" }.joined()
        let field: KnownField = name == "traceparent" ? .traceparent : .xRequestID
        #expect(try Self.parse("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n")?.value(field) == nil)
        #expect(try Self.parse("GET / HTTP/1.1\r\nHost: a\r\n\(name): request-1\r\n\r\n")?.value(field) != nil)
    }

    @Test("takes the target of origin, absolute and asterisk form")
    func targets() throws {
        func target(_ line: String) throws -> String {
            let text = "\(line) HTTP/1.1\r\nHost: A.example:80\r\n\r\n"
            let head = try #require(try Self.parse(text))
            return String(decoding: Array(text.utf8)[head.target], as: UTF8.self)
        }
        #expect(try target("GET /x?y") == "/x?y")
        #expect(try target("GET http://a.EXAMPLE:80/x?y") == "/x?y")
        #expect(try target("GET HTTP://a.example:80") == "")
        #expect(try target("OPTIONS *") == "*")
    }

    @Test("reads fields with their white space trimmed, and finds the known ones without case")
    func fields() throws {
        let text =
            "POST /a HTTP/1.1\r\nhost: x\r\nAUTHORIZATION: \t Bearer a  \r\nEmpty:\r\nCookie: a=b\r\nCookie: c=d\r\nContent-length: 007\r\n\r\n"
        let head = try #require(try Self.parse(text))
        let bytes = Array(text.utf8)
        #expect(head.fields.count == 6)
        #expect(head.value(.authorization).map { Array(bytes[$0]) } == Array("Bearer a".utf8))
        #expect(head.fields[2].value.isEmpty)
        #expect(head.value(.cookie).map { Array(bytes[$0]) } == Array("a=b".utf8))
        #expect(head.framing == .length(7))
        #expect(head.isKeepAlive)
        #expect(head.byteCount == bytes.count)
        #expect(head.value(.origin) == nil)
    }

    @Test("every known field is found by its own name and by no other of the same length")
    func knownFields() throws {
        for field in KnownField.allCases where field != .other && field != .host {
            let value = field == .contentLength ? "1" : field == .transferEncoding ? "chunked" : field == .expect ? "100-continue" : "v"
            let head = try #require(try Self.parse("GET / HTTP/1.1\r\nHost: a\r\n\(field.name): \(value)\r\n\r\n"))
            #expect(head.value(field) != nil, "\(field.name)")
            let other = "\(field.name)".dropLast() + "~"
            let unknown = try #require(try Self.parse("GET / HTTP/1.1\r\nHost: a\r\n\(other): \(value)\r\n\r\n"))
            #expect(unknown.value(field) == nil, "\(other)")
        }
    }

    @Test("keeps the connection unless told otherwise")
    func keepAlive() throws {
        #expect(try Self.parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n")?.isKeepAlive == true)
        #expect(try Self.parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n")?.isKeepAlive == false)
        #expect(try Self.parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n")?.isKeepAlive == false)
        #expect(try Self.parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close\r\n\r\n")?.isKeepAlive == false)
        #expect(try Self.parse("GET / HTTP/1.0\r\nHost: a\r\n\r\n")?.isKeepAlive == false)
    }

    @Test("answers an expectation only when there is a body, and refuses unknown ones")
    func expectations() throws {
        #expect(try Self.parse("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n")?.expectsContinue == true)
        #expect(try Self.parse("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")?.expectsContinue == false)
        #expect(throws: WireError.expectationFailed) { try Self.parse("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n") }
    }

    @Test("a head that comes byte by byte is the same head, and nothing is decided before its end")
    func drip() throws {
        let bytes = Array("POST /x?y=z HTTP/1.1\r\nHost: a\r\nX: y\r\nTransfer-Encoding: Chunked\r\n\r\n".utf8)
        var parser = RequestHeadParser(limits: WireLimits())
        for length in 1..<bytes.count {
            let isComplete = try parser.parse(bytes.span.extracting(0..<length))
            #expect(!isComplete)
        }
        let isComplete = try parser.parse(bytes.span)
        #expect(isComplete)
        #expect(parser.head.framing == .chunked)
        #expect(parser.head.byteCount == bytes.count)
        #expect(parser.head.fields.count == 3)
    }

    @Test("stops at the end of the head, and is ready for the next one after a reset")
    func pipelining() throws {
        let bytes = Array("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: b\r\n\r\n".utf8)
        var parser = RequestHeadParser(limits: WireLimits())
        #expect(try parser.parse(bytes.span))
        let first = parser.head.byteCount
        #expect(first == bytes.count / 2)
        parser.reset()
        #expect(parser.head.fields.isEmpty)
        let rest = Array(bytes[first...])
        #expect(try parser.parse(rest.span))
        #expect(Array(rest[parser.head.target]) == Array("/b".utf8))
    }

    @Test("each limit admits its own number and refuses one more (F-07, F-10)")
    func limits() throws {
        func target(_ count: Int) throws -> RequestHead? {
            try Self.parse("GET /\(String(repeating: "a", count: count - 1)) HTTP/1.1\r\nHost: a\r\n\r\n", limits: WireLimits(target: 100))
        }
        #expect(try target(100) != nil)
        #expect(throws: WireError.targetTooLong) { try target(101) }

        func fields(_ count: Int) throws -> RequestHead? {
            let more = String(repeating: "x: y\r\n", count: count - 1)
            return try Self.parse("GET / HTTP/1.1\r\nHost: a\r\n\(more)\r\n", limits: WireLimits(headerCount: 20))
        }
        #expect(try fields(20) != nil)
        #expect(throws: WireError.headersTooLarge) { try fields(21) }

        func block(_ count: Int) throws -> RequestHead? {
            let filler = String(repeating: "z", count: count - "Host: a\r\nx: \r\n".utf8.count)
            return try Self.parse("GET / HTTP/1.1\r\nHost: a\r\nx: \(filler)\r\n\r\n", limits: WireLimits(headers: 200))
        }
        #expect(try block(200) != nil)
        #expect(throws: WireError.headersTooLarge) { try block(201) }
    }

    @Test("a line that never ends is refused at the limit, not kept")
    func endlessLines() {
        #expect(throws: WireError.targetTooLong) { try Self.parse("GET /" + String(repeating: "a", count: 10_000)) }
        #expect(throws: WireError.headersTooLarge) {
            try Self.parse("GET / HTTP/1.1\r\nHost: a\r\nx: " + String(repeating: "a", count: 40_000))
        }
    }
}
