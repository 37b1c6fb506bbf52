import Foundation
import GatewayServer
import GatewayTesting
import HTTPWire
import StrictJSON
import Testing

@Suite("Bodies over real sockets", .ownThread)
struct BodyTests {
    static let customer = #"{"name":"Ada Ltd","contactEmail":"ada@example.com"}"#

    static func create(_ gateway: TestGateway, _ lines: String, _ body: String, type: String = "application/json") -> String {
        "POST /api/provisioning/customers HTTP/1.1\r\nHost: a\r\n\(gateway.bearer("acme"))Content-Type: \(type)\r\n\(lines)\r\n\(body)"
    }

    @Test("a counted and a chunked body create the same customer, whole or in pieces")
    func created() async throws {
        try await TestGateway.run { gateway in
            let counted = try gateway.send(Self.create(gateway, "Content-Length: \(Self.customer.utf8.count)\r\n", Self.customer))
            #expect(counted.status == 201)
            #expect(counted["location"]?.hasPrefix("/api/provisioning/customers/cus_") == true)
            let chunked =
                "a\r\n\(Self.customer.prefix(10))\r\n\(String(Self.customer.utf8.count - 10, radix: 16))\r\n\(Self.customer.dropFirst(10))\r\n0\r\nX: y\r\n\r\n"
            let client = try RawClient(port: gateway.port)
            for byte in Self.create(gateway, "Transfer-Encoding: chunked\r\n", chunked).utf8 { try client.send([byte]) }
            let response = try client.response()
            #expect(response.status == 201)
            #expect(response.json?["name"]?.string == "Ada Ltd")
            let location = try #require(response["location"])
            try client.send("GET \(location) HTTP/1.1\r\nHost: a\r\n\(gateway.bearer("acme"))\r\n")
            #expect(try client.response().status == 200)
            let foreign = try gateway.get(location, gateway.bearer("other"))
            #expect(foreign.status == 404)
        }
    }

    @Test("a body that is announced too large is refused before it is sent, and no 100 is given")
    func tooLarge() async throws {
        try await TestGateway.run { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(Self.create(gateway, "Content-Length: 1025\r\nExpect: 100-continue\r\n", ""))
            let response = try client.response()
            #expect(response.status == 413)
            #expect(response.code == "body_too_large")
            #expect(response["connection"] == "close")
            #expect(try client.isClosed())
        }
    }

    @Test("a chunked body that grows too large is refused on the way")
    func growsTooLarge() async throws {
        let log = try await TestGateway.run { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(
                Self.create(gateway, "Transfer-Encoding: chunked\r\n", "400\r\n" + String(repeating: "a", count: 1024) + "\r\n1\r\n"))
            try client.send("b")
            #expect(try client.response().status == 413)
            #expect(try client.isClosed())
        }
        #expect(log.first?["reason"]?.string == "body_too_large")
        #expect(log.first?["decision"]?.string == "deny")
    }

    @Test("100 Continue comes after authorization and only then (F-12)")
    func continues() async throws {
        try await TestGateway.run { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(Self.create(gateway, "Content-Length: \(Self.customer.utf8.count)\r\nExpect: 100-continue\r\n", ""))
            #expect(try client.response().status == 100)
            try client.send(Self.customer)
            #expect(try client.response().status == 201)
            let stranger = try RawClient(port: gateway.port)
            try stranger.send("POST /api/provisioning/customers HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            #expect(try stranger.response().status == 401)
        }
    }

    @Test(
        "the wrong content type is refused before the body is read",
        arguments: ["text/plain", "application/jsonx", "", "multipart/form-data; boundary=application/json"])
    func contentType(type: String) async throws {
        try await TestGateway.run { gateway in
            let response = try gateway.send(Self.create(gateway, "Content-Length: 2\r\n", "{}", type: type))
            #expect(response.status == 415)
            #expect(response.code == "unsupported_media_type")
        }
    }

    @Test("the body of a refused request is no request of its own (F-02)")
    func refusedBody() async throws {
        let log = try await TestGateway.run { gateway in
            let client = try RawClient(port: gateway.port)
            let hidden = "GET /session HTTP/1.1\r\nHost: a\r\n\(gateway.bearer("acme"))\r\n"
            try client.send("GET /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)")
            #expect(try client.response().status == 404)
            try client.send(
                "GET /elsewhere HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(String(hidden.utf8.count, radix: 16))\r\n\(hidden)\r\n0\r\n\r\n"
            )
            #expect(try client.response().status == 404)
            try client.send("GET /hello2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try client.response().status == 404)
            #expect(try client.isClosed())
        }
        #expect(log.map { $0["path"]?.string } == ["/nowhere", "/elsewhere", "/hello2"])
    }

    @Test("a malformed chunk ends the connection with 400")
    func badChunk() async throws {
        try await TestGateway.run { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(Self.create(gateway, "Transfer-Encoding: chunked\r\n", "5;a=\n1\r\nhello\r\n0\r\n\r\n"))
            #expect(try client.response().status == 400)
            #expect(try client.isClosed())
        }
    }

    @Test("a head or a body that does not come in time is answered 408 and closed")
    func timeouts() async throws {
        let limits = ServerLimits(headTimeout: 100, bodyTimeout: 100, idleTimeout: 200)
        try await TestGateway.run(limits: limits) { gateway in
            let head = try RawClient(port: gateway.port)
            try head.send("GET /session HTTP/1.1\r\nHost:")
            #expect(try head.response().code == "request_timeout")
            #expect(try head.isClosed())
            let body = try RawClient(port: gateway.port)
            try body.send(Self.create(gateway, "Content-Length: 5\r\n", "a"))
            #expect(try body.response().status == 408)
            let idle = try RawClient(port: gateway.port)
            #expect(try idle.isClosed())
        }
    }

    @Test("limits of target, headers and header count are 414 and 431 (F-07, F-10)")
    func limits() async throws {
        try await TestGateway.run { gateway in
            let rows = [
                ("/" + String(repeating: "a", count: 8192), "", 414), ("/" + String(repeating: "a", count: 70_000), "", 414),
                ("/x", String(repeating: "a: b\r\n", count: 100), 431), ("/x", "a: \(String(repeating: "b", count: 33_000))\r\n", 431),
            ]
            for (path, lines, status) in rows {
                let response = try gateway.get(path, lines)
                #expect(response.status == status)
            }
        }
    }

    @Test("what is done for a client that has left meanwhile is recorded all the same")
    func left() async throws {
        let store = HeldStore()
        let log = try await TestGateway.run(edge: Edge(store: store)) { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(
                Self.create(gateway, "Content-Length: \(Self.customer.utf8.count)\r\nIdempotency-Key: 1\r\n", Self.customer))
            await store.waitForCall()
            client.socket.reset()
            // Handled by the loop before what is asked of it afterwards: a request on another connection.
            #expect(try gateway.get("/session", gateway.bearer("acme")).status == 200)
            store.release()
            let end = ContinuousClock.now + .seconds(RawSocket.patience)
            while ContinuousClock.now < end, !((try? String(contentsOf: gateway.log, encoding: .utf8)) ?? "").contains("POST") {}
        }
        #expect(log.map { $0["method"]?.string } == ["GET", "POST"])
        #expect(log.last?["status"]?.integer == 503)
    }

    @Test("a client that sends many requests and then its end gets every answer whole, however slowly it reads")
    func halfClosed() async throws {
        try await TestGateway.run { gateway in
            let client = try RawClient(port: gateway.port, receiveBuffer: 4096)
            let request = "GET /session HTTP/1.1\r\nHost: gateway.test\r\n\(gateway.bearer("acme"))\r\n"
            // More than the gateway has room for until the client reads.
            let count = 300
            try client.send(String(repeating: request, count: count))
            client.finish()
            for _ in 0..<count { #expect(try client.response().status == 200) }
            #expect(try client.isClosed())
        }
    }

    @Test("a stop does not cut short what a client has not read yet")
    func stopWhileReading() async throws {
        let gateway = try await TestGateway()
        let client = try RawClient(port: gateway.port, receiveBuffer: 4096)
        let request = "GET /session HTTP/1.1\r\nHost: gateway.test\r\n\(gateway.bearer("acme"))\r\n"
        let count = 300
        try client.send(String(repeating: request, count: count))
        #expect(try client.response().status == 200)
        let stop = Task { try await gateway.server.stop([gateway.listener, gateway.admin, gateway.decide], within: 10) }
        var answered = 1
        while let response = try? client.response(), response.status == 200 { answered += 1 }
        // Those that were not begun are not answered; none is answered by half.
        #expect(answered <= count)
        #expect(try client.isClosed())
        try await stop.value
    }

    @Test("a stop lets the request in flight finish and closes idle connections")
    func stop() async throws {
        let gateway = try await TestGateway()
        let idle = try RawClient(port: gateway.port)
        let busy = try RawClient(port: gateway.port)
        try busy.send(Self.create(gateway, "Content-Length: \(Self.customer.utf8.count)\r\nExpect: 100-continue\r\n", ""))
        #expect(try busy.response().status == 100)
        async let stopped: Void = gateway.server.stop([gateway.listener, gateway.admin], within: 5)
        #expect(try idle.isClosed())
        try busy.send(Self.customer)
        let response = try busy.response()
        #expect(response.status == 201)
        #expect(response["connection"] == "close")
        try await stopped
        #expect(throws: RawClient.Failure.self) { try RawClient(port: gateway.port) }
    }
}
