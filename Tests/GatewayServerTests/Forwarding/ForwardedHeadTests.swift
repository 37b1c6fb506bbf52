import Access
import GatewayCore
import GatewayTesting
import StrictJSON
import Testing

/// What an upstream is told with each request.
@Suite("Forwarding: the head that an upstream receives", .ownThread)
struct ForwardedHeadTests {
    @Test("an allowed request arrives as exactly these lines")
    func exactly() async throws {
        try await ForwardingGateway.run { it in
            let request = try it.forwarded(
                it.request(
                    "POST /app/a%7Eb?x=%c3%a9",
                    "User-Agent: test\r\nX-Request-Id: request-0001\r\nTraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nContent-Type: text/plain\r\nCookie: a=b; __Secure-authjs.session-token=x\r\n",
                    body: "hello"
                )
            )
            let trace = try #require(request["traceparent"])
            #expect(
                request.head == """
                    POST /app/a~b?x=%C3%A9 HTTP/1.1\r
                    host: gateway.test\r
                    User-Agent: test\r
                    Content-Type: text/plain\r
                    cookie: a=b\r
                    content-length: 5\r
                    x-request-id: request-0001\r
                    traceparent: \(trace)\r
                    x-forwarded-for: 127.0.0.1\r
                    x-forwarded-proto: http\r
                    x-forwarded-host: gateway.test\r
                    x-gatehouse-subject: acme\r
                    x-gatehouse-tenant: acme\r
                    x-gatehouse-caller: partner\r
                    x-gatehouse-roles: partner-writer\r
                    x-gatehouse-scopes: customers:read customers:write\r
                    x-gatehouse-route: app
                    """
            )
            #expect(request.text == "hello")
        }
    }

    @Test("the assertion verifies with the published key and says who, what and for how long")
    func assertion() async throws {
        try await ForwardingGateway.run { it in
            let keySet = try it.gateway.get("/.well-known/jwks.json")
            #expect(keySet.status == 200)
            #expect(!keySet.body.contains("\"d\""))
            let before = TestClock.now()
            let request = try it.forwarded(it.request("POST /billing/invoices?x=%22y", "X-Request-Id: request-0002\r\n", body: "{}"))
            let assertion = try AssertionReader(request, keySet: Array(keySet.body.utf8))
            let claims = assertion.claims
            #expect(assertion.header["kid"]?.string == "assertion-1")
            for (name, value) in [
                ("iss", TestGateway.issuer), ("aud", "billing"), ("sub", "acme"), ("tenant", "acme"), ("caller", "partner"),
                ("scope", "customers:read customers:write"), ("objects", "own"), ("htm", "POST"), ("htu", "/invoices?x=%22y"),
                ("route", "billing"),
                ("policy", it.gateway.snapshot.policy.digest), ("rid", "request-0002"),
            ] {
                #expect(claims[name]?.string == value, "\(name)")
            }
            #expect(claims["roles"]?.elements.compactMap(\.string) == ["partner-writer"])
            let issued = try #require(claims["iat"]?.integer)
            #expect(before...TestClock.now() ~= issued)
            #expect(claims["exp"]?.integer == issued + 30)
            #expect(claims.members.count == 15)
            // Bound to the bytes: another signature does not hold.
            var forged = try #require(request["x-gatehouse-assertion"])
            let dot = try #require(forged.lastIndex(of: "."))
            let first = forged.index(after: dot)
            forged.replaceSubrange(first...first, with: forged[first] == "A" ? "B" : "A")
            let other = UpstreamRequest(connection: 0, head: "GET / HTTP/1.1\r\nx-gatehouse-assertion: \(forged)")
            #expect(throws: AssertionReader.Failure.self) { try AssertionReader(other) }
        }
    }

    @Test("the assertion of `hmac` verifies with the key of this upstream and of no other")
    func hmacAssertion() async throws {
        let key = try TestAssertion.hmacKey(upstream: "app")
        try await ForwardingGateway.run(
            configure: { [TestUpstream("app", [$0.port], signer: .hmac(kid: "assertion-1", try TestAssertion.hmacKey(upstream: "app")))] }
        ) { it in
            let request = try it.forwarded(it.request("GET /app/x"))
            #expect(try AssertionReader(request, key: key).claims["sub"]?.string == "acme")
            #expect(throws: AssertionReader.Failure.self) { try AssertionReader(request, key: TestAssertion.hmacKey(upstream: "billing")) }
            #expect(throws: AssertionReader.Failure.self) { try AssertionReader(request) }
        }
    }

    @Test("a public route's assertion names nobody")
    func anonymousAssertion() async throws {
        try await ForwardingGateway.run(configure: { [TestUpstream("app", [$0.port], signer: try TestAssertion.ed25519())] }) { it in
            let claims = try AssertionReader(it.forwarded(it.request("GET /public/x"))).claims
            #expect(claims["caller"]?.string == "anonymous")
            #expect(claims["sub"] == nil)
            #expect(claims["aud"]?.string == "app")
        }
    }

    @Test("the Host is the client's, or the server's own where the configuration says so")
    func host() async throws {
        try await ForwardingGateway.run(configure: {
            [TestUpstream("app", [$0.port], preservesHost: false), TestUpstream("billing", [$0.port])]
        }) { it in
            let own = try it.forwarded(it.request("GET /app/x"))
            #expect(own["host"] == "127.0.0.1:\(it.app.port)")
            #expect(own["x-forwarded-host"] == "gateway.test")
            #expect(try it.forwarded(it.request("GET /billing/x"))["host"] == "gateway.test")
        }
    }

    @Test("sessions stay here, in every form of their cookies; all other cookies pass as they are")
    func cookies() async throws {
        try await ForwardingGateway.run { it in
            for (sent, received) in [
                ("authjs.session-token=x", nil), ("a=b", "a=b"), ("a=b; authjs.session-token=x; c=d", "a=b; c=d"),
                ("__Secure-authjs.session-token=x; a=b", "a=b"),
                ("__Host-authjs.session-token=x; a=b", "a=b"), ("authjs.session-token.0=x; authjs.session-token.1=y; a=b", "a=b"),
                ("next-auth.session-token=x;a=b", "a=b"), ("__Secure-next-auth.session-token.12=x; a=b", "a=b"),
                ("authjs.session-token; a=b", "a=b"),
                ("authjs.session-token =x; a=b", "a=b"), (" \tauthjs.session-token=x ;\ta=b", "a=b"),
                ("=authjs.session-token=x; a=b", "a=b"),
                ("authjs.session-tokens=x", "authjs.session-tokens=x"), ("authjs.session-token.x=y", "authjs.session-token.x=y"),
                ("xauthjs.session-token=y", "xauthjs.session-token=y"),
                ("a=\"b c\"; d=authjs.session-token", "a=\"b c\"; d=authjs.session-token"),
                ("a=;b; ;;c==d", "a=; b; c==d"),
                ("authjs.callback-url=x; authjs.csrf-token=y", "authjs.callback-url=x; authjs.csrf-token=y"),
            ] as [(String, String?)] {
                #expect(try it.forwarded(it.request("GET /public/x", "Cookie: \(sent)\r\n"))["cookie"] == received, "\(sent)")
            }
            let two = try it.forwarded(
                it.request("GET /public/x", "Cookie: authjs.session-token=x; a=b\r\nX: y\r\nCookie: c=d; authjs.session-token.0=x\r\n"))
            #expect(two.values("cookie") == ["a=b; c=d"])
        }
    }

    @Test("a trace is continued with a new parent, or started where there is none that is valid")
    func trace() async throws {
        try await ForwardingGateway.run { it in
            let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let continued = try it.forwarded(it.request("GET /app/x", "traceparent: \(good)\r\ntracestate: a=b\r\n"))
            let parent = try #require(continued["traceparent"])
            #expect(parent.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") && parent.hasSuffix("-01"))
            #expect(parent != good)
            #expect(continued["tracestate"] == "a=b")
            // Of the flags only whether the trace is sampled, and of later versions what this one has.
            for (end, flags) in [("-00", "-00"), ("-fe", "-00"), ("-ff", "-01"), ("-0a", "-00"), ("-0b", "-01"), ("-03", "-01")] {
                for (version, more) in [("00", ""), ("01", ""), ("cc", "-more")] {
                    let sent = version + good.dropFirst(2).dropLast(3) + end + more
                    let parent = try #require(try it.forwarded(it.request("GET /app/x", "traceparent: \(sent)\r\n"))["traceparent"])
                    #expect(parent.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") && parent.hasSuffix(flags), "\(sent)")
                }
            }
            var seen: Set<String> = []
            for bad in [
                "", "traceparent: x\r\n", "traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01\r\n",
                "traceparent: 00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01\r\n",
                "traceparent: 00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01\r\n",
                "traceparent: ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n", "traceparent: \(good)-x\r\n",
                "traceparent: \(good.dropLast())\r\n", "traceparent: \(good)\r\ntraceparent: \(good)\r\n",
            ] {
                let request = try it.forwarded(it.request("GET /app/x", bad + "tracestate: a=b\r\n"))
                let started = try #require(request["traceparent"])
                #expect(started.wholeMatch(of: /00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]/) != nil, "\(started)")
                #expect(!started.contains("0af7651916cd43dd8448eb211c80319c"))
                #expect(request.values("traceparent").count == 1)
                // What belonged to another trace is not carried into this one (W3C Trace Context section 3.3).
                #expect(request.values("tracestate").isEmpty)
                seen.insert(started)
            }
            #expect(seen.count == 9)
        }
    }

    @Test("the request id is the client's where it is harmless, and the same in request, answer and log")
    func requestID() async throws {
        let log = try await ForwardingGateway.run { it in
            let client = try it.client()
            for id in ["12345678", "abc.DEF_0-9", String(repeating: "z", count: 128)] {
                try client.send(it.request("GET /app/x", "X-Request-Id: \(id)\r\n"))
                let response = try client.response()
                #expect(response["x-request-id"] == id)
                #expect(response.headers.filter { $0.name == "x-request-id" }.count == 1)
                #expect(it.app.requests.last?["x-request-id"] == id)
            }
            for id in ["short", "with space", "a/b/c/d/e", String(repeating: "z", count: 129), "é12345678"] {
                try client.send(it.request("GET /app/x", "X-Request-Id: \(id)\r\n"))
                let response = try client.response()
                #expect(response["x-request-id"]?.count == 24)
                #expect(it.app.requests.last?["x-request-id"] == response["x-request-id"])
            }
            try client.send(it.request("GET /app/x", "X-Request-Id: 12345678\r\nX-Request-Id: 12345678\r\n"))
            let response = try client.response()
            #expect(response["x-request-id"]?.count == 24)
            #expect(it.app.requests.last?.values("x-request-id").count == 1)
            #expect(it.app.requests.last?["x-request-id"] == response["x-request-id"])
        }
        #expect(log.count == 9)
        #expect(log.prefix(2).map { $0["request_id"]?.string } == ["12345678", "abc.DEF_0-9"])
        #expect(log.allSatisfy { $0["route"]?.string == "app" && $0["status"]?.integer == 200 && $0["decision"]?.string == "allow" })
    }

    @Test(
        "what a route requires of a request that may change something must be there, or nothing leaves",
        arguments: ["POST", "PUT", "PATCH", "DELETE"])
    func required(method: String) async throws {
        try await ForwardingGateway.run { it in
            let (key, tag) = ("Idempotency-Key: 1\r\n", "If-Match: \"1\"\r\n")
            for lines in ["", tag, "Idempotency-Key:\r\n" + tag] {
                try it.refused(it.request("\(method) /strict", lines), 400, code: "idempotency_key_required")
            }
            for lines in [key, key + "If-Match: \r\n"] {
                try it.refused(it.request("\(method) /strict", lines), 428, code: "precondition_required")
            }
            let request = try it.forwarded(it.request("\(method) /strict", key + tag))
            #expect(request["idempotency-key"] == "1" && request["if-match"] == "\"1\"")
            try it.forwarded(it.request("GET /strict"))
        }
    }

    @Test("headers that are nobody's business here pass as they are, in their order and as often as they came")
    func others() async throws {
        try await ForwardingGateway.run { it in
            let lines =
                "Accept: a\r\nAccept: b\r\nX-Custom: 1\r\nx-custom: 2\r\nIf-None-Match: \"e\"\r\nEmpty:\r\nX-Gate: open\r\nX-Forward: y\r\nAccept-Language: de\r\nX-Obs: \u{E9}\r\nRange: bytes=0-1\r\n"
            let request = try it.forwarded(it.request("GET /app/x", lines))
            #expect(
                request.head.contains(
                    "\r\nAccept: a\r\nAccept: b\r\nX-Custom: 1\r\nx-custom: 2\r\nIf-None-Match: \"e\"\r\nEmpty: \r\nX-Gate: open\r\nX-Forward: y\r\nAccept-Language: de\r\nX-Obs: \u{E9}\r\nRange: bytes=0-1\r\n"
                ))
        }
    }

    @Test("what the policy refuses never leaves (invariants 8 and 10)")
    func refused() async throws {
        try await ForwardingGateway.run { it in
            try it.refused(it.request("GET /nowhere"), 404)
            try it.refused(it.request("DELETE /healthz"), 405)
            try it.refused(it.request("GET /app/x", isAnonymous: true), 401)
            try it.refused(it.request("GET /app/x", "Authorization: Bearer x\r\n", isAnonymous: true), 401)
            try it.refused(
                it.request(
                    "POST /api/provisioning/customers", "\(it.gateway.bearer("reader"))Content-Type: application/json\r\n", body: "{}",
                    isAnonymous: true), 403)
            try it.refused(it.request("GET /app/x", it.gateway.bearer("globex"), isAnonymous: true), 403)
            try it.refused(it.request("GET /app/x", it.gateway.bearer("elsewhere"), isAnonymous: true), 403)
            try it.refused(it.request("GET /app/x?access_token=x"), 400)
            try it.refused(it.request("POST /api/provisioning/customers", "Content-Type: text/plain\r\n", body: "{}"), 415)
            try it.refused(
                it.request("POST /api/provisioning/customers", "Content-Type: application/json\r\nContent-Length: 1025\r\n"), 413)
            try it.refused(it.request("BREW /app/x"), 501)
            #expect(it.app.record.connections == 0)
        }
    }
}
