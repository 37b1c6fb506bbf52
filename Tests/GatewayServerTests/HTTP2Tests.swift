import Foundation
import GatewayServer
import GatewayTesting
import HTTPWire
import NIOCore
import StrictJSON
import Testing

@Suite("HTTP/2", .timeLimit(.minutes(3)), .ownThread)
struct HTTP2Tests {
    /// With an upstream that answers with the head it was sent.
    static func run(
        limits: ServerLimits = ServerLimits(), backend: LoopbackServer.Behaviour = .echo,
        _ body: @Sendable (TestGateway, LoopbackServer) async throws -> Void
    ) async throws -> [JSONElement] {
        let server = try await LoopbackServer(backend)
        let policy = TestGateway.policy.replacing(
            "  - { id: hello,",
            with: "  - { id: echo, methods: [GET, POST, PUT], path: /echo, public: true, to: backend }\n"
                + "  - { id: large, methods: [POST], path: /large, public: true, to: backend, body: { max: 1MiB } }\n  - { id: hello,"
        )
        let edge = Edge(tls: try TLSCertificates.get().server(), upstreams: [server.target()], policy: policy)
        return try await TestGateway.run(limits: limits, edge: edge) { try await body($0, server) }
    }

    static func bearer(_ gateway: TestGateway, _ partner: String = "acme") -> (String, String) {
        ("authorization", "Bearer \(gateway.token(partner))")
    }

    // MARK: The same answers

    @Test("answers what HTTP/1.1 answers, many requests on one connection, each with a decision record")
    func session() async throws {
        let records = try await Self.run { gateway, _ in
            let client = try HTTP2Client(port: gateway.port)
            for _ in 0..<20 {
                let response = try client.exchange(HTTP2Client.fields("GET", "/session", [Self.bearer(gateway)]))
                #expect(response.status == 200)
                #expect(response["content-type"] == "application/json")
                #expect(response["x-request-id"] != nil && response["date"] != nil)
                #expect(response["connection"] == nil)
                #expect(response.text.contains(#""subject":"acme""#))
            }
            let refused = try client.exchange(HTTP2Client.fields("GET", "/session"))
            #expect(refused.status == 401)
            #expect(refused["www-authenticate"] == #"Bearer realm="gatehouse""#)
            #expect(refused.text.contains(#""code":"unauthenticated""#))
        }
        #expect(records.count == 21)
        #expect(records.last?["reason"]?.string == "no_credential")
        #expect(records.allSatisfy { $0["remote"]?.string == "127.0.0.1" })
    }

    @Test("a customer is created from DATA, with a length and without, in one frame and in many", arguments: [true, false], [1, 5])
    func create(hasLength: Bool, frames: Int) async throws {
        _ = try await Self.run { gateway, _ in
            let body = Array(#"{"name":"Ada Ltd","contactEmail":"ada@example.com"}"#.utf8)
            let client = try HTTP2Client(port: gateway.port)
            var fields = HTTP2Client.fields(
                "POST", "/api/provisioning/customers", [Self.bearer(gateway), ("content-type", "application/json")])
            if hasLength { fields.append(("content-length", "\(body.count)")) }
            let stream = try client.request(fields, endsStream: false)
            let size = (body.count + frames - 1) / frames
            for start in stride(from: 0, to: body.count, by: size) {
                let end = min(start + size, body.count)
                try client.send(.init(kind: .data, flags: end == body.count ? 1 : 0, stream: stream, payload: Array(body[start..<end])))
            }
            let response = try client.response(to: stream)
            #expect(response.status == 201)
            #expect(response["location"]?.hasPrefix("/api/provisioning/customers/cus_") == true)
            let location = try #require(response["location"])
            let read = try client.exchange(HTTP2Client.fields("GET", location, [Self.bearer(gateway)]))
            #expect(read.status == 200)
            let etag = try #require(read["etag"])
            let unchanged = try client.exchange(HTTP2Client.fields("GET", location, [Self.bearer(gateway), ("if-none-match", etag)]))
            #expect(unchanged.status == 304 && unchanged.body.isEmpty)
            let head = try client.exchange(HTTP2Client.fields("HEAD", location, [Self.bearer(gateway)]))
            #expect(head.status == 200 && head.body.isEmpty && head["content-length"] == "\(read.body.count)")
        }
    }

    @Test("streams are answered side by side, also when one waits for its body")
    func interleaved() async throws {
        _ = try await Self.run { gateway, _ in
            let client = try HTTP2Client(port: gateway.port)
            let slow = try client.request(HTTP2Client.fields("POST", "/echo"), endsStream: false)
            let quick = (0..<50).compactMap { _ in try? client.request(HTTP2Client.fields("GET", "/session", [Self.bearer(gateway)])) }
            #expect(quick.count == 50)
            for stream in quick { #expect(try client.response(to: stream).status == 200) }
            try client.send(.init(kind: .data, flags: 1, stream: slow, payload: Array("late".utf8)))
            #expect(try client.response(to: slow).status == 200)
        }
    }

    @Test("an upstream gets one HTTP/1.1 request with the fields as they were, cookies in one line, and no trace of HTTP/2")
    func upstream() async throws {
        _ = try await Self.run { gateway, backend in
            let client = try HTTP2Client(port: gateway.port)
            let fields = HTTP2Client.fields(
                "GET", "/echo?q=1", [("cookie", "a=1"), ("te", "trailers"), ("x-mine", "x y"), ("cookie", "b=2"), ("accept", "text/plain")]
            )
            let response = try client.exchange(fields)
            #expect(response.status == 200)
            let lines = response.text.split(separator: "\r\n").map(String.init)
            #expect(lines.first == "GET /echo?q=1 HTTP/1.1")
            #expect(lines.contains("host: gateway.test"))
            #expect(lines.contains("cookie: a=1; b=2"))
            #expect(lines.contains("x-mine: x y"))
            #expect(lines.contains("x-forwarded-proto: https"))
            #expect(!lines.contains { $0.hasPrefix(":") || $0.lowercased().hasPrefix("te:") })
        }
    }

    @Test("trailers end a body and become no headers")
    func trailers() async throws {
        _ = try await Self.run { gateway, backend in
            let client = try HTTP2Client(port: gateway.port)
            let stream = try client.request(HTTP2Client.fields("POST", "/echo"), body: Array("body".utf8), endsStream: false)
            try client.send(.init(kind: .headers, flags: 5, stream: stream, payload: HTTP2Client.block([("authorization", "Bearer x")])))
            let response = try client.response(to: stream)
            #expect(response.status == 200)
            #expect(!backend.text.contains("authorization"))
            #expect(backend.text.hasSuffix("4\r\nbody\r\n0\r\n\r\n"))
        }
    }

    @Test("`Expect: 100-continue` is answered after authorization alone")
    func expectation() async throws {
        _ = try await Self.run { gateway, _ in
            let client = try HTTP2Client(port: gateway.port)
            let more = [("expect", "100-continue"), ("content-type", "application/json"), ("content-length", "2")]
            let allowed = try client.request(
                HTTP2Client.fields("POST", "/api/provisioning/customers", more + [Self.bearer(gateway)]), endsStream: false
            )
            #expect(try client.wait(for: .headers)?.stream == allowed)
            try client.send(.init(kind: .data, flags: 1, stream: allowed, payload: Array("{}".utf8)))
            #expect(try client.response(to: allowed).status == 422)
            let refused = try client.request(HTTP2Client.fields("POST", "/api/provisioning/customers", more), endsStream: false)
            #expect(try client.response(to: refused).status == 401)
        }
    }

    @Test("a request that is refused before its body is there is answered whole and then reset without an error")
    func early() async throws {
        _ = try await Self.run { gateway, _ in
            let client = try HTTP2Client(port: gateway.port)
            for _ in 0..<300 {
                let stream = try client.request(HTTP2Client.fields("POST", "/api/provisioning/customers"), endsStream: false)
                let response = try client.response(to: stream)
                #expect(response.status == 401)
                #expect(response.text.contains("unauthenticated"))
                // Of the body, which was under way.
                try client.send(.init(kind: .data, stream: stream, payload: [1, 2, 3]))
            }
            while client.seen.count(where: { $0.kind == .rstStream }) < 300, try client.frame() != nil {}
            #expect(client.seen.filter { $0.kind == .rstStream }.allSatisfy { $0.errorCode == 0 })
            #expect(try client.exchange(HTTP2Client.fields("GET", "/session", [Self.bearer(gateway)])).status == 200)
        }
    }

    // MARK: Flow control

    @Test("an answer comes in as small pieces as the client's window lets through")
    func smallWindow() async throws {
        _ = try await Self.run { gateway, _ in
            let client = try HTTP2Client(port: gateway.port, settings: [(4, 16)])
            let response = try client.exchange(HTTP2Client.fields("GET", "/session", [Self.bearer(gateway)]))
            #expect(response.status == 200)
            #expect(response.text.hasPrefix("{") && response.text.hasSuffix("}"))
            let sizes = client.seen.filter { $0.kind == .data }.map(\.payload.count)
            #expect(sizes.allSatisfy { $0 <= 16 } && sizes.count > 5)
        }
    }

    @Test("a body above the windows passes, and an upstream that does not read holds back the client")
    func largeBody() async throws {
        _ = try await Self.run { gateway, backend in
            let client = try HTTP2Client(port: gateway.port)
            let stream = try client.request(HTTP2Client.fields("PUT", "/echo"), endsStream: false)
            // The server's window for one stream is 64 KiB; what it gives back is waited for.
            var window = 65_536
            var sent = 0
            while sent < 3 {
                if window >= 16_384 {
                    try client.send(.init(kind: .data, stream: stream, payload: [UInt8](repeating: 97, count: 1024)))
                    window -= 1024
                    sent += 1
                } else if let frame = try client.frame(), frame.kind == .windowUpdate, frame.stream == stream {
                    window += Int(frame.payload.reduce(0) { $0 << 8 | UInt32($1) })
                }
            }
            try client.send(.init(kind: .data, flags: 1, stream: stream))
            #expect(try client.response(to: stream).status == 200)
        }
    }

    // MARK: The end

    @Test("a body that fills its window while the upstream is being connected to passes whole")
    func windowFullAtOnce() async throws {
        _ = try await Self.run { gateway, backend in
            let client = try HTTP2Client(port: gateway.port)
            let stream = try client.request(HTTP2Client.fields("POST", "/large"), endsStream: false)
            // Less than the window, and with what delimits each part more than may wait here.
            let part = [UInt8](repeating: UInt8(ascii: "x"), count: 60)
            try client.send((0..<999).map { _ in HTTP2Client.Frame(kind: .data, stream: stream, payload: part) })
            try client.send(HTTP2Client.Frame(kind: .data, flags: 1, stream: stream, payload: part))
            let response = try client.response(to: stream)
            #expect(response.status == 200)
            #expect(backend.text.filter { $0 == "x" }.count >= 60 * 1000)
        }
    }

    @Test("when the gateway stops, requests in flight are answered and the client is told with GOAWAY")
    func goAway() async throws {
        let certificates = try TLSCertificates.get()
        let backend = try await LoopbackServer(.echo)
        let policy = TestGateway.policy.replacing(
            "path: /hello, public: true, to: provisioning", with: "path: /hello, public: true, to: backend"
        )
        .replacing("methods: [GET], path: /hello", with: "methods: [POST], path: /hello")
        let gateway = try await TestGateway(edge: Edge(tls: try certificates.server(), upstreams: [backend.target()], policy: policy))
        let port = gateway.port
        let client = try HTTP2Client(port: port)
        let stream = try client.request(HTTP2Client.fields("POST", "/hello"), endsStream: false)
        // Not before the request is with the upstream.
        let deadline = ContinuousClock.now + .seconds(10)
        while backend.connectionCount == 0, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        let stop = Task {
            try await gateway.server.stop([gateway.listener, gateway.admin, gateway.decide], within: 10)
        }
        #expect(try client.wait(for: .goAway)?.errorCode == 0)
        try client.send(.init(kind: .data, flags: 1, stream: stream, payload: Array("x".utf8)))
        #expect(try client.response(to: stream).status == 200)
        let frames = try client.framesToEnd()
        let last = frames.last { $0.kind == .goAway }
        #expect(last?.errorCode == 0 && last?.lastStream == stream)
        try await stop.value
    }

    @Test("a connection without a request is closed after the idle time, politely")
    func idle() async throws {
        _ = try await Self.run(limits: ServerLimits(idleTimeout: 300)) { gateway, _ in
            let client = try HTTP2Client(port: gateway.port)
            #expect(try client.exchange(HTTP2Client.fields("GET", "/session", [Self.bearer(gateway)])).status == 200)
            let frames = try client.framesToEnd()
            #expect(frames.last { $0.kind == .goAway }?.errorCode == 0)
        }
    }

    @Test("a client that agrees on HTTP/2 and then says nothing is closed after the time for a head")
    func silent() async throws {
        _ = try await Self.run(limits: ServerLimits(headTimeout: 3000)) { gateway, _ in
            let client = try TLSClient(port: gateway.port, try TLSCertificates.get(), .init(protocols: ["h2"]))
            _ = try client.inbox.takeAll()
            #expect(client.inbox.isClosed)
        }
    }

    @Test("after `requestsPerConnection` requests the connection ends, and no answer is lost")
    func requestLimit() async throws {
        _ = try await Self.run(limits: ServerLimits(requestsPerConnection: 3)) { gateway, _ in
            let client = try HTTP2Client(port: gateway.port)
            let fields = HTTP2Client.fields("GET", "/session", [Self.bearer(gateway)])
            let streams = try (0..<3).map { _ in try client.request(fields) }
            // The connection may be gone by now.
            for _ in 0..<2 { _ = try? client.request(fields) }
            for stream in streams.prefix(3) { #expect(try client.response(to: stream).status == 200) }
            let frames = try client.framesToEnd()
            #expect(frames.last { $0.kind == .goAway }?.lastStream == streams[2])
        }
    }

    // MARK: Without TLS

    @Test("h2c is off: prior knowledge is a malformed request, and `Upgrade: h2c` is not answered")
    func cleartext() async throws {
        try await TestGateway.run { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(HTTP2Client.preface + HTTP2Client.Frame(kind: .settings).bytes)
            #expect(try client.response().status == 400)
            #expect(try client.isClosed())
            let lines = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
            let response = try gateway.get("/session", lines + gateway.bearer("acme"))
            #expect(response.status == 200)
            #expect(response["upgrade"] == nil)
        }
    }

    @Test("curl speaks it")
    func curl() async throws {
        _ = try await Self.run { gateway, _ in
            let certificates = try TLSCertificates.get()
            let process = Process()
            let pipe = Pipe()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
            process.arguments = [
                "--silent", "--http2", "--cacert", certificates.path("ca"), "--resolve", "localhost:\(gateway.port):127.0.0.1",
                "--write-out",
                "%{http_version} %{http_code}", "-H", "Authorization: Bearer \(gateway.token("acme"))", "-d",
                #"{"name":"Ada Ltd","contactEmail":"ada@example.com"}"#, "-H", "Content-Type: application/json",
                "https://localhost:\(gateway.port)/api/provisioning/customers",
            ]
            process.standardOutput = pipe
            try process.run()
            let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            #expect(output.hasSuffix("2 201"), "\(output)")
        }
    }
}
