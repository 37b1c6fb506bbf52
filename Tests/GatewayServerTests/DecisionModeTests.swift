import Access
import Foundation
import GatewayCore
import GatewayServer
import GatewayTesting
import OpenSSLCrypto
import StrictJSON
import Testing
import Tokens

@Suite("Decision mode", .timeLimit(.minutes(2)), .ownThread)
struct DecisionModeTests {
    static let policy = TestGateway.policy.replacing(
        "  - { id: hello,",
        with: """
              - { id: billing, methods: [GET, POST], path: "/billing/{rest...}", needs: [customers:read], to: backend }
              - { id: hello,
            """
    )

    static func run(
        trusted: [String] = [], signer: AssertionSigner = .none, _ body: @Sendable (TestGateway) async throws -> Void
    ) async throws -> [JSONElement] {
        let target = UpstreamTarget(name: "backend", servers: [.init(host: "127.0.0.1", port: 9, authority: "127.0.0.1:9")])
        return try await TestGateway.run(
            edge: Edge(trustedProxies: try trusted.map { try CIDR(parsing: $0) }, upstreams: [target], signer: signer, policy: policy), body
        )
    }

    /// Asks about a request.
    static func ask(
        _ gateway: TestGateway, _ method: String?, _ uri: String?, _ lines: String = "", as actual: String = "GET /auth",
        host: String = "gateway.test"
    ) throws -> RawClient.Response {
        let client = try RawClient(port: gateway.decidePort)
        var text = "\(actual) HTTP/1.1\r\nHost: gatehouse.internal\r\nX-Forwarded-Host: \(host)\r\n"
        if let method { text += "X-Forwarded-Method: \(method)\r\n" }
        if let uri { text += "X-Forwarded-Uri: \(uri)\r\n" }
        try client.send(text + lines + "\r\n")
        return try client.response(isHead: actual.hasPrefix("HEAD"))
    }

    @Test("what is allowed is 200 with who is calling, and without a body")
    func allowed() async throws {
        let records = try await Self.run { gateway in
            let response = try Self.ask(
                gateway, "GET", "/api/provisioning/customers?limit=1", gateway.bearer("acme") + "X-Request-Id: req-12345678\r\n")
            #expect(response.status == 200)
            #expect(response.body.isEmpty)
            #expect(response["x-gatehouse-subject"] == "acme")
            #expect(response["x-gatehouse-tenant"] == "acme")
            #expect(response["x-gatehouse-caller"] == "partner")
            #expect(response["x-gatehouse-roles"] == "partner-writer")
            #expect(response["x-gatehouse-scopes"] == "customers:read customers:write")
            #expect(response["x-gatehouse-route"] == "customers.list")
            #expect(response["x-request-id"] == "req-12345678")
            #expect(response["x-gatehouse-assertion"] == nil)
            let anonymous = try Self.ask(gateway, "GET", "/hello")
            #expect(anonymous.status == 200)
            #expect(anonymous["x-gatehouse-caller"] == "anonymous")
            #expect(anonymous["x-gatehouse-subject"] == nil)
        }
        #expect(records.count == 1)
        #expect(records.first?["path"]?.string == "/api/provisioning/customers")
        #expect(records.first?["method"]?.string == "GET")
        #expect(records.first?["decision"]?.string == "allow")
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let method: String
        let uri: String
        var partner: String? = "acme"
        let status: Int
        let code: String?
        var lines = ""
        var testDescription: String { "\(method) \(uri) \(partner ?? "anonymous") \(lines) -> \(status)" }
    }

    @Test(
        "what is refused is refused as the gateway would, and recorded so",
        arguments: [
            Row(method: "GET", uri: "/api/provisioning/customers", partner: nil, status: 401, code: "unauthenticated"),
            Row(method: "POST", uri: "/api/provisioning/customers", partner: "reader", status: 403, code: "insufficient_scope"),
            Row(method: "DELETE", uri: "/api/provisioning/customers/cus_1", status: 403, code: "insufficient_scope"),
            Row(method: "GET", uri: "/api/provisioning/customers", partner: "globex", status: 403, code: "denied"),
            Row(method: "GET", uri: "/api/provisioning/customers", partner: "elsewhere", status: 403, code: "forbidden"),
            Row(method: "GET", uri: "/nothing", status: 404, code: "not_found"),
            Row(method: "PUT", uri: "/api/provisioning/customers", status: 405, code: "method_not_allowed"),
            Row(method: "BREW", uri: "/hello", status: 501, code: "unknown_method"),
            Row(method: "GET", uri: "/hello?access_token=x", status: 400, code: "token_in_query"),
            // Path confusion, as anywhere (rows P-01 to P-20)
            Row(method: "GET", uri: "/hello/../api/provisioning/customers", partner: nil, status: 400, code: "malformed_target"),
            Row(method: "GET", uri: "/hello/%2e%2e/api/provisioning/customers", partner: nil, status: 400, code: "malformed_target"),
            Row(method: "GET", uri: "/hello%2f..%2fapi", partner: nil, status: 400, code: "malformed_target"),
            Row(method: "GET", uri: "//hello", partner: nil, status: 400, code: "malformed_target"),
            Row(method: "GET", uri: "hello", partner: nil, status: 400, code: "malformed_target"),
            Row(method: "GET", uri: "/hello HTTP/1.1", partner: nil, status: 400, code: "malformed_request"),
            Row(method: "GET /hello HTTP/1.1", uri: "/api/provisioning/customers", partner: nil, status: 400, code: "malformed_request"),
            Row(method: "", uri: "/hello", partner: nil, status: 400, code: "malformed_request"),
            Row(method: "GET", uri: "", partner: nil, status: 400, code: "malformed_target"),
            Row(method: "GET", uri: "http://elsewhere.test/hello", partner: nil, status: 400, code: "malformed_target"),
            // The gateway's own endpoints are not to be served by somebody behind the proxy.
            Row(method: "POST", uri: "/oauth2/token", partner: nil, status: 404, code: "not_found"),
            Row(method: "GET", uri: "/session", status: 404, code: "not_found"),
            Row(method: "OPTIONS", uri: "/api/provisioning/customers", status: 405, code: "method_not_allowed"),
            // What a client could slip in beside what the proxy says (CVE-2026-40575)
            Row(
                method: "DELETE", uri: "/api/provisioning/customers/cus_1", status: 400, code: "malformed_request",
                lines: "X-Original-Method: GET\r\n"),
            Row(
                method: "GET", uri: "/api/provisioning/customers", partner: nil, status: 400, code: "malformed_request",
                lines: "X-Original-URI: /hello\r\n"),
            Row(
                method: "GET", uri: "/api/provisioning/customers", partner: nil, status: 400, code: "repeated_header",
                lines: "X-Forwarded-Uri: /hello\r\n"),
            Row(
                method: "GET", uri: "/api/provisioning/customers", partner: nil, status: 400, code: "repeated_header",
                lines: "X-Forwarded-Method: GET\r\n"),
            Row(
                method: "GET", uri: "/api/provisioning/customers", partner: nil, status: 401, code: "unauthenticated",
                lines: "X-Original-URL: /hello\r\nX_Forwarded_Uri: /hello\r\nX-Rewrite-Url: /hello\r\n"),
            // A signature over what is not seen
            Row(method: "POST", uri: "/signed", status: 401, code: "signature"),
            Row(
                method: "POST", uri: "/billing/x", status: 401, code: "signature", lines: "Signature-Input: a=()\r\nSignature: a=:AAAA:\r\n"
            ),
        ]
    )
    func refused(row: Row) async throws {
        let records = try await Self.run { gateway in
            let response = try Self.ask(gateway, row.method, row.uri, row.lines + (row.partner.map { gateway.bearer($0) } ?? ""))
            #expect(response.status == row.status)
            #expect(response.code == row.code, "\(response.body)")
            #expect(response["x-gatehouse-subject"] == nil && response["x-gatehouse-caller"] == nil)
            if row.status == 401, row.code != "signature" { #expect(response["www-authenticate"]?.hasPrefix("Bearer") == true) }
        }
        #expect(records.count == 1)
        #expect(records.first?["decision"]?.string == "deny")
        #expect(records.first?["status"]?.integer == Int64(row.status))
    }

    @Test(
        "without a method or a target there is nothing to decide",
        arguments: [(nil, "/hello"), ("GET", nil), (nil, nil)] as [(String?, String?)])
    func undescribed(method: String?, uri: String?) async throws {
        _ = try await Self.run { gateway in
            let response = try Self.ask(gateway, method, uri, gateway.bearer("acme"))
            #expect(response.status == 400)
            #expect(response.code == "malformed_request")
        }
    }

    @Test("nginx's names of the headers do as well, and both are good when they agree")
    func originalNames() async throws {
        _ = try await Self.run { gateway in
            let nginx = "X-Original-Method: GET\r\nX-Original-URI: /api/provisioning/customers\r\n"
            let alone = try Self.ask(gateway, nil, nil, nginx + gateway.bearer("acme"))
            #expect(alone.status == 200)
            let both = try Self.ask(gateway, "GET", "/api/provisioning/customers", nginx + gateway.bearer("acme"))
            #expect(both.status == 200)
        }
    }

    @Test(
        "the request that asks decides nothing: not its method, path, host or body",
        arguments: ["GET /hello", "POST /api/provisioning/customers", "HEAD /hello", "DELETE /x"])
    func actual(line: String) async throws {
        _ = try await Self.run { gateway in
            let body = line.hasPrefix("POST") ? "Content-Length: 5\r\n" : ""
            for (method, uri, status) in [
                ("GET", "/api/provisioning/customers", 401), ("GET", "/hello", 200), ("HEAD", "/hello", 200), ("GET", "/nothing", 404),
            ] {
                let client = try RawClient(port: gateway.decidePort)
                let head =
                    "\(line) HTTP/1.1\r\nHost: gateway.test\r\nX-Forwarded-Method: \(method)\r\nX-Forwarded-Uri: \(uri)\r\n\(body)\r\n"
                // Twice on one connection: an answer of the wrong length would spoil the second.
                for _ in 0..<2 {
                    try client.send(head + (body.isEmpty ? "" : "hello"))
                    #expect(try client.response(isHead: line.hasPrefix("HEAD")).status == status, "\(line) \(method) \(uri)")
                }
            }
        }
    }

    @Test("the route's upstream gets its assertion, for the canonical path and query, from the proxy")
    func assertion() async throws {
        let key = HMACKey(.sha256, key: SecretBytes([UInt8](repeating: 1, count: 32)))
        _ = try await Self.run(signer: .hmac(kid: "k", key)) { gateway in
            let response = try Self.ask(gateway, "GET", "/billing/a%7Eb?x=1", gateway.bearer("acme"))
            #expect(response.status == 200)
            let parts = try #require(response["x-gatehouse-assertion"]).split(separator: ".").map(String.init)
            #expect(parts.count == 3)
            var text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
            while text.count % 4 != 0 { text += "=" }
            let claims = try self.claims(Array(try #require(Data(base64Encoded: text))))
            #expect(claims["aud"]?.string == "backend")
            #expect(claims["htm"]?.string == "GET")
            #expect(claims["htu"]?.string == "/billing/a~b?x=1")
            #expect(claims["sub"]?.string == "acme")
            #expect(claims["route"]?.string == "billing")
        }
    }

    private func claims(_ bytes: [UInt8]) throws -> JSONElement { try JSONDocument(bytes).root }

    @Test("who asks is the client that the proxy names, for networks and the log")
    func client() async throws {
        let records = try await Self.run { gateway in
            for (address, status) in [("10.1.2.3", 200), ("10.1.2.3, 192.0.2.7", 403)] {
                let lines = "X-Forwarded-For: \(address)\r\n" + gateway.bearer("elsewhere")
                let response = try Self.ask(gateway, "GET", "/api/provisioning/customers", lines)
                #expect(response.status == status)
            }
        }
        #expect(records.map { $0["remote"]?.string } == ["10.1.2.3", "192.0.2.7"])
    }

    @Test("a described WebSocket handshake is known by its key, since proxies take `Upgrade` away")
    func upgrade() async throws {
        // That it counts as an upgrade shows where a session's site is checked; here, that it is taken at all.
        _ = try await Self.run { gateway in
            let response = try Self.ask(gateway, "GET", "/hello", "Sec-WebSocket-Key: x\r\nConnection: close\r\n")
            #expect(response.status == 200)
        }
    }

    @Test("a signed request without a body is allowed where it must be signed, once")
    func signed() async throws {
        _ = try await Self.run { gateway in
            var signed = SignedRequest(gateway)
            signed.target = "/signed?a=1"
            let headers = signed.headers()
            let lines = "Authorization: Bearer \(signed.token)\r\nSignature-Input: \(headers.input)\r\nSignature: \(headers.signature)\r\n"
            let client = try RawClient(port: gateway.decidePort)
            for (uri, status) in [("/signed?a=2", 401), ("/signed?a=1", 200), ("/signed?a=1", 401), ("/hello", 200)] {
                try client.send(
                    "GET /auth HTTP/1.1\r\nHost: x\r\nX-Forwarded-Host: gateway.test\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Uri: \(uri)\r\n\(lines)\r\n"
                )
                let response = try client.response()
                #expect(response.status == status, "\(uri) \(response.body)")
                #expect(response["x-gatehouse-route"] == (status == 200 ? (uri == "/hello" ? "hello" : "signed") : nil))
            }
            let unsigned = try Self.ask(gateway, "GET", "/signed", gateway.bearer("acme"))
            #expect(unsigned.status == 401)
            #expect(unsigned.code == "signature")
        }
    }

    @Test("hosts are checked as the client named them")
    func hosts() async throws {
        try await TestGateway.run(hosts: ["gateway.test"]) { gateway in
            for (host, status) in [("gateway.test", 200), ("elsewhere.test", 421)] {
                let response = try Self.ask(gateway, "GET", "/hello", host: host)
                #expect(response.status == status)
            }
        }
    }

    @Test("on the public listener the headers of decision mode mean nothing (row H-05)")
    func publicListener() async throws {
        try await TestGateway.run { gateway in
            let lines = "X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /hello\r\nX-Original-URI: /hello\r\n"
            let response = try gateway.get("/api/provisioning/customers", lines)
            #expect(response.status == 401)
        }
    }
}
