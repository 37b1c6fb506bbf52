import Foundation
import GatewayServer
import GatewayTesting
import StrictJSON
import Testing

/// Bodies that stream, sides that are slow, and sides that go away.
@Suite("Forwarding: streaming", .ownThread)
struct StreamingTests {
    /// Bytes: more than all kernel buffers of a connection and of the next one hold together.
    static let large = 64 << 20
    static let part = [UInt8]((0..<65536).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })

    /// Waits until a count stands still for some time, and gives it.
    static func settled(for time: Duration = .milliseconds(500), _ count: () -> Int) -> Int {
        var last = count()
        var since = ContinuousClock.now
        while ContinuousClock.now - since < time {
            pause(milliseconds: 10)
            let now = count()
            if now != last { (last, since) = (now, .now) }
        }
        return last
    }

    @Test("a client that does not read holds the upstream back, and gets everything when it does")
    func slowClient() async throws {
        let sent = Counter()
        let script = UpstreamScript { connection, _ in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.large)\r\n\r\n")
            for _ in 0..<Self.large / Self.part.count {
                try connection.socket.send(Self.part)
                sent.add(Self.part.count)
            }
            return true
        }
        try await ForwardingGateway.run(script) { it in
            let client = try it.client(receiveBuffer: 65536)
            try client.send(it.request("GET /app/x"))
            #expect(try client.head().status == 200)
            #expect(Self.settled { sent.count } < Self.large / 2)
            var parts = 0
            while parts < Self.large / Self.part.count, try client.isNext(Self.part) { parts += 1 }
            #expect(parts == Self.large / Self.part.count)
            #expect(sent.count == Self.large)
        }
    }

    @Test("an upstream that does not read holds the client back, and gets everything when it does", arguments: [true, false])
    func slowUpstream(isChunked: Bool) async throws {
        let gate = Gate()
        let app = try RecordingUpstream(
            UpstreamScript { connection, request in
                try gate.wait()
                try connection.readBody(&request)
                try connection.send(UpstreamScript.answer(to: request))
                return true
            }, receiveBuffer: 65536
        )
        defer { app.stop() }
        try await ForwardingGateway.run(configure: { _ in [.app(app)] }) { it in
            let client = try it.client()
            try client.send(it.request("POST /app/x", isChunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: \(Self.large)\r\n"))
            let sent = Counter()
            let socket = client.socket
            Thread.detachNewThread {
                do {
                    for _ in 0..<Self.large / Self.part.count {
                        if isChunked { try socket.send("10000\r\n") }
                        try socket.send(Self.part)
                        if isChunked { try socket.send("\r\n") }
                        sent.add(Self.part.count)
                    }
                    if isChunked { try socket.send("0\r\n\r\n") }
                } catch { return }
            }
            #expect(Self.settled { sent.count } < Self.large / 2)
            gate.open()
            #expect(try client.response().status == 200)
            let body = try #require(app.requests.first?.body)
            #expect(body.count == Self.large)
            #expect(stride(from: 0, to: body.count, by: Self.part.count).allSatisfy { Array(body[$0..<$0 + Self.part.count]) == Self.part })
        }
    }

    @Test("bodies of every size around the buffers' come whole, in one write and in two, with a length and in chunks")
    func sizes() async throws {
        let script = UpstreamScript { connection, request in
            try connection.readBody(&request)
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n")
            try connection.socket.send(request.body)
            return true
        }
        try await ForwardingGateway.run(script) { it in
            let client = try it.client()
            for size in Self.sizes {
                try client.send(it.request("POST /app/x", "Content-Length: \(size)\r\n") + Self.body(size))
                let isSame = try client.response().body == Self.body(size)
                #expect(isSame, "\(size)")
                try client.send(it.request("POST /app/x", "Transfer-Encoding: chunked\r\n") + Self.chunked(size))
                let response = try client.response()
                let isSameChunked = response.body == Self.body(size)
                #expect(isSameChunked, "\(size)")
                #expect(response["connection"] == nil)
            }
            #expect(it.app.usedConnections == 1)
        }
    }

    static let sizes = [1 << 10, 8 << 10, 64 << 10, 128 << 10, 256 << 10].flatMap { base in [-9, -8, -7, -2, -1, 0, 1].map { base + $0 } }

    static func body(_ size: Int) -> String {
        String(String(repeating: "abcdefghijklmnopqrstuvwxyz0123456789", count: size / 36 + 1).prefix(size))
    }

    static func chunked(_ size: Int) -> String { "\(String(size, radix: 16))\r\n\(body(size))\r\n0\r\n\r\n" }

    @Test("a body that waits for its connection goes out whole, and both connections are kept")
    func bodiesThatWait() async throws {
        let door = Gate()
        let app = try RecordingUpstream(door: door)
        defer { app.stop() }
        try await ForwardingGateway.run(configure: { _ in [.app(app)] }) { it in
            // Around what the gateway takes in before it holds a client back, and what it hands to the kernel at once.
            let clients = try stride(from: 60_000, through: 76_000, by: 2000).flatMap { size in
                try [true, false].map { isChunked in
                    let client = try it.client()
                    let lines = isChunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: \(size)\r\n"
                    try client.send(it.request("POST /app/\(size)", lines) + (isChunked ? Self.chunked(size) : Self.body(size)))
                    return client
                }
            }
            // Everything is there before the first connection is.
            pause(milliseconds: 200)
            door.open()
            for client in clients {
                let response = try client.response()
                #expect(response.status == 200)
                #expect(response["connection"] == nil)
            }
            #expect(app.requests.allSatisfy { $0.isWhole && $0.target == "/app/\($0.body.count)" })
        }
    }

    @Test("a body that waits for the answer before it goes out whole, at once, on a connection that takes it all")
    func bodiesThatWaitForAnswers() async throws {
        let gates = Self.waitingSizes.map { _ in Gate() }
        let script = UpstreamScript { connection, request in
            try connection.readBody(&request)
            if request.method == "GET", let index = Int(request.target.split(separator: "/").last ?? "") { try gates[index].wait() }
            try connection.send(UpstreamScript.answer(to: request))
            return true
        }
        try await ForwardingGateway.run(script) { it in
            // The kernel learns to take much from this connection.
            for _ in 0..<4 {
                #expect(try it.send(it.request("POST /app/x", "Content-Length: \(4 << 20)\r\n") + Self.body(4 << 20)).status == 200)
            }
            let client = try it.client()
            for (index, size) in Self.waitingSizes.enumerated() {
                try client.send(
                    it.request("GET /app/\(index)") + it.request("POST /app/x", "Transfer-Encoding: chunked\r\n") + Self.chunked(size))
                // What comes behind the first request is there before its answer.
                pause(milliseconds: 50)
                gates[index].open()
                #expect(try client.response().status == 200)
                let response = try client.response()
                #expect(response.status == 200)
                #expect(response["connection"] == nil)
                #expect(it.app.requests.last?.body.count == size)
            }
        }
    }

    static let waitingSizes = Array(stride(from: 60_000, through: 80_000, by: 1000))

    @Test("server-sent events come one by one, as they are sent, and the client that goes ends them")
    func events() async throws {
        let gates = (0..<5).map { _ in Gate() }
        let script = UpstreamScript { connection, _ in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            for (index, gate) in gates.enumerated() {
                try connection.send("data: \(index)\n\n")
                try gate.wait()
            }
            // Until the gateway ends it.
            while true { try connection.send(": still here\n\n") }
        }
        try await ForwardingGateway.run(script) { it in
            let client = try it.client()
            try client.send(it.request("GET /app/events", "Accept: text/event-stream\r\n"))
            #expect(try client.head()["content-type"] == "text/event-stream")
            for (index, gate) in gates.enumerated() {
                #expect(try client.chunk() == "data: \(index)\n\n")
                if index == gates.count - 1 { client.socket.close() }
                gate.open()
            }
            try it.app.wait(for: "the end of the events") { $0.ended == 1 }
        }
    }

    @Test(
        "a client that is reset in the middle of its answer, its upload or its waiting ends the upstream's connection",
        arguments: ["answer", "upload", "waiting"])
    func clientGone(place: String) async throws {
        let script = UpstreamScript { connection, request in
            if place == "answer" { try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello") }
            try connection.readToEnd()
            return false
        }
        let log = try await ForwardingGateway.run(script) { it in
            let client = try it.client()
            try client.send(it.request("POST /app/x", "Content-Length: 5\r\n") + (place == "upload" ? "he" : "hello"))
            try it.app.wait(for: "the request") {
                $0.bytes.first?.suffix(2).elementsEqual(Array((place == "upload" ? "he" : "lo").utf8)) == true
            }
            if place == "answer" { #expect(try client.head().status == 200) }
            client.socket.reset()
            try it.app.wait(for: "the end") { $0.ended == 1 }
            #expect(!it.app.requests.contains { $0.isWhole })
        }
        #expect(log.map { $0["status"]?.integer } == [place == "answer" ? 200 : 499])
    }

    @Test("a client that says it sends no more still gets the answer to what it has asked for", arguments: ["", "hello"])
    func halfClosed(body: String) async throws {
        let gate = Gate()
        try await ForwardingGateway.run(.gated(gate)) { it in
            let client = try it.client()
            try client.send(it.request(body.isEmpty ? "GET /app/x" : "POST /app/x", "X-Request-Id: request-0001\r\n", body: body))
            client.finish()
            try it.app.wait(for: "the request") { $0.requests.first?.isWhole == true }
            gate.open()
            #expect(try client.response().body == "request request-0001")
            #expect(try client.isClosed())
        }
    }

    @Test("a body over the limit is refused on the way: 413, and the upstream never sees its end")
    func overTheLimit() async throws {
        let log = try await ForwardingGateway.run { it in
            let client = try it.client()
            let head = it.request("POST /api/provisioning/customers", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n")
            try client.send(head + "400\r\n" + String(repeating: "a", count: 1024) + "\r\n")
            try it.app.wait(for: "what is within the limit") { $0.requests.first?.body.count == 1024 }
            try client.send("1\r\nb\r\n0\r\n\r\n")
            let response = try client.response()
            #expect(response.status == 413)
            #expect(response.code == "body_too_large")
            #expect(try client.isClosed())
            try it.app.wait(for: "the end") { $0.ended == 1 }
            #expect(it.app.requests.first?.isWhole == false)
        }
        #expect(log.map { $0["reason"]?.string } == ["body_too_large"])
    }

    @Test("a body that does not come is 408, and the upstream never sees its end")
    func slowBody() async throws {
        try await ForwardingGateway.run(limits: ServerLimits(bodyTimeout: 300)) { it in
            let client = try it.client()
            try client.send(it.request("POST /app/x", "Content-Length: 5\r\n") + "he")
            #expect(try client.response().code == "request_timeout")
            try it.app.wait(for: "the end") { $0.ended == 1 }
            #expect(it.app.requests.first?.isWhole == false)
            // Which was not the server's fault.
            for _ in 0..<4 { #expect(try it.send(it.request("GET /app/x")).status == 200) }
        }
    }

    @Test("slow clients do not get a server left out")
    func slowClientsAreNoFailures() async throws {
        let script = UpstreamScript { connection, request in
            guard request.target.hasSuffix("large") else {
                try connection.send(UpstreamScript.answer(to: request))
                return true
            }
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.large)\r\n\r\n")
            for _ in 0..<Self.large / Self.part.count { try connection.socket.send(Self.part) }
            return true
        }
        try await ForwardingGateway.run(script, configure: { [TestUpstream("app", [$0.port], idle: 500)] }) { it in
            let clients = try (0..<4).map { _ in try it.client(receiveBuffer: 65536) }
            for client in clients { try client.send(it.request("GET /app/large")) }
            // The gateway gives them up when they have not read for the idle time.
            try it.app.wait(for: "the end of four answers") { $0.ended == 4 }
            #expect(try it.send(it.request("GET /app/x")).status == 200)
        }
    }

    @Test("an answer on a connection that ends with it comes whole to a slow reader", arguments: ["Connection: close", "FIN"])
    func slowReaderOfLastAnswer(way: String) async throws {
        let script = UpstreamScript { connection, request in
            let parts = Int(request.target.split(separator: "/").last ?? "") ?? 0
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(parts * Self.part.count)\r\n\r\n")
            for _ in 0..<parts { try connection.socket.send(Self.part) }
            return true
        }
        try await ForwardingGateway.run(script) { it in
            // Of these sizes, some are a little more than what the kernel takes: the rest waits in the gateway.
            let clients = try stride(from: 2, through: 80, by: 2).map { parts in
                let client = try it.client(receiveBuffer: 16384)
                try client.send(it.request("GET /app/\(parts)", way == "FIN" ? "" : "Connection: close\r\n"))
                if way == "FIN" { client.finish() }
                return (parts, client)
            }
            // Longer than the gateway waits for a client that has all it was sent.
            pause(milliseconds: 3500)
            for (parts, client) in clients {
                let head = try client.head()
                // A FIN can come behind the beginning of the answer, which then says nothing of the end.
                if way != "FIN" { #expect(head["connection"] == "close") }
                try client.skip(parts * Self.part.count)
            }
        }
    }

    @Test("pipelined requests are forwarded one after the other and answered in their order")
    func pipelined() async throws {
        try await ForwardingGateway.run { it in
            let client = try it.client()
            try client.send(
                (0..<100).map { index in
                    it.request(
                        index % 2 == 0 ? "GET /app/x" : "POST /app/x", "X-Request-Id: request-\(index)\r\n",
                        body: index % 2 == 0 ? "" : String(repeating: "b", count: index * 50)
                    )
                }.joined()
            )
            for index in 0..<100 { #expect(try client.response().body == "request request-\(index)") }
            #expect(it.app.requests.map(\.body.count) == (0..<100).map { $0 % 2 == 0 ? 0 : $0 * 50 })
        }
    }

    @Test("answers that fill the connection are sent once each, in their order")
    func manyAnswers() async throws {
        try await ForwardingGateway.run { it in
            let client = try it.client()
            let count = 2000
            let requests = (0..<count).map { "GET /nowhere HTTP/1.1\r\nHost: a\r\nX-Request-Id: request-\($0)\r\n\r\n" }.joined()
            let socket = client.socket
            Thread.detachNewThread { try? socket.send(requests) }
            for index in 0..<count {
                let response = try client.response()
                #expect(response["x-request-id"] == "request-\(index)")
                guard response["x-request-id"] == "request-\(index)" else { return }
            }
            // Nothing more comes.
            client.finish()
            #expect(try client.isClosed())
        }
    }

    @Test("a client that sends requests and reads no answers is held back")
    func floodOfRequests() async throws {
        try await ForwardingGateway.run { it in
            let client = try it.client(receiveBuffer: 65536)
            let requests = Array(String(repeating: "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", count: 2000).utf8)
            // The gateway answers until the client's side is full, which takes it a while; then it must stop reading.
            let sent = Counter()
            let socket = client.socket
            Thread.detachNewThread {
                do {
                    while sent.count < Self.large {
                        try socket.send(requests)
                        sent.add(requests.count)
                    }
                } catch { return }
            }
            #expect(Self.settled(for: .seconds(2)) { sent.count } < Self.large / 2)
            socket.shutdown()
        }
    }
}
