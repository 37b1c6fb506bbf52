import Foundation
import GatewayServer
import GatewayTesting
import HTTPWire
import NIOCore
import StrictJSON
import Testing

@Suite("Hostile HTTP/2 (attacks rows P-15, F-04, F-06, F-09)", .timeLimit(.minutes(3)), .ownThread)
struct HTTP2AttackTests {
    typealias Frame = HTTP2Client.Frame

    struct Request: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let fields: [(String, String)]

        init(_ description: String, _ fields: [(String, String)]) {
            testDescription = description
            self.fields = fields
        }

        /// A good request with one field in the place of another, or more of them.
        static func with(_ name: String, _ value: String) -> Request {
            Request(
                "\(name)=\(value.debugDescription)", HTTP2Client.fields("GET", "/echo").map { $0.0 == name ? (name, value) : $0 }
            )
        }

        static func and(_ name: String, _ value: String) -> Request {
            Request("\(name): \(value.debugDescription)", HTTP2Client.fields("GET", "/echo", [(name, value)]))
        }
    }

    static let malformed: [Request] = [
        // P-15: a path that no rule expects
        .with(":path", "echo"), .with(":path", "api/provisioning/customers"), .with(":path", ""), .with(":path", "*"),
        .with(":path", "?x=/echo"),
        .with(":path", "https://gateway.test/echo"),
        // F-04: a request within a request
        .with(":path", "/echo HTTP/1.1\r\nX-Gatehouse-Subject: admin\r\n\r\n"), .with(":path", "/echo\r\nX-Gatehouse-Subject: admin"),
        .with(":path", "/echo\n"), .with(":path", "/echo\0"), .with(":path", "/echo\r"), .with(":path", "/e cho"),
        .with(":path", "/echo\t"),
        .with(":authority", "gateway.test\r\nX-Gatehouse-Subject: admin"), .with(":authority", "gateway.test\0"),
        .with(":method", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"), .with(":scheme", "https\r\nX: y"),
        .and("x-mine", "a\r\nX-Gatehouse-Subject: admin"),
        .and("x-mine", "a\nb"), .and("x-mine", "a\0b"), .and("x-mine", "a\rb"),
        // F-06: pseudo-headers that HTTP/1.1 would read otherwise
        .with(":method", "GET "), .with(":method", "G ET"), .with(":method", ""), .with(":method", "GET\t"), .with(":method", "CONNECT"),
        .with(":scheme", "http"), .with(":scheme", "ftp"), .with(":scheme", "HTTPS"), .with(":scheme", ""), .and("host", "admin.test"),
        .with(":authority", ""), .with(":authority", "user@gateway.test"), .with(":authority", "gateway.test/x"),
        .with(":authority", "a b"),
        Request("no :method", HTTP2Client.fields("GET", "/echo").filter { $0.0 != ":method" }),
        Request("no :path", HTTP2Client.fields("GET", "/echo").filter { $0.0 != ":path" }),
        Request("no :scheme", HTTP2Client.fields("GET", "/echo").filter { $0.0 != ":scheme" }),
        Request("no :authority and no host", HTTP2Client.fields("GET", "/echo").filter { $0.0 != ":authority" }),
        Request("two :path", HTTP2Client.fields("GET", "/echo") + [(":path", "/session")]),
        Request("two :path in front", [(":path", "/session")] + HTTP2Client.fields("GET", "/echo")),
        Request("two :method", [(":method", "POST")] + HTTP2Client.fields("GET", "/echo")),
        Request("a pseudo-header behind a header", HTTP2Client.fields("GET", "/echo", [("x", "y"), (":authority", "gateway.test")])),
        .and(":status", "200"), .and(":protocol", "websocket"), .and(":x", "y"),
        // What belongs to a connection, and names that are none
        .and("connection", "close"), .and("connection", "x-gatehouse-assertion"), .and("keep-alive", "1"),
        .and("proxy-connection", "close"),
        .and("transfer-encoding", "chunked"), .and("upgrade", "h2c"), .and("te", "gzip"), .and("te", "trailers, gzip"),
        .and("X-Mine", "y"), .and("Authorization", "Bearer x"), .and("x mine", "y"), .and("x:mine", "y"), .and("x\r\ny", "z"),
        .and("x-mine", " y"), .and("x-mine", "y "), .and("x-mine", "\ty"),
        // Lengths
        .and("content-length", "5"), .and("content-length", "-1"), .and("content-length", "0, 0"), .and("content-length", "+0"),
        Request("two lengths", HTTP2Client.fields("GET", "/echo", [("content-length", "0"), ("content-length", "0")])),
        // The same refusals as in HTTP/1.1
        Request("two Authorization", HTTP2Client.fields("GET", "/echo", [("authorization", "Bearer a"), ("authorization", "Bearer b")])),
        .with(":path", "/echo/../session"), .with(":path", "/%2e%2e/echo"), .with(":path", "/echo#x"), .with(":path", "//echo"),
        .with(":path", "/é"),
    ]

    @Test("a malformed request is 400 or reset, reaches no upstream, and leaves the connection to the others", arguments: malformed)
    func refused(request: Request) async throws {
        _ = try await HTTP2Tests.run { gateway, backend in
            let client = try HTTP2Client(port: gateway.port)
            let response = try client.response(to: client.request(request.fields))
            #expect(
                response.status == 400 || response.status == 0 && response.reset == 1,
                "\(response.status) \(String(describing: response.reset))")
            #expect(backend.text.isEmpty)
            #expect(try client.exchange(HTTP2Client.fields("GET", "/echo")).status == 200)
            #expect(!backend.text.lowercased().contains("admin"))
        }
    }

    @Test("a header without a name ends the connection")
    func nameless() async throws {
        _ = try await HTTP2Tests.run { gateway, backend in
            let client = try HTTP2Client(port: gateway.port)
            try client.request(HTTP2Client.fields("GET", "/echo", [("", "y")]))
            let frames = try client.framesToEnd()
            #expect(frames.contains { $0.kind == .goAway && $0.errorCode != 0 })
            #expect(backend.text.isEmpty)
        }
    }

    @Test("what is refused with 400 is in the decision log")
    func recorded() async throws {
        let records = try await HTTP2Tests.run { gateway, _ in
            let client = try HTTP2Client(port: gateway.port)
            #expect(try client.exchange(Request.with(":path", "echo").fields).status == 400)
            #expect(try client.exchange(Request.and("host", "admin.test").fields).status == 400)
        }
        #expect(records.compactMap { $0["reason"]?.string } == ["malformed_target", "malformed_request"])
    }

    @Test("more DATA than Content-Length said, or less, is reset", arguments: [3, 5])
    func lengths(count: Int) async throws {
        _ = try await HTTP2Tests.run { gateway, backend in
            let client = try HTTP2Client(port: gateway.port)
            let fields = HTTP2Client.fields("POST", "/echo", [("content-length", "4")])
            let response = try client.response(to: client.request(fields, body: [UInt8](repeating: 97, count: count)))
            #expect(response.reset == 1)
            #expect(try client.exchange(HTTP2Client.fields("GET", "/echo")).status == 200)
        }
    }

    @Test("too many headers, or too large ones, are 431, as in HTTP/1.1; a block above all measure ends the connection")
    func headers() async throws {
        _ = try await HTTP2Tests.run { gateway, backend in
            let client = try HTTP2Client(port: gateway.port)
            let many = (0..<150).map { ("x-\($0)", "y") }
            #expect(try client.exchange(HTTP2Client.fields("GET", "/echo", many)).status == 431)
            // In one field and in several, beside one another on the connection that goes on.
            for (count, size) in [(1, 33 << 10), (1, 60 << 10), (20, 4000)] {
                let stream = client.newStream()
                try client.send(Self.block(ofFields: count, size, on: stream))
                let response = try client.response(to: stream)
                #expect(response.status == 431, "\(count) of \(size)")
                #expect(response.text.contains("headers_too_large"))
            }
            // The connection may end before all is written.
            try? client.send(Self.block(ofFields: 40, 4000, on: client.newStream()))
            let frames = try client.framesToEnd()
            #expect(frames.contains { $0.kind == .goAway && $0.errorCode != 0 })
            #expect(backend.text.isEmpty)
        }
    }

    @Test(
        "the first requests of a connection, sent before its settings can be known, may have as large headers as all others",
        arguments: [(1, 30_000, 200), (16, 1800, 200), (1, 33 << 10, 431), (20, 4000, 431), (1, 125_000, 431), (1, 10, 200)]
    )
    func firstHeaders(headers: (count: Int, size: Int, status: Int)) async throws {
        _ = try await HTTP2Tests.run { gateway, _ in
            let first = Self.block(ofFields: headers.count, headers.size, on: 1)
            // A short one comes byte by byte.
            let client = try HTTP2Client(port: gateway.port, with: first, inPiecesOf: headers.size < 100 ? 1 : 7000)
            #expect(client.newStream() == 1)
            #expect(try client.response(to: 1).status == headers.status)
            // The client's own acknowledgement has passed by now, or passes here.
            for _ in 0..<3 { #expect(try client.exchange(HTTP2Client.fields("GET", "/echo")).status == 200) }
        }
    }

    /// A request with so many fields of so many bytes, in as many CONTINUATION frames as they need.
    private static func block(ofFields count: Int, _ size: Int, on stream: UInt32) -> [Frame] {
        let fields = (0..<count).map { ("x-\($0)", String(repeating: "y", count: size)) }
        let block = HTTP2Client.block(HTTP2Client.fields("GET", "/echo", fields))
        return Swift.stride(from: 0, to: block.count, by: 16_000).map { start in
            let end = min(start + 16_000, block.count)
            let flags: UInt8 = (start == 0 ? 1 : 0) | (end == block.count ? 4 : 0)
            return Frame(kind: start == 0 ? .headers : .continuation, flags: flags, stream: stream, payload: Array(block[start..<end]))
        }
    }

    // MARK: Floods

    struct Flood: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The nth part, on a stream of its own if it needs one.
        let part: @Sendable (UInt32) -> [Frame]
        /// Whether GOAWAY says why the connection ends; a window that is wrong resets the stream and ends the connection at once.
        let isTold: Bool

        init(_ description: String, isTold: Bool = true, part: @escaping @Sendable (UInt32) -> [Frame]) {
            testDescription = description
            self.isTold = isTold
            self.part = part
        }
    }

    static let request = HTTP2Client.block(HTTP2Client.fields("GET", "/echo"))

    static let floods: [Flood] = [
        Flood("rapid reset (CVE-2023-44487)") { stream in
            [
                Frame(kind: .headers, flags: 5, stream: stream, payload: request),
                Frame(kind: .rstStream, stream: stream, payload: [0, 0, 0, 8]),
            ]
        },
        Flood("made you reset: a window increment of nothing", isTold: false) { stream in
            [
                Frame(kind: .headers, flags: 4, stream: stream, payload: request),
                Frame(kind: .windowUpdate, stream: stream, payload: [0, 0, 0, 0]),
            ]
        },
        Flood("made you reset: a window that overflows", isTold: false) { stream in
            [
                Frame(kind: .headers, flags: 4, stream: stream, payload: request),
                Frame(kind: .windowUpdate, stream: stream, payload: [0x7F, 0xFF, 0xFF, 0xFF]),
            ]
        },
        Flood("made you reset: malformed requests") { stream in
            [Frame(kind: .headers, flags: 5, stream: stream, payload: HTTP2Client.block([(":method", "GET")]))]
        },
        Flood("PING") { _ in [Frame(kind: .ping, payload: [0, 0, 0, 0, 0, 0, 0, 1])] },
        Flood("SETTINGS") { _ in [Frame(kind: .settings)] },
        Flood("PRIORITY") { stream in [Frame(kind: .priority, stream: stream, payload: [0, 0, 0, 0, 1])] },
        Flood("empty DATA") { stream in
            stream == 1 ? [Frame(kind: .headers, flags: 4, stream: 1, payload: request)] : [Frame(kind: .data, stream: 1)]
        },
        Flood("CONTINUATION without end") { stream in
            [
                Frame(
                    kind: stream == 1 ? .headers : .continuation, stream: 1,
                    payload: stream == 1 ? request : HTTP2Client.block([("x", "y")]))
            ]
        },
    ]

    @Test("a flood ends the connection before long, costs little, and harms nobody else", arguments: floods)
    func flood(flood: Flood) async throws {
        _ = try await HTTP2Tests.run { gateway, backend in
            let client = try HTTP2Client(port: gateway.port)
            var sent = 0
            let before = try await Self.processorSeconds(of: gateway)
            // Far more than is allowed; the server hangs up in between.
            for n in 0..<5000 as Range<UInt32> {
                do { try client.send(flood.part(2 * n + 1)) } catch { break }
                sent += 1
                if client.isClosed { break }
            }
            let frames = try client.framesToEnd()
            #expect(frames.contains { $0.kind == .goAway && $0.errorCode != 0 } == flood.isTold)
            #expect(sent < 5000)
            let cost = try await Self.processorSeconds(of: gateway) - before
            #expect(cost < 5)
            let other = try HTTP2Client(port: gateway.port)
            #expect(try other.exchange(HTTP2Client.fields("GET", "/session", [HTTP2Tests.bearer(gateway)])).status == 200)
        }
    }

    /// Of the gateway's event loop, of which it has one here.
    static func processorSeconds(of gateway: TestGateway) async throws -> Double {
        try await gateway.listener.eventLoop.submit {
            var time = timespec()
            // The pointer is to a local that outlives the call.
            unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        .get()
    }

    @Test("no more than 100 streams are open at a time, and the client is told so")
    func concurrency() async throws {
        _ = try await HTTP2Tests.run { gateway, _ in
            let client = try HTTP2Client(port: gateway.port)
            let settings = try #require(try client.wait(for: .settings))
            #expect(settings.payload.contains([0, 3, 0, 0, 0, 100]))
            for _ in 0..<100 { try client.request(HTTP2Client.fields("POST", "/echo"), endsStream: false) }
            let excess = try client.request(HTTP2Client.fields("POST", "/echo"), endsStream: false)
            var end: Frame?
            while end == nil, let frame = try client.frame() {
                if frame.kind == .goAway || frame.kind == .rstStream && frame.stream == excess { end = frame }
            }
            #expect(end?.errorCode ?? 0 != 0)
        }
    }

    @Test("bytes that are no HTTP/2 end the connection")
    func noise() async throws {
        _ = try await HTTP2Tests.run { gateway, _ in
            let client = try TLSClient(port: gateway.port, try TLSCertificates.get(), .init(protocols: ["h2"]))
            try client.send("GET / HTTP/1.1\r\nHost: gateway.test\r\n\r\n")
            _ = try client.inbox.takeAll()
            #expect(client.inbox.isClosed)
        }
    }
}
