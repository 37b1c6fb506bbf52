import Access
import Foundation
import GatewayServer
import GatewayTesting
import StrictJSON
import Testing

@Suite("Trusted proxies (attacks rows H-07, H-08)", .timeLimit(.minutes(2)), .ownThread)
struct TrustedProxyTests {
    static let policy = TestGateway.policy.replacing(
        "path: /hello, public: true, to: provisioning", with: "path: /hello, public: true, to: backend")

    static func edge(_ trusted: [String], _ backend: LoopbackServer? = nil) throws -> Edge {
        Edge(
            trustedProxies: try trusted.map { try CIDR(parsing: $0) }, upstreams: backend.map { [$0.target()] } ?? [],
            policy: backend == nil ? TestGateway.policy : policy
        )
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var trusted = ["127.0.0.0/8"]
        let lines: [String]
        /// What the decision log says; nil: refused as malformed.
        let remote: String?
    }

    static let rows: [Row] = [
        Row(testDescription: "the proxy says who", lines: ["X-Forwarded-For: 192.0.2.7"], remote: "192.0.2.7"),
        Row(
            testDescription: "the rightmost is the one the proxy has seen", lines: ["X-Forwarded-For: 10.1.1.1, 192.0.2.7"],
            remote: "192.0.2.7"),
        Row(
            testDescription: "proxies behind one another", trusted: ["127.0.0.1", "10.0.0.0/8"],
            lines: ["X-Forwarded-For: 192.0.2.7, 10.1.1.1"], remote: "192.0.2.7"),
        Row(
            testDescription: "over several lines", trusted: ["127.0.0.1", "10.0.0.0/8"],
            lines: ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-For: 10.1.1.1"], remote: "192.0.2.7"),
        Row(
            testDescription: "nobody but proxies: the first", trusted: ["127.0.0.1", "10.0.0.0/8"],
            lines: ["X-Forwarded-For: 10.2.2.2,10.1.1.1"], remote: "10.2.2.2"),
        Row(
            testDescription: "what stands left of the client was written by the client", lines: ["X-Forwarded-For: junk, 192.0.2.7"],
            remote: "192.0.2.7"),
        Row(testDescription: "with a port", lines: ["X-Forwarded-For: 192.0.2.7:4711"], remote: "192.0.2.7"),
        Row(testDescription: "IPv6", lines: ["X-Forwarded-For: 2001:db8::7"], remote: "2001:db8::7"),
        Row(testDescription: "IPv6 with a port", lines: ["X-Forwarded-For: [2001:db8::7]:4711"], remote: "2001:db8::7"),
        Row(
            testDescription: "mapped IPv4 is the IPv4 address (row H-17)", trusted: ["127.0.0.1", "10.0.0.0/8"],
            lines: ["X-Forwarded-For: 192.0.2.7, ::ffff:10.1.1.1"], remote: "192.0.2.7"),
        Row(testDescription: "the proxy says nothing: it is itself the client", lines: [], remote: "127.0.0.1"),
        Row(testDescription: "no address", lines: ["X-Forwarded-For: unknown"], remote: nil),
        Row(testDescription: "an empty member", lines: ["X-Forwarded-For: 192.0.2.7,"], remote: nil),
        Row(testDescription: "leading zeros", lines: ["X-Forwarded-For: 010.0.0.1"], remote: nil),
        Row(testDescription: "a port that is none", lines: ["X-Forwarded-For: 192.0.2.7:x"], remote: nil),
        Row(testDescription: "not trusted: ignored", trusted: ["10.0.0.0/8"], lines: ["X-Forwarded-For: 192.0.2.7"], remote: "127.0.0.1"),
        Row(
            testDescription: "nobody is trusted: ignored, even what could not be understood", trusted: [], lines: ["X-Forwarded-For: junk"],
            remote: "127.0.0.1"),
        Row(
            testDescription: "another spelling of the name is not the header",
            lines: ["X_Forwarded_For: 192.0.2.7", "X-Real-Ip: 192.0.2.8"], remote: "127.0.0.1"),
    ]

    @Test("the client's address comes from X-Forwarded-For, if a trusted proxy says so", arguments: rows)
    func address(row: Row) async throws {
        let records = try await TestGateway.run(edge: try Self.edge(row.trusted)) { gateway in
            let lines = row.lines.map { $0 + "\r\n" }.joined()
            let response = try gateway.get("/session", lines + gateway.bearer("acme"))
            #expect(response.status == (row.remote == nil ? 400 : 200))
            if row.remote == nil { #expect(response.code == "malformed_request") }
        }
        #expect(records.last?["remote"]?.string == row.remote ?? "127.0.0.1")
    }

    @Test("a partner's networks are held against that address, request by request")
    func networks() async throws {
        try await TestGateway.run(edge: try Self.edge(["127.0.0.1"])) { gateway in
            let client = try RawClient(port: gateway.port)
            for (address, status) in [("10.1.2.3", 200), ("192.0.2.7", 403), ("10.9.9.9", 200), ("10.1.2.3, 192.0.2.7", 403)] {
                try client.send(
                    "GET /session HTTP/1.1\r\nHost: gateway.test\r\nX-Forwarded-For: \(address)\r\n\(gateway.bearer("elsewhere"))\r\n")
                #expect(try client.response().status == status, "\(address)")
            }
        }
        try await TestGateway.run(edge: try Self.edge([])) { gateway in
            let response = try gateway.get("/session", "X-Forwarded-For: 10.1.2.3\r\n" + gateway.bearer("elsewhere"))
            #expect(response.status == 403)
        }
    }

    @Test("what cannot be read of a request is not laid at the last client's door")
    func malformed() async throws {
        let records = try await TestGateway.run(edge: try Self.edge(["127.0.0.1"])) { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send("GET /session HTTP/1.1\r\nHost: gateway.test\r\nX-Forwarded-For: 192.0.2.7\r\n\(gateway.bearer("acme"))\r\n")
            #expect(try client.response().status == 200)
            try client.send("GET /session HTTP/1.1\r\nno header\r\n\r\n")
            #expect(try client.response().status == 400)
        }
        #expect(records.map { $0["remote"]?.string } == ["192.0.2.7", "127.0.0.1"])
    }

    struct Scheme: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var trusted = ["127.0.0.1"]
        let lines: String
        let upstream: String?
    }

    @Test(
        "the scheme comes from X-Forwarded-Proto, if a trusted proxy says so, and else from the socket",
        arguments: [
            Scheme(testDescription: "https", lines: "X-Forwarded-Proto: https\r\n", upstream: "https"),
            Scheme(testDescription: "http", lines: "X-Forwarded-Proto: http\r\n", upstream: "http"),
            Scheme(testDescription: "a WebSocket's", lines: "X-Forwarded-Proto: wss\r\n", upstream: "https"),
            Scheme(testDescription: "nothing", lines: "", upstream: "http"),
            Scheme(testDescription: "two", lines: "X-Forwarded-Proto: http\r\nX-Forwarded-Proto: https\r\n", upstream: nil),
            Scheme(testDescription: "a list", lines: "X-Forwarded-Proto: http, https\r\n", upstream: nil),
            Scheme(testDescription: "another word", lines: "X-Forwarded-Proto: on\r\n", upstream: nil),
            Scheme(testDescription: "not trusted", trusted: [], lines: "X-Forwarded-Proto: https\r\n", upstream: "http"),
            Scheme(
                testDescription: "another network trusted", trusted: ["10.0.0.0/8"], lines: "X-Forwarded-Proto: https\r\n", upstream: "http"
            ),
            Scheme(testDescription: "`Forwarded` is not read", lines: "Forwarded: proto=https;host=admin\r\n", upstream: "http"),
        ]
    )
    func scheme(scheme: Scheme) async throws {
        let backend = try await LoopbackServer(.echo)
        try await TestGateway.run(edge: try Self.edge(scheme.trusted, backend)) { gateway in
            let response = try gateway.get("/hello", scheme.lines)
            guard let upstream = scheme.upstream else {
                #expect(response.status == 400)
                #expect(backend.text.isEmpty)
                return
            }
            let lines = response.body.lowercased().split(separator: "\r\n")
            #expect(lines.filter { $0.contains("proto") } == ["x-forwarded-proto: \(upstream)"])
            #expect(!response.body.contains("admin"))
        }
    }

    @Test(
        "the upstream gets the family of X-Forwarded headers from the gateway alone, trusted proxy or not",
        arguments: [[], ["127.0.0.1"]] as [[String]])
    func family(trusted: [String]) async throws {
        let backend = try await LoopbackServer(.echo)
        try await TestGateway.run(edge: try Self.edge(trusted, backend)) { gateway in
            let lines = [
                "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Host: admin.test", "X-Forwarded-Prefix: /admin", "X-Forwarded-Port: 1",
                "X-Forwarded-User: admin", "X_Forwarded_Proto: ftp", "Forwarded: for=192.0.2.9", "X-Real-Ip: 192.0.2.9",
                "True-Client-Ip: 192.0.2.9",
                "CF-Connecting-IP: 192.0.2.9", "X-Client-IP: 192.0.2.9",
            ]
            let response = try gateway.get("/hello", lines.map { $0 + "\r\n" }.joined())
            #expect(response.status == 200)
            let received = response.body.split(separator: "\r\n").map { $0.lowercased() }
            #expect(received.contains("x-forwarded-for: \(trusted.isEmpty ? "127.0.0.1" : "192.0.2.7")"))
            #expect(received.contains("x-forwarded-host: gateway.test"))
            #expect(received.filter { $0.contains("forwarded") }.count == 3)
            #expect(!response.body.contains("admin") && !response.body.contains("192.0.2.9"))
        }
    }
}
