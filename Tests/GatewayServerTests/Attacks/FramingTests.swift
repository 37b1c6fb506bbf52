import Foundation
import GatewayCore
import GatewayServer
import GatewayTesting
import StrictJSON
import Testing
import Tokens

/// One request must be one request to everybody who reads it. Ids as in Tests/KnownAttacks.md.
@Suite("Attacks: framing", .ownThread)
struct FramingTests {
    /// A request in the body or behind it, which must never become one.
    static let hidden = "GET /public/hidden HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(
        "F-01: a Transfer-Encoding that is not exactly chunked is refused and the connection ends (GHSA-mgc4-wqv7-4pxm, CVE-2019-15605)",
        arguments: [
            "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity, chunked", "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked\u{B}",
            "Transfer-Encoding: \u{B}chunked", "Transfer-Encoding: \u{C}chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding : chunked", " Transfer-Encoding: chunked",
            "Transfer-Encoding: \"chunked\"",
            "Transfer-Encoding: chunked;q=1", "Transfer-Encoding: gzip", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked,",
            "Transfer-Encoding: ,chunked",
            "Transfer-Encoding:", "Transfer-Encoding: chunked chunked", "Transfer-Encoding:\r\n chunked",
            "Transfer-Encoding: ch\u{131}nked", "Transfer-Encoding: identity",
            "Transfer-Encoding\0: chunked", "Transfer-Encoding: chunked\0", "Transfer-Encoding\t: chunked",
        ]
    )
    func transferEncoding(line: String) async throws {
        let log = try await ForwardingGateway.run { it in
            try it.refused(
                it.request("POST /public/x", "\(line)\r\n") + "0\r\n\r\n" + Self.hidden, 400, code: "malformed_request", closes: true
            )
        }
        #expect(log.count == 1)
    }

    @Test("F-01: white space around chunked is no part of it, and case does not matter")
    func plainChunked() async throws {
        try await ForwardingGateway.run { it in
            for value in ["chunked", "Chunked", "CHUNKED", "\t chunked \t"] {
                let request = try it.forwarded(it.request("POST /public/x", "Transfer-Encoding: \(value)\r\n") + "5\r\nhello\r\n0\r\n\r\n")
                #expect(request.values("transfer-encoding") == ["chunked"])
                #expect(request.text == "hello")
            }
        }
    }

    @Test(
        "F-02: two lengths, or one that two readers may read differently, are refused and the connection ends",
        arguments: [
            "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Content-Length: 0\r\nTransfer-Encoding: chunked",
            "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5, 5",
            "Content-Length: 5,6", "Content-Length: +5",
            "Content-Length: -5", "Content-Length: 0x5", "Content-Length: 5.0", "Content-Length: 5e0", "Content-Length: ",
            "Content-Length: 5 5", "Content-Length: ５",
            "Content-Length: 99999999999999999999", "Content-Length: 18446744073709551621", "Content-Length : 5", "Content-Length: 5\u{B}",
            "Content-Length: \"5\"",
            "Content-Length: 5;", "Content_Length : 5",
        ]
    )
    func lengths(line: String) async throws {
        let log = try await ForwardingGateway.run { it in
            for method in ["POST", "GET", "OPTIONS", "DELETE"] {
                try it.refused(
                    it.request("\(method) /public/x", "\(line)\r\n") + "hello" + Self.hidden, 400, code: "malformed_request", closes: true)
            }
        }
        #expect(log.count == 4)
    }

    @Test("F-02: a body on a method that usually has none is one request, one upstream request and one line of the log")
    func bodiesOfOtherMethods() async throws {
        let log = try await ForwardingGateway.run { it in
            for method in ["GET", "DELETE", "PATCH"] {
                for (lines, body) in [
                    ("Content-Length: \(Self.hidden.utf8.count)\r\n", Self.hidden),
                    ("Transfer-Encoding: chunked\r\n", "\(String(Self.hidden.utf8.count, radix: 16))\r\n\(Self.hidden)\r\n0\r\n\r\n"),
                ] {
                    let request = try it.forwarded(it.request("\(method) /app/x", lines) + body)
                    #expect(request.text == Self.hidden)
                }
            }
            let client = try it.client()
            // Answered here: what follows `Content-Length: 0` is the next request, and what stands in a body is none.
            try client.send("OPTIONS /app/x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 204)
            #expect(try client.response().status == 404)
            try client.send("OPTIONS /app/x HTTP/1.1\r\nHost: a\r\nContent-Length: \(Self.hidden.utf8.count)\r\n\r\n\(Self.hidden)")
            #expect(try client.response().status == 204)
            try client.send("GET /nowhere/2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try client.response().status == 404)
            #expect(try client.isClosed())
            #expect(it.app.requests.count == 6)
        }
        #expect(log.compactMap { $0["path"]?.string }.filter { $0 == "/app/x" || $0.hasPrefix("/nowhere") }.count >= 8)
        #expect(!log.contains { $0["path"]?.string == "/public/hidden" })
    }

    @Test(
        "F-03: chunk extensions, bare line feeds and folded headers are refused and the connection ends (CVE-2025-55315, CVE-2025-32094)",
        arguments: [
            "5;a=\n1\r\nhello\r\n0\r\n\r\n", "5;a=1\r\nhello\r\n0\r\n\r\n", "0;x\r\n\r\n", "5;\r\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n",
            "5\r\nhello\n0\r\n\r\n",
            "5\rhello\r0\r\r", " 5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n",
            "+5\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n",
            "5\r\nhelloX\r\n0\r\n\r\n", "100000005\r\nhello\r\n0\r\n\r\n", "fffffffffffffffff\r\n", "\r\n5\r\nhello\r\n0\r\n\r\n",
            "5\r\nhello0\r\n\r\n",
            "5\r\nhello\r\n0\r\n X: y\r\n\r\n", "5\r\nhello\r\n0\r\nX : y\r\n\r\n", "5\r\nhello\r\n0\r\n: y\r\n\r\n",
            "5\r\nhello\r\n0\r\nX: y\n\r\n",
        ]
    )
    func chunks(body: String) async throws {
        try await ForwardingGateway.run { it in
            let client = try it.client()
            try client.send(it.request("POST /app/x", "Transfer-Encoding: chunked\r\n") + body + Self.hidden)
            let response = try client.response()
            #expect(response.status == 400)
            #expect(response.code == "malformed_request")
            #expect(try client.isClosed())
            // The upstream sees a request that never ends, on a connection that does.
            try it.app.wait(for: "the end of what was begun") { $0.ended == $0.connections }
            #expect(!it.app.requests.contains { $0.isWhole })
            #expect(!it.app.requests.contains { $0.target.contains("hidden") })
        }
    }

    @Test(
        "F-03: a head with bare line ends or folded lines is refused",
        arguments: [
            "GET /public/x HTTP/1.1\nHost: a\n\n", "GET /public/x HTTP/1.1\r\nHost: a\n\r\n",
            "GET /public/x HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
            "GET /public/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
            "GET /public/x HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n",
            "OPTIONS /public/x HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n 5\r\n\r\nhello", "GET /public/x HTTP/1.1\r\n Host: a\r\n\r\n",
            "GET /public/x HTTP/1.1\r\rHost: a\r\r", "\r\nGET /public/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET /public/x\r\n\r\n",
            "GET  /public/x HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /public/x  HTTP/1.1\r\nHost: a\r\n\r\n", "GET\t/public/x HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /public/x HTTP/1.1 \r\nHost: a\r\n\r\n",
            "GET /public/x HTTP/2.0\r\nHost: a\r\n\r\n", "GET /public/x HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET /public/x HTTP/1.1\r\n\r\n",
            "POST /public/x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET /public/x HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
            "GET /public/x HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n", "GET /public/x HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
        ]
    )
    func heads(text: String) async throws {
        try await ForwardingGateway.run { it in try it.refused(text + Self.hidden, 400, code: "malformed_request", closes: true) }
    }

    @Test("F-05: no value becomes a header line, neither towards the upstream nor towards the client (CVE-2022-3215, CVE-2026-28970)")
    func injection() async throws {
        try await ForwardingGateway.run(configure: { [TestUpstream("app", [$0.port], signer: try TestAssertion.ed25519())] }) { it in
            let subject = "a\r\nX-Evil: b\r\n\r\nGET /public/hidden HTTP/1.1\u{0}\u{7F}é%"
            let now = TestClock.now()
            let token = it.gateway.snapshot.issuer.issue(
                subject: subject, clientID: "acme", scopes: ["customers:read"], roles: [], tenant: "acme", lifetime: 600, at: now,
                tokenID: "x"
            )
            let lines = "Authorization: Bearer \(token)\r\n"
            let request = try it.forwarded(it.request("GET /app/x", lines, isAnonymous: true))
            #expect(request.values("x-evil").isEmpty)
            #expect(request["x-gatehouse-subject"] == "a%0D%0AX-Evil: b%0D%0A%0D%0AGET /public/hidden HTTP/1.1%00%7F%C3%A9%25")
            #expect(try AssertionReader(request).claims["sub"]?.string == subject)
            // The id that the client chooses is taken only where it is harmless.
            let id = try it.forwarded(it.request("GET /app/x", "X-Request-Id: \"},{\"evil\":\"\r\n"))
            #expect(id["x-request-id"]?.count == 24)
        }
        for lines in ["X: a\nX-Evil: b", "X: a\rX-Evil: b", "X: a\0b", "X:\r\n X-Evil: b", "X\n: b", "X-Evil : b", "X\rX-Evil: b"] {
            try await ForwardingGateway.run(.bytes("HTTP/1.1 200 OK\r\n\(lines)\r\nContent-Length: 0\r\n\r\n")) { it in
                let response = try it.send(it.request("GET /app/x"))
                #expect(response.status == 502)
                #expect(response["x-evil"] == nil)
            }
        }
    }

    @Test("F-07: floods of headers and lines without end are refused at a bound (CVE-2026-28980)")
    func floods() async throws {
        try await ForwardingGateway.run(limits: ServerLimits(headTimeout: 300)) { it in
            for text in [
                it.request("GET /public/x", String(repeating: "a:b\r\n", count: 200_000)),
                it.request("GET /public/x", "a: \(String(repeating: "b", count: 1 << 20))\r\n"),
                it.request("GET /public/x", String(repeating: "a", count: 1 << 20)),
            ] {
                let client = try it.client()
                // The gateway answers before it has read all, and may end the connection meanwhile.
                Thread.detachNewThread { [socket = client.socket] in try? socket.send(text) }
                #expect(try client.response().status == 431)
            }
            let drip = try it.client()
            Thread.detachNewThread { [socket = drip.socket] in
                do {
                    try socket.send("GET /public/x HTTP/1.1\r\nHost: a\r\n")
                    while true {
                        try socket.send("a: b\r\n")
                        Thread.sleep(forTimeInterval: 0.02)
                    }
                } catch { return }
            }
            #expect(try drip.response().code == "request_timeout")
            #expect(it.app.record.connections == 0)
        }
    }

    @Test(
        "F-08, F-04: the versions that fix known holes are the floor of the dependencies (CVE-2026-28980, CVE-2026-43671, CVE-2026-28898)")
    func dependencyFloor() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let manifest = try String(contentsOf: root.appendingPathComponent("Package.swift"), encoding: .utf8)
        for (name, floor) in [("swift-nio", [2, 100, 0]), ("swift-nio-http2", [1, 44, 0])] {
            let lines = manifest.split(separator: "\n").filter { $0.contains("/\(name)\"") || $0.contains("/\(name).git\"") }
            if name == "swift-nio" { #expect(lines.count == 1) }
            for line in lines {
                let from = try #require(line.firstMatch(of: /from: "(\d+)\.(\d+)\.(\d+)"/), "\(line)")
                let version = try [from.1, from.2, from.3].map { try #require(Int($0)) }
                #expect(!version.lexicographicallyPrecedes(floor), "\(line)")
            }
        }
    }

    @Test(
        "F-10: a target over the limit is 414 before it is looked at (CVE-2024-21631)", arguments: [8193, 65_535, 65_536, 65_537, 200_000])
    func longTargets(length: Int) async throws {
        try await ForwardingGateway.run { it in
            for start in ["/public/", "http://gateway.test/public/", "/public/x?"] {
                let target = start + String(repeating: "a", count: length - start.utf8.count)
                let client = try it.client()
                let text = it.request("GET \(target)", isAnonymous: true)
                Thread.detachNewThread { [socket = client.socket] in try? socket.send(text) }
                let response = try client.response()
                #expect(response.status == 414)
                #expect(response.code == "target_too_long")
            }
            #expect(it.app.record.connections == 0)
        }
    }

    @Test("F-10: a target at the limit is forwarded as it is")
    func longestTarget() async throws {
        try await ForwardingGateway.run { it in
            let target = "/public/" + String(repeating: "a", count: 8192 - 8)
            let request = try it.forwarded(it.request("GET \(target)"))
            #expect(request.target == target)
        }
    }

    @Test("F-12: h2c is not switched to, and its headers stay here")
    func h2c() async throws {
        try await ForwardingGateway.run { it in
            for connection in ["Upgrade, HTTP2-Settings", "Upgrade"] {
                let request = try it.forwarded(
                    it.request("GET /app/x", "Connection: \(connection)\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"))
                for name in ["upgrade", "http2-settings", "connection"] { #expect(request.values(name).isEmpty, "\(name)") }
            }
            // With prior knowledge, which is off by default.
            let client = try it.client()
            try client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            #expect(try client.response().status == 400)
            #expect(try client.isClosed())
        }
    }

    @Test("F-12: 100 Continue comes after authorization and only then, and Expect stays here")
    func expectation() async throws {
        try await ForwardingGateway.run { it in
            for (line, anonymous, statuses) in [
                ("POST /app/x", true, 401), ("POST /nowhere", false, 404), ("POST /public/../x", false, 400),
            ] {
                try it.refused(it.request(line, "Content-Length: 5\r\nExpect: 100-continue\r\n", isAnonymous: anonymous), statuses)
            }
            try it.refused(it.request("POST /app/x", "Expect: 200-ok\r\n", body: "x"), 417, code: "expectation_failed")
            let client = try it.client()
            try client.send(it.request("POST /app/x", "Content-Length: 5\r\nExpect: 100-continue\r\n"))
            #expect(try client.response().status == 100)
            try client.send("hello")
            #expect(try client.response().status == 200)
            let request = try #require(it.app.requests.last)
            #expect(request.text == "hello")
            #expect(request.values("expect").isEmpty)
        }
    }

    @Test("F-12: trailers never become headers")
    func trailers() async throws {
        try await ForwardingGateway.run { it in
            let body = "5\r\nhello\r\n0\r\nX-Gatehouse-Subject: admin\r\nContent-Type: text/evil\r\nX-Trailer: evil\r\n\r\n"
            let request = try it.forwarded(it.request("POST /app/x", "Trailer: X-Trailer\r\nTransfer-Encoding: chunked\r\n") + body)
            #expect(request.text == "hello")
            #expect(!String(decoding: it.app.record.bytes[0], as: UTF8.self).contains("evil"))
            try it.refused(
                it.request("POST /app/x", "Transfer-Encoding: chunked\r\n", isAnonymous: true) + "0\r\n\(it.gateway.bearer("acme"))\r\n",
                401,
                code: "unauthenticated"
            )
        }
    }
}
