import Foundation
import GatewayServer
import GatewayTesting
import StrictJSON
import Testing
import Tokens

/// Of a signed request with a body, the upstream gets all or nothing.
@Suite("Signed requests to an upstream", .timeLimit(.minutes(2)), .ownThread)
struct SignedForwardingTests {
    static let bodies = [#"{"amount":1}"#, String(repeating: "0123456789abcdef", count: 5000)]

    static func request(_ it: ForwardingGateway, _ body: String, isChunked: Bool, _ lines: String = "") -> SignedRequest {
        var request = SignedRequest(it.gateway)
        request.method = "POST"
        request.target = "/app/x"
        request.type = "text/plain"
        request.body = body
        request.isChunked = isChunked
        request.lines = lines
        return request
    }

    /// With another body than the one that was signed.
    static func altered(_ request: SignedRequest) -> String {
        let headers = request.headers()
        var altered = request
        altered.digest = ContentDigest.sha256(of: Array((request.body ?? "").utf8))
        altered.body = request.body.map { "[" + $0.dropFirst() }
        return altered.text(input: headers.input, signature: headers.signature)
    }

    @Test(
        "each of many on the same connections arrives whole, whether its body comes with its head or behind it", arguments: [false, true]
    )
    func passed(isChunked: Bool) async throws {
        try await ForwardingGateway.run { it in
            let client = try it.client()
            for _ in 0..<4 {
                for body in Self.bodies {
                    try client.send(Self.request(it, body, isChunked: isChunked).text())
                    #expect(try client.response().status == 200)
                    #expect(it.app.requests.last?.text == body)
                    let waiting = Self.request(it, body, isChunked: isChunked, "Expect: 100-continue\r\n").text()
                    let end = try #require(waiting.range(of: "\r\n\r\n")).upperBound
                    try client.send(String(waiting[..<end]))
                    #expect(try client.head().status == 100)
                    try client.send(String(waiting[end...]))
                    #expect(try client.response().status == 200)
                    #expect(it.app.requests.last?.text == body)
                }
            }
            #expect(it.app.requests.count == 16)
            #expect(it.app.record.connections == 1)
        }
    }

    @Test("one whose body is not the signed one is refused, and nothing of it leaves (invariant 10)", arguments: [false, true])
    func altered(isChunked: Bool) async throws {
        let log = try await ForwardingGateway.run(.early("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly")) { it in
            for body in Self.bodies {
                let response = try it.refused(Self.altered(Self.request(it, body, isChunked: isChunked)), 401)
                #expect(response.component == "content-digest")
            }
            // An upstream that answers with the head would have the time for it here.
            let text = Self.altered(Self.request(it, Self.bodies[1], isChunked: isChunked, "Expect: 100-continue\r\n"))
            let client = try it.client()
            let end = try #require(text.range(of: "\r\n\r\n")).upperBound
            try client.send(String(text[..<end]))
            #expect(try client.head().status == 100)
            let half = text.index(end, offsetBy: 4000)
            try client.send(String(text[end..<half]))
            try client.send(String(text[half...]))
            #expect(try client.response().status == 401)
            #expect(it.app.record.connections == 0)
        }
        #expect(log.map { $0["reason"]?.string } == Array(repeating: "bad_signature", count: 3))
    }

    @Test("one whose body is above the route's limit is refused, and nothing of it leaves", arguments: [false, true])
    func large(isChunked: Bool) async throws {
        try await ForwardingGateway.run { it in
            var request = Self.request(it, #"{"a":""# + String(repeating: "x", count: 1200) + #""}"#, isChunked: isChunked)
            request.target = "/api/provisioning/customers"
            request.type = "application/json"
            try it.refused(request.text(), 413, code: "body_too_large")
        }
    }

    @Test("one whose client leaves in the middle of the body reaches nobody, and is recorded")
    func left() async throws {
        let log = try await ForwardingGateway.run { it in
            let client = try it.client()
            try client.send(String(Self.request(it, Self.bodies[1], isChunked: false).text().dropLast(10)))
            client.socket.shutdown()
            #expect(try client.isClosed())
            let end = ContinuousClock.now + .seconds(RawSocket.patience)
            while ContinuousClock.now < end, !((try? String(contentsOf: it.gateway.log, encoding: .utf8)) ?? "").contains("499") {}
            #expect(it.app.record.connections == 0)
        }
        #expect(log.map { $0["status"]?.integer } == [499])
    }
}
