import GatewayTesting
import StrictJSON
import Testing

/// What becomes of an upstream's answer.
@Suite("Forwarding: answers", .ownThread)
struct AnswerTests {
    @Test("a good answer passes with its status, headers and body, without what belongs to one hop")
    func headers() async throws {
        let answer =
            "HTTP/1.1 201 Made\r\nContent-Type: text/plain\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nX-Custom: é\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
            + "Proxy-Authenticate: Basic\r\nTrailer: x\r\nUpgrade: h2c\r\nX-Gatehouse-Subject: evil\r\nx_gatehouse_route: evil\r\nX-Request-Id: evil-evil-evil\r\nETag: \"1\"\r\nContent-Length: 2\r\n\r\nok"
        try await ForwardingGateway.run(.bytes(answer)) { it in
            let response = try it.send(it.request("GET /app/x", "X-Request-Id: request-0001\r\n"))
            #expect(response.status == 201)
            #expect(response.body == "ok")
            #expect(
                response.headers.map { "\($0.name): \($0.value)" } == [
                    "content-type: text/plain", "set-cookie: a=b", "set-cookie: c=d", "x-custom: é", "etag: \"1\"", "vary: Origin",
                    "content-length: 2",
                    "x-request-id: request-0001",
                ]
            )
        }
    }

    struct Answer: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: String
        let status: Int
        let body: String
        var ending = UpstreamScript.Ending.keep
        var isReused = true
        var testDescription: String { name }
    }

    @Test(
        "each way to delimit a body is understood, and the connection to the upstream is used again only where that is safe",
        arguments: [
            Answer(name: "a length", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello"),
            Answer(name: "an empty body", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", status: 200, body: ""),
            Answer(
                name: "chunks", bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", status: 200,
                body: "hello"),
            Answer(
                name: "chunks with extensions",
                bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0 ; x=\"y\"\r\n\r\n", status: 200,
                body: "hello"),
            Answer(
                name: "chunks and trailers", bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
                status: 200, body: "hello"),
            Answer(
                name: "until the end", bytes: "HTTP/1.1 200 OK\r\n\r\nhello", status: 200, body: "hello", ending: .close, isReused: false),
            Answer(name: "until the end, empty", bytes: "HTTP/1.1 200 OK\r\n\r\n", status: 200, body: "", ending: .close, isReused: false),
            Answer(
                name: "HTTP/1.0", bytes: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello", isReused: false),
            Answer(
                name: "Connection: close", bytes: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", status: 200,
                body: "hello", isReused: false),
            Answer(
                name: "close among others", bytes: "HTTP/1.1 200 OK\r\nConnection: x\r\nConnection: y, Close\r\nContent-Length: 0\r\n\r\n",
                status: 200, body: "", isReused: false),
            Answer(
                name: "more than the length",
                bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", status: 200,
                body: "hello", isReused: false),
            Answer(
                name: "more than the chunks", bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX", status: 200,
                body: "", isReused: false),
            Answer(
                name: "a body of 204", bytes: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", status: 204, body: "",
                isReused: false),
            Answer(name: "204", bytes: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, body: ""),
            Answer(
                name: "304 with the length that 200 had", bytes: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"1\"\r\n\r\n",
                status: 304, body: ""),
            Answer(
                name: "interim answers",
                bytes:
                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                status: 200, body: "ok"),
            Answer(name: "no reason phrase", bytes: "HTTP/1.1 418\r\nContent-Length: 2\r\n\r\nok", status: 418, body: "ok"),
            Answer(
                name: "a status of the upstream's own", bytes: "HTTP/1.1 599 What Ever\r\nContent-Length: 2\r\n\r\nok", status: 599,
                body: "ok"),
            Answer(
                name: "an error of the upstream", bytes: "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops", status: 500, body: "oops"),
        ]
    )
    func delimited(answer: Answer) async throws {
        try await ForwardingGateway.run(.bytes(answer.bytes, then: answer.ending)) { it in
            let client = try it.client()
            for round in 1...3 {
                try client.send(it.request("GET /app/x"))
                let response = try client.response()
                #expect(response.status == answer.status)
                #expect(response.body == answer.body)
                #expect(response["connection"] == nil)
                // An answer that came with more than itself ends the connection before the next request.
                #expect(it.app.requests.count == round)
                #expect(it.app.usedConnections == (answer.isReused ? 1 : round))
            }
        }
    }

    @Test("the answer to HEAD has the headers and no body, and the connection is used again")
    func head() async throws {
        let script = UpstreamScript.each(
            .bytes("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nETag: \"1\"\r\n\r\n"),
            .bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            .bytes("HTTP/1.1 200 OK\r\n\r\n"), .bytes("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        )
        try await ForwardingGateway.run(script) { it in
            let client = try it.client()
            for (status, length) in [(200, "12345"), (200, nil), (200, nil), (404, "0")] as [(Int, String?)] {
                try client.send(it.request("HEAD /app/x"))
                let response = try client.response(isHead: true)
                #expect(response.status == status)
                #expect(response["content-length"] == length)
                #expect(response["transfer-encoding"] == nil)
            }
            #expect(it.app.requests.map(\.line) == Array(repeating: "HEAD /app/x HTTP/1.1", count: 4))
            #expect(it.app.usedConnections == 1)
        }
    }

    @Test("a client of HTTP/1.0 gets no chunks and the end of the connection, in whatever way the body is delimited upstream")
    func oldClient() async throws {
        let script = UpstreamScript.each(
            .bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"),
            .bytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
            .bytes("HTTP/1.1 200 OK\r\n\r\nhello", then: .close)
        )
        try await ForwardingGateway.run(script) { it in
            for _ in 0..<3 {
                let client = try it.client()
                try client.send(it.request("GET /app/x").replacing("HTTP/1.1", with: "HTTP/1.0"))
                let response = try client.head()
                #expect(response.status == 200)
                #expect(response["transfer-encoding"] == nil)
                #expect(response["connection"] == "close")
                #expect(String(decoding: try client.readToEnd(), as: UTF8.self) == "hello")
            }
            #expect(it.app.requests.allSatisfy { $0.line == "GET /app/x HTTP/1.1" })
        }
    }

    @Test(
        "an answer that is no HTTP, or whose end two readers could see in two places, is 502",
        arguments: [
            "", "garbage", "garbage\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 99 X\r\n\r\n",
            "HTTP/1.1 600 X\r\n\r\n", "HTTP/1.1 2000 X\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
            "HTTP/1.1 200 OK\r\nX : y\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\n1\r\nhello",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: \(String(repeating: "y", count: 70_000))\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\(String(repeating: "x: y\r\n", count: 300))\r\n",
            "HTTP/1.1 \(String(repeating: "2", count: 2000))", "HTTP/1.1 200 OK\r\nContent-Len",
        ]
    )
    func bad(bytes: String) async throws {
        let log = try await ForwardingGateway.run(.bytes(bytes, then: .close), configure: { [TestUpstream("app", [$0.port], retries: 0)] })
        { it in
            let client = try it.client()
            try client.send(it.request("GET /app/x", "X-Request-Id: request-0001\r\n"))
            let response = try client.response()
            #expect(response.status == 502)
            #expect(response["content-type"] == "application/problem+json")
            #expect(response.code == "bad_upstream")
            #expect(response.json?["request_id"]?.string == "request-0001")
            // The client's connection is as good as before.
            try client.send(it.request("GET /nowhere"))
            #expect(try client.response().status == 404)
        }
        #expect(log.first?["status"]?.integer == 502)
    }

    @Test(
        "half an answer is never passed as whole, however the upstream ends it",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx",
        ], [UpstreamScript.Ending.close, .reset]
    )
    func half(bytes: String, ending: UpstreamScript.Ending) async throws {
        try await ForwardingGateway.run(.bytes(bytes, then: ending)) { it in
            let client = try it.client()
            try client.send(it.request("GET /app/x"))
            expectNoWholeAnswer(client)
            // Neither to one who cannot be told by chunks or a length: there the connection is reset.
            let old = try it.client()
            try old.send(it.request("GET /app/x").replacing("HTTP/1.1", with: "HTTP/1.0"))
            if bytes.contains("chunked") {
                #expect(throws: RawClient.Failure.self) { try old.readToEnd() }
            } else {
                expectNoWholeAnswer(old)
            }
        }
    }

    @Test("an answer until the end of the connection is not whole when the connection is reset")
    func resetUntilClose() async throws {
        let gate = Gate()
        let script = UpstreamScript { connection, request in
            try connection.readBody(&request)
            try connection.send("HTTP/1.1 200 OK\r\n\r\nhello")
            try gate.wait()
            connection.socket.reset()
            return false
        }
        try await ForwardingGateway.run(script) { it in
            let client = try it.client()
            try client.send(it.request("GET /app/x"))
            let head = try client.head()
            #expect(head["transfer-encoding"] == "chunked")
            #expect(try client.chunk() == "hello")
            gate.open()
            #expect(throws: RawClient.Failure.self) { try client.chunk() }
        }
    }

    /// The client can tell that what it got is not all; a 502 before anything was passed is fine too.
    private func expectNoWholeAnswer(_ client: RawClient, _ location: SourceLocation = #_sourceLocation) {
        do {
            let response = try client.response()
            #expect(response.status == 502, "passed as whole: \(response)", sourceLocation: location)
        } catch { return }
    }
}
