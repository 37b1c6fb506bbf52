import GatewayServer
import GatewayTesting
import HTTPWire
import StrictJSON
import Testing

@Suite("Requests over real sockets", .ownThread)
struct RequestTests {
    @Test("a partner's token opens what the policy opens, and the session endpoint says who is seen")
    func allowed() async throws {
        let log = try await TestGateway.run { gateway in
            let session = try gateway.get("/session", gateway.bearer("acme"))
            #expect(session.status == 200)
            #expect(session.json?["subject"]?.string == "acme")
            #expect(session.json?["caller"]?.string == "partner")
            #expect(session.json?["tenant"]?.string == "acme")
            #expect(session.json?["roles"]?.elements.compactMap(\.string) == ["partner-writer"])
            #expect(session.json?["scopes"]?.elements.compactMap(\.string) == ["customers:read", "customers:write"])
            #expect(session.json?["profile"]?.string == "partner-token")
            #expect(try gateway.get("/api/provisioning/customers", gateway.bearer("acme")).status == 200)
        }
        #expect(log.map { $0["reason"]?.string } == ["allowed", "allowed"])
        #expect(log.last?["route"]?.string == "customers.list")
        #expect(log.last?["subject"]?.string == "acme")
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let name: String
        let request: String
        let status: Int
        let code: String
        var testDescription: String { name }

        init(_ name: String, _ request: String, _ status: Int, _ code: String) {
            self.name = name
            self.request = request.contains("\r\n") ? request : "\(request) HTTP/1.1\r\nHost: gateway.test\r\n\r\n"
            self.status = status
            self.code = code
        }
    }

    @Test("`OPTIONS *` is answered with the methods of the server as a whole")
    func optionsOfAll() async throws {
        try await TestGateway.run { gateway in
            let response = try gateway.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(response.status == 204)
            #expect(response["allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
        }
    }

    @Test(
        "without a credential, each refusal has its place in the order",
        arguments: [
            Refused("no route", "GET /nowhere", 404, "not_found"),
            Refused(
                "no route wins over a bad token", "GET /nowhere HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n\r\n", 404, "not_found"),
            Refused("a known path, another method", "DELETE /api/provisioning/customers", 405, "method_not_allowed"),
            Refused("no credential", "GET /api/provisioning/customers", 401, "unauthenticated"),
            Refused("no credential for the session", "GET /session", 401, "unauthenticated"),
            Refused("session with another method", "POST /session", 405, "method_not_allowed"),
            Refused("an unknown method", "BREW /api/provisioning/customers", 501, "unknown_method"),
            Refused("TRACE", "TRACE /api/provisioning/customers", 501, "unknown_method"),
            Refused("CONNECT (P-19)", "CONNECT gateway.test:443", 400, "malformed_target"),
            Refused("asterisk (P-19)", "GET *", 400, "malformed_target"),
            Refused("a token in the query (T-04)", "GET /api/provisioning/customers?access_token=x", 400, "token_in_query"),
            Refused("a token in the query of a public route", "GET /hello?a=b&access_token=x", 400, "token_in_query"),
            Refused("another case is another path (P-18)", "GET /API/provisioning/customers", 404, "not_found"),
            Refused("a trailing slash is another path", "GET /api/provisioning/customers/", 404, "not_found"),
            Refused("dot segments (P-01)", "GET /hello/../api/provisioning/customers", 400, "malformed_target"),
            Refused("encoded dots (P-02)", "GET /hello/%2e%2e/api/provisioning/customers", 400, "malformed_target"),
            Refused("encoded slash (P-03)", "GET /api/provisioning%2fcustomers", 400, "malformed_target"),
            Refused("encoded backslash (P-03)", "GET /api/provisioning%5Ccustomers", 400, "malformed_target"),
            Refused("double slash (P-04)", "GET //api/provisioning/customers", 400, "malformed_target"),
            Refused("fragment (P-08)", "GET /api/provisioning/customers#/hello", 400, "malformed_target"),
            Refused("double encoding (P-09)", "GET /hello/%252e%252e/api", 400, "malformed_target"),
            Refused("path parameter (P-10)", "GET /hello/..;x/api/provisioning/customers", 400, "malformed_target"),
            Refused("encoded space (P-12)", "GET /api/provisioning/customers%20", 400, "malformed_target"),
            Refused("encoded line feed (P-13)", "GET /api/provisioning/customers%0a", 400, "malformed_target"),
            Refused("overlong UTF-8 (P-20)", "GET /%c0%ae%c0%ae/", 400, "malformed_target"),
            Refused("the query takes no part in routing (P-07)", "GET /api/provisioning/customers?x=/hello", 401, "unauthenticated"),
            Refused("a foreign authority", "GET http://evil.test/hello HTTP/1.1\r\nHost: gateway.test\r\n\r\n", 400, "malformed_target"),
            Refused(
                "two Authorization headers (H-11)", "GET /hello HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n", 400,
                "repeated_header"),
            Refused(
                "both lengths (F-02)", "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
                "malformed_request"),
            Refused("an unknown expectation", "GET /hello HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", 417, "expectation_failed"),
            Refused(
                "another scheme than Bearer", "GET /session HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YTpi\r\n\r\n", 401, "invalid_token"),
            Refused("Bearer and nothing (S-03)", "GET /session HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer\r\n\r\n", 401, "invalid_token"),
            Refused(
                "Bearer and two spaces (S-03)", "GET /session HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer  x\r\n\r\n", 401, "invalid_token"
            ),
            Refused("Bearer %", "GET /session HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %\r\n\r\n", 401, "invalid_token"),
            Refused(
                "control headers of others do nothing (H-05, H-09)",
                "GET /api/provisioning/customers HTTP/1.1\r\nHost: a\r\nX-Forwarded-Uri: /hello\r\nX-Original-URL: /hello\r\nx-middleware-subrequest: a\r\nUser-Agent: kube-probe/1.30\r\n\r\n",
                401, "unauthenticated"),
        ]
    )
    func refused(row: Refused) async throws {
        let log = try await TestGateway.run { gateway in
            let response = try gateway.send(row.request)
            #expect(response.status == row.status)
            #expect(response["content-type"] == "application/problem+json")
            let body = try #require(response.json)
            #expect(body["code"]?.string == row.code)
            #expect(body["type"]?.string == "https://gatehouse.dev/problems/\(row.code)")
            #expect(body["status"]?.integer == Int64(row.status))
            #expect(body["request_id"]?.string == response["x-request-id"])
            #expect(body["title"]?.string?.isEmpty == false)
            #expect(body["detail"]?.string?.isEmpty == false)
            if row.status == 401 { #expect(response["www-authenticate"]?.hasPrefix(#"Bearer realm="gatehouse""#) == true) }
            if row.code == "invalid_token" { #expect(response["www-authenticate"]?.contains(#"error="invalid_token""#) == true) }
            if row.status == 405 { #expect(response["allow"]?.contains("OPTIONS") == true) }
        }
        #expect(log.count == 1)
        #expect(log.first?["decision"]?.string == "deny")
        #expect(log.first?["status"]?.integer == Int64(row.status))
    }

    @Test("what the policy denies is 403, with the scope that is missing or the reason of the rule")
    func denied() async throws {
        let log = try await TestGateway.run { gateway in
            let scope = try gateway.send(
                "POST /api/provisioning/customers HTTP/1.1\r\nHost: a\r\n\(gateway.bearer("reader"))Content-Length: 0\r\n\r\n"
            )
            #expect(scope.status == 403)
            #expect(scope.code == "insufficient_scope")
            #expect(scope["www-authenticate"]?.contains(#"error="insufficient_scope", scope="customers:write""#) == true)
            let rule = try gateway.get("/api/provisioning/customers", gateway.bearer("globex"))
            #expect(rule.status == 403)
            #expect(rule.code == "denied")
            #expect(rule.json?["detail"]?.string == "The contract with this partner is suspended")
            let caller = try gateway.get("/staff-only", gateway.bearer("acme"))
            #expect(caller.code == "forbidden")
            #expect(caller.json?["detail"]?.string?.contains("Ask support.") == true)
            let network = try gateway.get("/api/provisioning/customers", gateway.bearer("elsewhere"))
            #expect(network.status == 403)
            let signed = try gateway.get("/signed", gateway.bearer("acme"))
            #expect(signed.status == 401)
            #expect(signed.code == "signature")
        }
        #expect(
            log.map { $0["reason"]?.string } == [
                "missing_scope", "deny_rule", "caller_not_allowed", "network_not_allowed", "signature_required",
            ]
        )
    }

    @Test("a token never grants more than its partner has now (D-07)")
    func narrowed() async throws {
        try await TestGateway.run { gateway in
            let token = gateway.token("narrow", scopes: ["customers:read", "customers:write", "customers:delete", "made:up"])
            let session = try gateway.get("/session", "Authorization: Bearer \(token)\r\n")
            #expect(session.json?["scopes"]?.elements.compactMap(\.string) == ["customers:read"])
        }
    }

    @Test("every token that does not hold gets the same answer, and the log the exact reason (L-03)")
    func badTokens() async throws {
        let log = try await TestGateway.run { gateway in
            let good = gateway.token("acme")
            let parts = good.split(separator: ".").map(String.init)
            let now = Int64(1_000_000)
            let tokens = [
                "x", parts[0] + "." + parts[1] + ".", parts.dropLast().joined(separator: "."), good + "A", good + "=",
                gateway.token("acme", at: now), gateway.token("nobody"), gateway.token("off"),
                gateway.token("acme", lifetime: 7200), String(repeating: "a", count: 8193),
                parts[0] + "." + parts[1] + "." + (parts[2].hasPrefix("A") ? "B" : "A") + parts[2].dropFirst(),
            ]
            var bodies: Set<String> = []
            for token in tokens {
                let response = try gateway.get("/session", "Authorization: Bearer \(token)\r\nX-Request-Id: the-same-id\r\n")
                #expect(response.status == 401)
                bodies.insert(response.body)
            }
            #expect(bodies.count == 1)
        }
        #expect(
            log.map { $0["reason"]?.string } == [
                "malformed_token", "bad_mac", "malformed_token", "bad_mac", "bad_base64", "expired", "unknown_partner", "disabled_partner",
                "lifetime_too_long", "token_too_long", "bad_mac",
            ]
        )
    }

    @Test("a remembered token is judged again when its time is over")
    func remembered() async throws {
        try await TestGateway.run { gateway in
            let now = TestClock.now()
            let token = gateway.token("acme", at: now, lifetime: 2)
            let client = try RawClient(port: gateway.port)
            var statuses: [Int] = []
            // Until the token has ended by the clock; bounded by its lifetime of two seconds.
            while TestClock.now() < now + 3 {
                try client.send("GET /session HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\n\r\n")
                statuses.append(try client.response().status)
            }
            #expect(statuses.first == 200)
            #expect(statuses.last == 401)
            #expect(Set(statuses) == [200, 401])
        }
    }

    @Test("HEAD has the headers of GET and no body; OPTIONS tells the methods")
    func headAndOptions() async throws {
        try await TestGateway.run { gateway in
            let get = try gateway.get("/session", gateway.bearer("acme"))
            let head = try gateway.get("/session", gateway.bearer("acme"), method: "HEAD")
            #expect(head.status == 200)
            #expect(head["content-length"] == get["content-length"])
            let client = try RawClient(port: gateway.port)
            try client.send("HEAD /session HTTP/1.1\r\nHost: a\r\n\(gateway.bearer("acme"))\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response(isHead: true).status == 200)
            #expect(try client.response().status == 404)
            let options = try gateway.get("/api/provisioning/customers", method: "OPTIONS")
            #expect(options.status == 204)
            #expect(options["allow"] == "GET, HEAD, POST, OPTIONS")
        }
    }

    @Test("pipelined requests are answered in their order, each once")
    func pipelined() async throws {
        try await TestGateway.run { gateway in
            let client = try RawClient(port: gateway.port)
            let token = gateway.bearer("acme")
            var text = ""
            for index in 0..<50 {
                text += "GET /session HTTP/1.1\r\nHost: a\r\nX-Request-Id: request-\(index)\r\n\(token)\r\n"
                text += "GET /api/provisioning/customers HTTP/1.1\r\nHost: a\r\nX-Request-Id: list-\(index)-id\r\n\(token)\r\n"
            }
            try client.send(text)
            for index in 0..<50 {
                #expect(try client.response()["x-request-id"] == "request-\(index)")
                #expect(try client.response()["x-request-id"] == "list-\(index)-id")
            }
        }
    }

    @Test(
        "a request id that could do harm is replaced (L-02)",
        arguments: ["short", "has space", "x{\"decision\":1}", String(repeating: "a", count: 129)])
    func requestIDs(id: String) async throws {
        try await TestGateway.run { gateway in
            let response = try gateway.get("/session", "X-Request-Id: \(id)\r\n")
            #expect(response["x-request-id"] != id)
            #expect(response["x-request-id"]?.count == 24)
        }
    }

    @Test("only the hosts that are configured are served (H-15)")
    func hosts() async throws {
        try await TestGateway.run(hosts: ["api.example.com", "exact.example:8443"]) { gateway in
            for (host, status) in [
                ("api.example.com", 404), ("API.Example.COM", 404), ("api.example.com.", 404), ("api.example.com:443", 404),
                ("exact.example:8443", 404), ("exact.example", 421), ("exact.example:1", 421), ("evil.example", 421),
                ("api.example.com.evil.example", 421), ("xapi.example.com", 421),
            ] {
                let response = try gateway.send("GET /nowhere HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                #expect(response.status == status, "\(host)")
            }
        }
    }

    @Test("the admin address has health and readiness, and the public one has neither")
    func admin() async throws {
        try await TestGateway.run { gateway in
            let client = try RawClient(port: gateway.adminPort)
            for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/status", 200), ("/nowhere", 404), ("/session", 404)] {
                try client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.response().status == status, "\(path)")
            }
            for path in ["/healthz", "/readyz", "/status", "/metrics"] {
                let response = try gateway.get(path)
                #expect(response.status == 404)
            }
        }
    }

    @Test("each line of the decision log is chained to the one before")
    func chain() async throws {
        let log = try await TestGateway.run { gateway in for _ in 0..<20 { _ = try gateway.get("/session") } }
        #expect(log.count == 20)
        #expect(log[0]["prev"]?.string == String(repeating: "0", count: 64))
        for (line, next) in zip(log, log.dropFirst()) {
            #expect(next["prev"]?.string == line["hash"]?.string)
        }
        #expect(Set(log.compactMap { $0["hash"]?.string }).count == 20)
        for name in [
            "time", "request_id", "method", "path", "route", "caller", "subject", "tenant", "roles", "scopes", "token_id", "remote",
            "decision", "reason", "policy", "status", "duration_us",
        ] {
            #expect(log[0][name] != nil, "\(name)")
        }
    }
}
