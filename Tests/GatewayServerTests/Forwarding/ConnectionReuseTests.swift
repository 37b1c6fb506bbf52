import Foundation
import GatewayServer
import GatewayTesting
import StrictJSON
import Testing

/// When a connection to an upstream serves another request, and what happens when it cannot.
@Suite("Forwarding: connections, retries and servers that fail", .ownThread)
struct ConnectionReuseTests {
    @Test("one connection serves one request after the other, of whichever client")
    func reuse() async throws {
        try await ForwardingGateway.run { it in
            for index in 0..<20 {
                let response = try it.send(
                    it.request("POST /app/x", "X-Request-Id: request-\(index)\r\n", body: String(repeating: "b", count: index * 100 + 1)))
                #expect(response.body == "request request-\(index)")
            }
            #expect(it.app.usedConnections == 1)
            #expect(it.app.requests.map(\.body.count) == (0..<20).map { $0 * 100 + 1 })
        }
    }

    @Test("F-11: a connection whose upstream answered before the end of the request is never used again (CVE-2026-71324)")
    func early() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly"
        try await ForwardingGateway.run(.each(.early(answer), .normal)) { it in
            let client = try it.client()
            try client.send(it.request("POST /app/x", "Content-Length: 10\r\n") + "half")
            let response = try client.response()
            #expect(response.body == "early")
            // What is still to come belongs to the request that was answered.
            #expect(response["connection"] == "close")
            try? client.send("GET /a")
            #expect(try client.isClosed())
            try it.app.wait(for: "the end of the first connection") { $0.ended == 1 }
            #expect(try it.send(it.request("GET /app/y", "X-Request-Id: request-0002\r\n")).body == "request request-0002")
            #expect(it.app.usedConnections == 2)
        }
    }

    @Test("F-11: nor is one whose answer had only begun before the end of the request (CVE-2026-71324)")
    func earlyHead() async throws {
        let gate = Gate()
        let script = UpstreamScript { connection, request in
            if request.target.hasSuffix("y") {
                try connection.send(UpstreamScript.answer(to: request))
                return true
            }
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
            try connection.readBody(&request)
            try gate.wait()
            try connection.send("early")
            return true
        }
        try await ForwardingGateway.run(script) { it in
            let client = try it.client()
            try client.send(it.request("POST /app/x", "Content-Length: 10\r\n") + "half")
            #expect(try client.head()["connection"] == "close")
            try client.send("-whole")
            try it.app.wait(for: "the whole request") { $0.requests.first?.isWhole == true }
            gate.open()
            #expect(try client.take(5) == "early")
            #expect(try client.isClosed())
            #expect(try it.send(it.request("GET /app/y", "X-Request-Id: request-0002\r\n")).body == "request request-0002")
            #expect(it.app.usedConnections == 2)
        }
    }

    @Test("F-11: bytes that come when nobody has asked end the connection and reach nobody")
    func unasked() async throws {
        let gate = Gate()
        let script = UpstreamScript { connection, request in
            try connection.readBody(&request)
            try connection.send(UpstreamScript.answer(to: request))
            guard connection.index == 0 else { return true }
            try gate.wait()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            try connection.readToEnd()
            return false
        }
        try await ForwardingGateway.run(script) { it in
            #expect(try it.send(it.request("GET /app/x", "X-Request-Id: request-0001\r\n")).body == "request request-0001")
            gate.open()
            try it.app.wait(for: "the end of the connection") { $0.ended == 1 }
            #expect(try it.send(it.request("GET /app/x", "X-Request-Id: request-0002\r\n")).body == "request request-0002")
            #expect(it.app.usedConnections == 2)
        }
    }

    /// Answers once on each connection, and ends it when the second request has come, as a server does whose keep-alive has run out.
    static let stale = UpstreamScript { connection, request in
        if connection.index == 0, request.target.hasSuffix("second") { return false }
        try connection.readBody(&request)
        try connection.send(UpstreamScript.answer(to: request))
        return true
    }

    @Test("a request that meets a stale connection is sent again where that is harmless", arguments: ["GET", "PUT", "DELETE", "HEAD"])
    func retried(method: String) async throws {
        try await ForwardingGateway.run(Self.stale, configure: { [TestUpstream("app", [$0.port])] }) { it in
            _ = try it.send(it.request("GET /app/first"))
            let response = try it.send(it.request("\(method) /app/second", "X-Request-Id: request-0002\r\n"), isHead: method == "HEAD")
            #expect(response.status == 200)
            #expect(it.app.requests.filter { $0.target.hasSuffix("second") }.map(\.connection) == [0, 1])
        }
    }

    @Test("an empty chunked body is ended again with the second attempt")
    func retriedChunked() async throws {
        try await ForwardingGateway.run(Self.stale) { it in
            _ = try it.send(it.request("GET /app/first"))
            let response = try it.send(it.request("PUT /app/second", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n")
            #expect(response.status == 200)
            #expect(it.app.requests.last?.isWhole == true)
        }
    }

    @Test(
        "a POST or PATCH that was sent is not sent again, nor is anything whose body has begun to leave",
        arguments: ["POST", "PATCH", "PUT with a body"])
    func notRetried(row: String) async throws {
        try await ForwardingGateway.run(Self.stale) { it in
            _ = try it.send(it.request("GET /app/first"))
            let method = row.split(separator: " ")[0]
            let response = try it.send(it.request("\(method) /app/second", body: row.contains("body") ? "hello" : ""))
            #expect(response.status == 502)
            #expect(response.code == "bad_upstream")
            #expect(it.app.requests.filter { $0.target.hasSuffix("second") }.count == 1)
        }
    }

    @Test("a retry takes a fresh connection: several stale ones do not use the attempts up")
    func severalStale() async throws {
        let gate = Gate()
        let script = UpstreamScript { connection, request in
            if request.target.hasSuffix("second"), connection.index < 4 { return false }
            if connection.index < 4 { try gate.wait() }
            try connection.send(UpstreamScript.answer(to: request))
            return true
        }
        try await ForwardingGateway.run(script) { it in
            let clients = try (0..<4).map { _ in try it.client() }
            for client in clients { try client.send(it.request("GET /app/first")) }
            try it.app.wait(for: "four requests at once") { $0.requests.count == 4 }
            gate.open()
            for client in clients { #expect(try client.response().status == 200) }
            #expect(it.app.usedConnections == 4)
            #expect(try it.send(it.request("GET /app/second")).status == 200)
        }
    }

    @Test("nobody listens: 502 as a problem, then 503 with Retry-After while the server is left out, and recovery by itself")
    func refusedAndBack() async throws {
        let gone = try RawSocket.holdingPort()
        try await ForwardingGateway.run(configure: { _ in [TestUpstream("app", [gone.port], retries: 0)] }) { it in
            var statuses: [Int] = []
            for method in ["GET", "POST", "GET", "GET"] {
                let response = try it.send(it.request("\(method) /app/x"))
                #expect(response["content-type"] == "application/problem+json")
                if response.status == 503 {
                    #expect(response.code == "no_upstream")
                    #expect(response["retry-after"] != nil)
                }
                statuses.append(response.status)
            }
            #expect(statuses == [502, 502, 502, 503])
            let back = try RecordingUpstream(port: gone.port)
            defer { back.stop() }
            try waitUntil("the server is taken back") { try it.send(it.request("GET /app/x")).status == 200 }
        }
    }

    @Test("an endpoint that resets every request does not close the others of the only server")
    func lastServer() async throws {
        let script = UpstreamScript { connection, request throws in
            if request.target.hasPrefix("/app/bad") { return false }
            try connection.send(UpstreamScript.answer(to: request))
            return true
        }
        try await ForwardingGateway.run(script, configure: { [TestUpstream("app", [$0.port], retries: 0)] }) { it in
            for _ in 0..<5 {
                let bad = try it.send(it.request("GET /app/bad"))
                #expect(bad.status == 502)
            }
            let good = try it.send(it.request("GET /app/x"))
            #expect(good.status == 200)
        }
    }

    @Test("with one server dead, every request is answered by the other, whatever its method")
    func otherServer() async throws {
        let gone = try RawSocket.holdingPort()
        try await ForwardingGateway.run(configure: { [TestUpstream("app", [gone.port, $0.port])] }) { it in
            for index in 0..<20 {
                let response = try it.send(it.request(index % 2 == 0 ? "GET /app/x" : "POST /app/x", body: index % 2 == 0 ? "" : "hello"))
                #expect(response.status == 200)
            }
        }
    }

    @Test("requests go to the server with the fewest under way")
    func leastOutstanding() async throws {
        let gate = Gate()
        let other = try RecordingUpstream(.gated(gate))
        defer { other.stop() }
        try await ForwardingGateway.run(.gated(gate), configure: { [TestUpstream("app", [other.port, $0.port])] }) { it in
            let clients = try (0..<8).map { _ in try it.client() }
            for (index, client) in clients.enumerated() {
                try client.send(it.request("GET /app/x"))
                try waitUntil("it is with one of them") { it.app.record.requests.count + other.record.requests.count == index + 1 }
            }
            #expect(it.app.record.requests.count == 4)
            #expect(other.record.requests.count == 4)
            gate.open()
            for client in clients { #expect(try client.response().status == 200) }
        }
    }

    @Test("an upstream that is silent is 504, once; its connection ends")
    func silent() async throws {
        try await ForwardingGateway.run(.silent, configure: { [TestUpstream("app", [$0.port], response: 300)] }) { it in
            let response = try it.send(it.request("GET /app/x"))
            #expect(response.status == 504)
            #expect(response.code == "upstream_timeout")
            #expect(response["content-type"] == "application/problem+json")
            try it.app.wait(for: "the end") { $0.ended == 1 }
            #expect(it.app.requests.count == 1)
        }
    }

    @Test("a route's own timeout goes before the upstream's")
    func routeTimeout() async throws {
        try await ForwardingGateway.run(.silent) { it in
            let begun = ContinuousClock.now
            let response = try it.send(it.request("GET /hasty"))
            #expect(response.code == "upstream_timeout")
            // The upstream's is 15 s.
            #expect(ContinuousClock.now - begun < .seconds(10))
        }
    }

    @Test("an upstream that takes no connection is 504, not a hang")
    func connectTimeout() async throws {
        // One in the queue of a listener that accepts none, and no place for a second: its SYN gets no answer.
        let full = try RawSocket.listening(backlog: 0)
        let waiting = try RawSocket(connectingTo: full.port)
        try await ForwardingGateway.run(configure: { _ in [TestUpstream("app", [full.port], connect: 300, retries: 0)] }) { it in
            let response = try it.send(it.request("GET /app/x"))
            #expect(response.status == 504)
            #expect(response.code == "upstream_timeout")
        }
        waiting.close()
    }

    @Test("when every connection is in use, more requests are 503 overloaded at once, and served again afterwards")
    func full() async throws {
        let gate = Gate()
        try await ForwardingGateway.run(.gated(gate), configure: { [TestUpstream("app", [$0.port], connections: 2)] }) { it in
            let held = try (0..<2).map { _ in try it.client() }
            for client in held { try client.send(it.request("GET /app/x")) }
            try it.app.wait(for: "two requests") { $0.requests.count == 2 }
            let response = try it.send(it.request("GET /app/x"))
            #expect(response.status == 503)
            #expect(response.code == "overloaded")
            #expect(response["retry-after"] != nil)
            gate.open()
            for client in held { #expect(try client.response().status == 200) }
            #expect(try it.send(it.request("GET /app/x")).status == 200)
        }
    }

    @Test("connections that only wait are in nobody's way: one ends for a health check, and for a request that needs a new one")
    func waitingGiveWay() async throws {
        let gate = Gate()
        let script = UpstreamScript { connection, request in
            if request.target == "/health" {
                try connection.send("HTTP/1.1 \(gate.isOpen ? 503 : 200) X\r\nContent-Length: 0\r\n\r\n")
                return false
            }
            try connection.send(UpstreamScript.answer(to: request))
            return true
        }
        let health = UpstreamTarget.Health(path: "/health", intervalMilliseconds: 50)
        try await ForwardingGateway.run(script, configure: { [TestUpstream("app", [$0.port], connections: 1, health: health)] }) { it in
            #expect(try it.send(it.request("GET /app/x")).status == 200)
            // With the one connection waiting, the server is asked all the same.
            let asked = it.app.requests.count
            try it.app.wait(for: "health checks") { $0.requests.count >= asked + 3 }
            gate.open()
            let end = ContinuousClock.now + .seconds(RawSocket.patience)
            var status = 200
            while status == 200, ContinuousClock.now < end { status = try it.send(it.request("GET /app/x")).status }
            #expect(status == 503)
        }
    }

    @Test("connections that have waited for longer than `timeout.idle` end")
    func idleTimeout() async throws {
        try await ForwardingGateway.run(configure: { [TestUpstream("app", [$0.port], idle: 300)] }) { it in
            #expect(try it.send(it.request("GET /app/x")).status == 200)
            try it.app.wait(for: "the end") { $0.ended == 1 }
        }
    }

    @Test("requests that end before their upstream is connected to take no connection with them", arguments: 0..<4)
    func endedEarly(way: Int) async throws {
        try await ForwardingGateway.run(configure: { [TestUpstream("app", [$0.port], connections: 2)] }) { it in
            let chunked = "POST /public/x HTTP/1.1\r\nHost: gateway.test\r\nTransfer-Encoding: chunked\r\n\r\n"
            for _ in 0..<8 {
                let client = try it.client()
                switch way {
                case 0:
                    try client.send(chunked + "5\r\nhello\r\nzz\r\n")
                    #expect(try client.response().status == 400)
                case 1:
                    try client.send(chunked + "1100\r\n" + String(repeating: "x", count: 0x1100) + "\r\n")
                    #expect(try client.response().status == 413)
                case 2:
                    try client.send("GET /public/x HTTP/1.1\r\nHost: gateway.test\r\n\r\n")
                    client.socket.reset()
                default:
                    try client.send("POST /public/x HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 10\r\n\r\nhello")
                    client.socket.reset()
                }
            }
            // What the clients left is noticed when their resets are.
            let end = ContinuousClock.now + .seconds(RawSocket.patience)
            var response = try it.send(it.request("GET /app/x"))
            while response.status == 503, ContinuousClock.now < end { response = try it.send(it.request("GET /app/x")) }
            #expect(response.status == 200)
        }
    }

    @Test("a server that its health check finds ill is left out, and taken back when it is well")
    func health() async throws {
        let isWell = Gate()
        let sick = try RecordingUpstream(
            UpstreamScript { connection, request in
                let well = isWell.isOpen
                if request.target == "/health" {
                    try connection.send("HTTP/1.1 \(well ? 200 : 503) X\r\nContent-Length: 0\r\n\r\n")
                    return false
                }
                try connection.send(UpstreamScript.answer(to: request))
                return true
            }
        )
        defer { sick.stop() }
        let script = UpstreamScript { connection, request in
            try connection.send(UpstreamScript.answer(to: request))
            return request.target != "/health"
        }
        try await ForwardingGateway.run(
            script, configure: { [TestUpstream("app", [sick.port, $0.port], health: .init(path: "/health", intervalMilliseconds: 50))] }
        ) { it in
            try waitUntil("the sick server is found out") { sick.record.requests.filter { $0.target == "/health" }.count >= 2 }
            let before = sick.record.requests.filter { $0.target == "/app/x" }.count
            for _ in 0..<20 { #expect(try it.send(it.request("GET /app/x")).status == 200) }
            #expect(sick.record.requests.filter { $0.target == "/app/x" }.count == before)
            let probe = try #require(sick.requests.first { $0.target == "/health" })
            #expect(probe["x-gatehouse-caller"] == nil)
            isWell.open()
            try waitUntil("the server is taken back") {
                _ = try it.send(it.request("GET /app/x"))
                return sick.record.requests.contains { $0.target == "/app/x" }
            }
        }
    }

    @Test("a health check does not hang on a server that says nothing")
    func silentHealth() async throws {
        try await ForwardingGateway.run(
            .silent, configure: { [TestUpstream("app", [$0.port], connect: 200, health: .init(path: "/health", intervalMilliseconds: 50))] }
        ) { it in
            try waitUntil("503") { try it.send(it.request("POST /nowhere")).status == 404 && it.app.record.ended > 1 }
            #expect(try it.send(it.request("GET /app/x")).code == "no_upstream")
        }
    }

    @Test("a client that is slow, or a WebSocket that ends, is no failure of the server")
    func notTheServersFault() async throws {
        let script = UpstreamScript { connection, request in
            if request.target == "/socket" {
                try connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
                _ = try connection.readSome()
                return false
            }
            try connection.send(UpstreamScript.answer(to: request))
            return true
        }
        try await ForwardingGateway.run(script) { it in
            let clients = try (0..<6).map { _ in try it.client() }
            for client in clients {
                try client.send(it.request("GET /socket", "Connection: Upgrade\r\nUpgrade: websocket\r\n"))
                #expect(try client.response().status == 101)
            }
            for client in clients { try client.send("bye") }
            for client in clients { #expect(try client.isClosed()) }
            #expect(try it.send(it.request("GET /app/x")).status == 200)
        }
    }
}
