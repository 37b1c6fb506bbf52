import Foundation
import GatewayTesting
import StrictJSON
import Testing

@Suite("Forwarding: WebSocket", .ownThread)
struct WebSocketTests {
    static let upgrade =
        "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    static let switched =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

    /// Switches and sends back what comes, until `bye`.
    static let echo = UpstreamScript { connection, request in
        try connection.send(switched)
        while true {
            let bytes = try connection.readSome()
            if bytes.isEmpty { return false }
            try connection.socket.send(bytes)
            if bytes.suffix(3).elementsEqual(Array("bye".utf8)) { return false }
        }
    }

    @Test("bytes pass both ways after the switch, the early ones too, and the end passes as well")
    func echoes() async throws {
        let log = try await ForwardingGateway.run(Self.echo) { it in
            let client = try it.client()
            try client.send(it.request("GET /socket", Self.upgrade) + "early\0\u{1}")
            let response = try client.response()
            #expect(response.status == 101)
            #expect(response["upgrade"] == "websocket")
            #expect(response["connection"] == "upgrade")
            #expect(response["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            #expect(try client.take(7) == "early\0\u{1}")
            for index in 0..<50 {
                try client.send("frame \(index)\r\n\r\n")
                #expect(try client.take("frame \(index)\r\n\r\n".utf8.count) == "frame \(index)\r\n\r\n")
            }
            try client.send("bye")
            #expect(try client.take(3) == "bye")
            #expect(try client.isClosed())
            let request = try #require(it.app.requests.first)
            #expect(request["upgrade"] == "websocket")
            #expect(request["connection"] == "upgrade")
            #expect(request["sec-websocket-key"] == "dGhlIHNhbXBsZSBub25jZQ==")
            #expect(request["x-gatehouse-subject"] == "acme")
            #expect(request.values("authorization").isEmpty)
        }
        #expect(log.map { $0["status"]?.integer } == [101])
    }

    @Test("the client's end is the upstream's end")
    func clientEnds() async throws {
        try await ForwardingGateway.run(Self.echo) { it in
            let client = try it.client()
            try client.send(it.request("GET /socket", Self.upgrade))
            #expect(try client.response().status == 101)
            client.socket.close()
            try it.app.wait(for: "the end") { $0.ended == 1 }
        }
    }

    @Test("nothing is switched without a credential, on a route that does not say so, or by an upstream that was not asked")
    func refused() async throws {
        try await ForwardingGateway.run(
            .each(.normal, .bytes(Self.switched), .normal, .bytes(Self.switched.replacing("websocket", with: "h2c")), .normal)
        ) { it in
            try it.refused(it.request("GET /socket", Self.upgrade, isAnonymous: true), 401, code: "unauthenticated")
            // A route without `upgrade`: an ordinary request.
            let plain = try it.forwarded(it.request("GET /app/x", Self.upgrade))
            #expect(plain.values("upgrade").isEmpty && plain.values("connection").isEmpty)
            // Not asked for, but switched: nobody knows what the bytes behind it are.
            #expect(try it.send(it.request("POST /app/x")).status == 502)
            // Asked for, but answered otherwise.
            let client = try it.client()
            try client.send(it.request("GET /socket", Self.upgrade + "X-Request-Id: request-0001\r\n"))
            #expect(try client.response().body == "request request-0001")
            try client.send(it.request("GET /nowhere"))
            #expect(try client.response().status == 404)
            // Switched to something else than was asked for.
            let other = try it.send(it.request("GET /socket", Self.upgrade))
            #expect(other.code == "bad_upstream")
            // With a body it is no handshake.
            let withBody = try it.forwarded(it.request("GET /socket", Self.upgrade, body: "hello"))
            #expect(withBody.values("upgrade").isEmpty)
        }
    }

    @Test("each side is held back when the other does not read")
    func backpressure() async throws {
        let large = StreamingTests.large
        let gate = Gate()
        let app = try RecordingUpstream(
            UpstreamScript { connection, _ in
                try connection.send(Self.switched)
                try gate.wait()
                var count = 0
                while count < large {
                    let bytes = try connection.readSome()
                    if bytes.isEmpty { return false }
                    count += bytes.count
                }
                try connection.send("all")
                return false
            }, receiveBuffer: 65536
        )
        defer { app.stop() }
        try await ForwardingGateway.run(configure: { _ in [.app(app)] }) { it in
            let client = try it.client()
            try client.send(it.request("GET /socket", Self.upgrade))
            #expect(try client.response().status == 101)
            let sent = Counter()
            let socket = client.socket
            Thread.detachNewThread {
                do {
                    for _ in 0..<large / StreamingTests.part.count {
                        try socket.send(StreamingTests.part)
                        sent.add(StreamingTests.part.count)
                    }
                } catch { return }
            }
            #expect(StreamingTests.settled { sent.count } < large / 2)
            gate.open()
            #expect(try client.take(3) == "all")
        }
    }
}
