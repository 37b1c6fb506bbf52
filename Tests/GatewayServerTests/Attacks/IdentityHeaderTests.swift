import Access
import GatewayTesting
import StrictJSON
import Testing

/// What a client may not say about itself, and what the gateway must not take from it. Ids as in Tests/KnownAttacks.md.
@Suite("Attacks: identity and forwarding headers", .ownThread)
struct IdentityHeaderTests {
    /// Names that a backend folds to `x-gatehouse-subject`.
    static let spellings = [
        "X-Gatehouse-Subject", "x-gatehouse-subject", "X_Gatehouse_Subject", "X-Gatehouse_Subject", "x.gatehouse.subject",
        "X~GATEHOUSE~SUBJECT",
        "x_GateHouse-SUBJECT", "X!Gatehouse!Subject", "x|gatehouse|subject", "X'Gatehouse'Subject", "x-gatehouse-subject-",
        "X^Gatehouse`Subject",
    ]

    @Test("H-01: identity headers are removed in every spelling that a backend may fold (CVE-2025-64484, CVE-2026-39858)")
    func foldedNames() async throws {
        try await ForwardingGateway.run { it in
            for name in Self.spellings
                + Self.spellings.map({ $0.replacing("ubject", with: "ubject-Extra").replacing("UBJECT", with: "UBJECTx") })
            {
                let request = try it.forwarded(it.request("GET /app/x", "\(name): admin\r\n"))
                #expect(!request.head.contains("admin"), "\(name)")
                #expect(request["x-gatehouse-subject"] == "acme", "\(name)")
            }
            for name in ["Roles", "Scopes", "Tenant", "Caller", "Route", "Assertion", "Anything"] {
                for prefix in ["X-Gatehouse-", "X_Gatehouse_", "x.gatehouse."] {
                    let request = try it.forwarded(it.request("GET /app/x", "\(prefix)\(name): admin\r\n"))
                    #expect(!request.head.contains("admin"), "\(prefix)\(name)")
                }
            }
        }
    }

    @Test("H-02: the upstream sees each identity header exactly once, whatever the client sent beside it (CVE-2026-33433)")
    func exactlyOnce() async throws {
        try await ForwardingGateway.run { it in
            let request = try it.forwarded(it.request("GET /app/x", Self.spellings.map { "\($0): admin\r\n" }.joined()))
            for (name, value) in [
                ("subject", "acme"), ("tenant", "acme"), ("caller", "partner"), ("roles", "partner-writer"),
                ("scopes", "customers:read customers:write"), ("route", "app"),
            ] {
                #expect(request.values("x-gatehouse-\(name)") == [value])
            }
            #expect(request.values("x-request-id").count == 1)
            #expect(request.values("host") == ["gateway.test"])
        }
    }

    @Test(
        "H-03, H-04: Connection cannot nominate what the gateway or a hop before it says, in any case (CVE-2024-45410, CVE-2022-31813, CVE-2026-29054)",
        arguments: [
            "close, X-Gatehouse-Assertion", "X-Request-Id, Authorization", "x-GATEHOUSE-assertion", "X_Gatehouse_Subject",
            "X-Forwarded-For", "x-forwarded-HOST",
            "Host", "Content-Length", "content-type", "Authorization", "COOKIE", "If-Match", "Forwarded", "traceparent", "Signature",
            "Signature-Input",
            "Idempotency-Key", "Content-Digest", "Origin", "close,x-gatehouse-subject", "keep-alive ,\tX-GateHouse-Route", "Accept",
        ]
    )
    func nominated(value: String) async throws {
        try await ForwardingGateway.run { it in
            for name in ["Connection", "connection", "CONNECTION"] {
                try it.refused(it.request("GET /app/x", "\(name): \(value)\r\n"), 400, code: "malformed_request")
                try it.refused(it.request("GET /public/x", "X-Y: z\r\n\(name): x\r\n\(name): \(value)\r\n", isAnonymous: true), 400)
            }
        }
    }

    @Test("H-03: what Connection may nominate is removed with it, and the gateway's own headers come after")
    func nominatedAndRemoved() async throws {
        try await ForwardingGateway.run { it in
            let request = try it.forwarded(
                it.request(
                    "GET /app/x",
                    "Connection: keep-alive, X-Drop\r\nX-Drop: a\r\nx-DROP: b\r\nX-Keep: c\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\nTE: trailers\r\nTrailer: y\r\nProxy-Authorization: Basic x\r\n"
                )
            )
            #expect(request.values("x-drop").isEmpty)
            #expect(request["x-keep"] == "c")
            for name in ["connection", "keep-alive", "proxy-connection", "te", "trailer", "proxy-authorization", "upgrade"] {
                #expect(request.values(name).isEmpty, "\(name)")
            }
            #expect(request["x-gatehouse-subject"] == "acme")
        }
    }

    static let control = [
        "X-Forwarded-Uri: /healthz", "X-Original-URL: /healthz", "X-Rewrite-URL: /healthz", "X-Forwarded-Path: /healthz",
        "X-Original-URI: /healthz",
        "X-Envoy-Original-Path: /healthz", "X-Forwarded-Method: GET", "X-Original-Method: OPTIONS", "X_Original_URL: /healthz",
        "x.rewrite.url: /healthz",
    ]

    @Test("H-05: no header says what the request is about (CVE-2026-40575)", arguments: control)
    func originalTarget(line: String) async throws {
        try await ForwardingGateway.run { it in
            try it.refused(it.request("GET /api/provisioning/customers", "\(line)\r\n", isAnonymous: true), 401, code: "unauthenticated")
            let request = try it.forwarded(it.request("GET /api/provisioning/customers", "\(line)\r\n"))
            #expect(!request.head.contains("healthz"))
            #expect(request.target == "/api/provisioning/customers")
        }
    }

    @Test("H-06: the log shows the real target (CVE-2023-27487)")
    func loggedTarget() async throws {
        let log = try await ForwardingGateway.run { it in
            let lines = Self.control.joined(separator: "\r\n") + "\r\nX-Forwarded-For: 9.9.9.9\r\nX-Real-Ip: 9.9.9.9\r\n"
            try it.refused(it.request("GET /api/provisioning/customers", lines, isAnonymous: true), 401)
            try it.forwarded(it.request("GET /api/provisioning/customers", lines))
        }
        #expect(log.map { $0["path"]?.string } == ["/api/provisioning/customers", "/api/provisioning/customers"])
        #expect(log.map { $0["method"]?.string } == ["GET", "GET"])
        #expect(log.map { $0["remote"]?.string } == ["127.0.0.1", "127.0.0.1"])
    }

    @Test("H-07: scheme, host and address come from the socket and the request alone (CVE-2026-33495, CVE-2026-54764)")
    func scheme() async throws {
        try await ForwardingGateway.run { it in
            let request = try it.forwarded(
                it.request(
                    "GET /app/x",
                    "X-Forwarded-Proto: https\r\nForwarded: proto=https;host=admin;for=9.9.9.9\r\nX-Forwarded-Host: admin\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Port: 443\r\n"
                )
            )
            #expect(request.values("x-forwarded-proto") == ["http"])
            #expect(request.values("x-forwarded-host") == ["gateway.test"])
            #expect(request.values("x-forwarded-for") == ["127.0.0.1"])
            #expect(request.values("x-forwarded-port").isEmpty)
            #expect(request.values("forwarded").isEmpty)
        }
    }

    @Test(
        "H-08: the whole family of forwarding headers is removed, none is forgotten (CVE-2026-35051)",
        arguments: [
            "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server",
            "X-Forwarded-User",
            "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Preferred-Username", "X-Forwarded-Access-Token", "X-Forwarded-Ssl",
            "X-Forwarded-Scheme",
            "X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert", "X-Forwarded-Anything", "X_Forwarded_User", "x.forwarded.user",
            "Forwarded",
            "X-Real-Ip", "X_Real_IP", "True-Client-Ip", "true_client_ip", "CF-Connecting-IP", "X-Client-IP", "X-Cluster-Client-Ip",
        ]
    )
    func forwardingHeaders(name: String) async throws {
        try await ForwardingGateway.run { it in
            let request = try it.forwarded(it.request("GET /app/x", "\(name): evil-value\r\n"))
            #expect(!request.head.contains("evil-value"))
        }
    }

    @Test("H-09: there is no header that skips a stage (CVE-2025-29927)")
    func skippedStages() async throws {
        try await ForwardingGateway.run { it in
            for line in [
                "x-middleware-subrequest: middleware:middleware:middleware:middleware:middleware",
                "x-middleware-subrequest: src/middleware",
                "X-Gatehouse-Subject: acme", "X-Gatehouse-Route: health", "X-Gatehouse-Caller: staff", "X-Gatehouse-Assertion: a.b.c",
                "X-Gatehouse-Internal: 1", "X-Gatehouse-Skip: auth", "Internal: true", "X-Internal-Request: 1",
            ] {
                try it.refused(
                    it.request("GET /api/provisioning/customers", "\(line)\r\n", isAnonymous: true), 401, code: "unauthenticated")
            }
            let request = try it.forwarded(it.request("GET /app/x", "x-middleware-subrequest: middleware\r\n"))
            #expect(request.values("x-middleware-subrequest").isEmpty)
        }
    }

    @Test(
        "H-10: who the client says it runs as opens nothing (CVE-2026-34457)",
        arguments: ["GoogleHC/1.0", "kube-probe/1.30", "ELB-HealthChecker/2.0", "gatehouse-health", "Consul Health Check"]
    )
    func userAgent(agent: String) async throws {
        try await ForwardingGateway.run { it in
            for target in ["/api/provisioning/customers", "/api/provisioning/customers/cus_1", "/app/x", "/socket", "/billing/x"] {
                try it.refused(it.request("GET \(target)", "User-Agent: \(agent)\r\n", isAnonymous: true), 401, code: "unauthenticated")
            }
        }
    }

    @Test("H-11: a header that must stand once is refused when it stands twice (CVE-2026-26308, CVE-2021-32777)")
    func repeatedSingletons() async throws {
        try await ForwardingGateway.run { it in
            for (name, code) in [
                ("Host", "malformed_request"), ("Content-Length", "malformed_request"), ("Transfer-Encoding", "malformed_request"),
                ("Authorization", "repeated_header"),
                ("Content-Type", "repeated_header"), ("Content-Digest", "repeated_header"), ("Signature", "repeated_header"),
                ("Signature-Input", "repeated_header"),
                ("Idempotency-Key", "repeated_header"), ("If-Match", "repeated_header"), ("Origin", "repeated_header"),
            ] {
                for (first, second) in [("a", "a"), ("a", "b"), ("", "a")] {
                    let lines = "\(name): \(first)\r\nX-Between: x\r\n\(name.uppercased()): \(second)\r\n"
                    try it.refused(it.request("GET /public/x", lines, isAnonymous: true), 400, code: code)
                }
            }
            let request = try it.forwarded(
                it.request("POST /app/x", "X-HTTP-Method-Override: GET\r\nX-HTTP-Method-Override: DELETE\r\n", body: "x"))
            #expect(request.method == "POST")
            #expect(request.values("x-http-method-override").isEmpty)
        }
    }

    @Test(
        "H-11: a second spelling of a header that the gateway judges does not reach a backend that would join the two",
        arguments: [
            "Content_Type", "content.type", "Content_Length", "Transfer_Encoding", "Content_Digest", "Idempotency_Key", "If_Match",
            "Signature_Input", "X_Request_Id",
            "If_None_Match", "Sec_Fetch_Site",
        ]
    )
    func foldedSingletons(name: String) async throws {
        try await ForwardingGateway.run { it in
            let request = try it.forwarded(
                it.request("POST /api/provisioning/customers", "Content-Type: application/json\r\n\(name): evil-value\r\n", body: "{}")
            )
            #expect(!request.head.contains("evil-value"))
            #expect(request.values("content-type") == ["application/json"])
            #expect(request.values("content-length") == ["2"])
        }
    }

    @Test("H-12: an identity header without a value here is absent at the upstream, not the client's (CVE-2026-39998, CVE-2026-44087)")
    func absentIdentity() async throws {
        try await ForwardingGateway.run { it in
            let lines = ["Subject", "Tenant", "Roles", "Scopes", "Assertion", "Caller"].map { "X-Gatehouse-\($0): admin\r\n" }.joined()
            let request = try it.forwarded(it.request("GET /public/x", lines, isAnonymous: true))
            for name in ["subject", "tenant", "roles", "scopes", "assertion"] {
                #expect(request.values("x-gatehouse-\(name)").isEmpty, "\(name)")
            }
            #expect(request.values("x-gatehouse-caller") == ["anonymous"])
            #expect(request.values("x-gatehouse-route") == ["public"])
            // A public route reads no credential, and passes none on.
            let known = try it.forwarded(it.request("GET /public/x", lines))
            #expect(known.values("x-gatehouse-subject").isEmpty)
            #expect(known.values("authorization").isEmpty)
        }
    }

    @Test("H-13: credentials leave to nobody, on no path of error (CVE-2026-41181)")
    func credentialsStayHere() async throws {
        let second = try RecordingUpstream()
        defer { second.stop() }
        for script in [
            UpstreamScript.resets, .closesAtOnce, .bytes("garbage\r\n\r\n", then: .close),
            .bytes("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
        ] {
            try await ForwardingGateway.run(script, configure: { [TestUpstream("app", [$0.port, second.port])] }) { it in
                let credentials = "Cookie: __Secure-authjs.session-token=secret-cookie; theme=dark\r\nProxy-Authorization: secret-proxy\r\n"
                // A public route reads no credential, so this is no signature that has to verify.
                let signature = "Signature: sig=:secret-signature:\r\nSignature-Input: secret-input\r\n"
                for request in [it.request("GET /app/x", credentials), it.request("GET /public/x", credentials + signature)] {
                    for _ in 0..<3 {
                        let response = try it.send(request)
                        #expect(!"\(response)".contains("secret"))
                    }
                }
                for upstream in [it.app, second] {
                    let sent = upstream.record.bytes.map { String(decoding: $0, as: UTF8.self) }.joined()
                    #expect(!sent.contains("secret") && !sent.lowercased().contains("bearer"))
                }
            }
        }
        #expect(second.record.requests.count > 0)
        for request in second.requests { #expect(request.values("authorization").isEmpty && request["cookie"] == "theme=dark") }
    }

    @Test("H-14: a method is what the request line says (CWE-650)")
    func methodOverride() async throws {
        try await ForwardingGateway.run { it in
            for name in [
                "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "x_http_method_override", "X.Http.Method",
                "X_Method_Override",
            ] {
                let request = try it.forwarded(it.request("POST /app/x", "\(name): DELETE\r\n", body: "x"))
                #expect(request.line == "POST /app/x HTTP/1.1")
                #expect(!request.head.contains("DELETE"), "\(name)")
            }
            // What a reader may do, a query does not make a change; the log and the assertion name the method that was judged.
            let query = try it.forwarded(it.request("GET /api/provisioning/customers/cus_1?_method=DELETE"))
            #expect(query["x-gatehouse-route"] == "customers.read")
        }
    }

    @Test("H-15: hosts are compared without case, trailing dot and port, and others are not served (CVE-2026-42273)")
    func hosts() async throws {
        try await ForwardingGateway.run(hosts: ["api.example.com"]) { it in
            for host in ["api.example.com", "API.Example.COM", "api.example.com.", "api.example.com:443", "API.EXAMPLE.com.:8080"] {
                try it.forwarded("GET /public/x HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            }
            for host in [
                "[::ffff:7f00:1]", "127.0.0.1", "localhost", "api.example.com.evil", "evil.api.example.com", "api.example.com..",
                "xapi.example.com", "[::1]:80",
            ] {
                try it.refused("GET /public/x HTTP/1.1\r\nHost: \(host)\r\n\r\n", 421, code: "misdirected")
            }
            for host in [
                "api.example.com@evil", "api.example.com/x", "api.example.com:x", "api.example.com,evil", "evil api.example.com", "",
                "api.example.com:80:80", "api%2eexample.com",
            ] {
                try it.refused("GET /public/x HTTP/1.1\r\nHost: \(host)\r\n\r\n", 400, code: "malformed_request")
            }
        }
    }

    @Test(
        "H-16: an empty header name is refused, and hides nothing behind it (CVE-2023-25725)",
        arguments: [": x", " : x", ":", "\t: x", " ", ": \r\n: "])
    func emptyName(line: String) async throws {
        try await ForwardingGateway.run { it in
            try it.refused(it.request("GET /public/x", "A: b\r\n\(line)\r\nC: d\r\n"), 400, code: "malformed_request", closes: true)
        }
    }

    @Test(
        "H-17: a trust list that could match more than was meant is an error (CVE-2026-90711, CVE-2026-33376, CVE-2021-29923)",
        arguments: [
            "::ffff:10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:a00:0/104", "010.0.0.1", "10.0.0.1/08", "10.0.0.1/8", "10.0.0.0/33",
            "10.0.0.0/-1", "10.0.0.0/", "10.0/8",
            "2001:db8::1/32", "2001:db8::/129", "0x0a.0.0.1", "167772161", "10.0.0.0/255.0.0.0", "fe80::1%eth0", "1.2.3.4.5", "",
            " 10.0.0.0/8",
        ]
    )
    func trustLists(text: String) {
        #expect(throws: CIDRError.self) { try CIDR(parsing: text) }
    }

    @Test("H-17: a bare address is that one host, and a mapped client is its IPv4 address")
    func trustedHosts() throws {
        let one = try CIDR(parsing: "2001:db8::1")
        #expect(one.contains(try #require(IPAddress("2001:db8::1"))))
        #expect(!one.contains(try #require(IPAddress("2001:db8::2"))))
        #expect(try CIDR(parsing: "10.0.0.0/8").contains(try #require(IPAddress("::ffff:10.1.2.3"))))
        #expect(try !CIDR(parsing: "::/0").contains(try #require(IPAddress("::ffff:10.1.2.3"))))
    }
}
