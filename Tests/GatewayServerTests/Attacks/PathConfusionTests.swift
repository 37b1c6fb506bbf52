import Access
import GatewayConfiguration
import GatewayTesting
import StrictJSON
import Testing

/// The policy must not see one path and the upstream another. Ids as in Tests/KnownAttacks.md.
@Suite("Attacks: path confusion", .ownThread)
struct PathConfusionTests {
    /// Each target is refused for a stranger and for a partner alike, before anything reaches the upstream.
    static func refuse(
        _ targets: [String], code: String = "malformed_target", _ statuses: Int = 400, _ location: SourceLocation = #_sourceLocation
    ) async throws {
        try await ForwardingGateway.run { it in
            for target in targets {
                for isAnonymous in [true, false] {
                    try it.refused(it.request("GET \(target)", isAnonymous: isAnonymous), statuses, code: code, location)
                }
            }
            #expect(it.app.record.connections == 0, sourceLocation: location)
        }
    }

    @Test("P-01: dot segments do not lead from a public rule to a protected path (CVE-2026-33494)")
    func dotSegments() async throws {
        try await Self.refuse([
            "/public/../api/provisioning/customers", "/healthz/../api/provisioning/customers", "/public/./../api/provisioning/customers",
            "/public/a/../../api/provisioning/customers", "/public/..", "/public/.", "/..", "/.", "/./healthz", "/../healthz",
            "/public/../../../../etc/passwd", "/public/..?x", "/public/../?x",
        ])
    }

    @Test("P-02: encoded dots do not either, in any mixture (CVE-2026-42274)")
    func encodedDots() async throws {
        try await Self.refuse([
            "/healthz/%2e%2e/api/provisioning/customers", "/healthz/.%2e/api/provisioning/customers",
            "/healthz/%2e./api/provisioning/customers",
            "/healthz/%2E%2E/api/provisioning/customers", "/healthz/%2E%2E%2Fapi/provisioning/customers",
            "/healthz/%2e%2e%2fapi/provisioning/customers",
            "/public/%2e/api", "/public/a%2eb", "/%2e%2e/", "/public/%2E",
        ])
    }

    @Test("P-03: an encoded slash or backslash is refused in every spelling, identically (CVE-2026-42272)")
    func encodedSlash() async throws {
        try await ForwardingGateway.run { it in
            var answers: Set<String> = []
            for spelling in ["%2f", "%2F", "%5c", "%5C"] {
                for isAnonymous in [true, false] {
                    let request = it.request(
                        "GET /api/provisioning\(spelling)customers", "X-Request-Id: always-the-same\r\n", isAnonymous: isAnonymous
                    )
                    let response = try it.refused(request, 400, code: "malformed_target")
                    answers.insert("\(response.status) \(response.body)")
                }
            }
            #expect(answers.count == 1)
        }
    }

    @Test("P-04: doubled slashes are refused, not folded by one reader and kept by another (CVE-2021-29492)")
    func doubledSlashes() async throws {
        try await Self.refuse([
            "//api/provisioning/customers", "/api//provisioning/customers", "/api/provisioning//customers",
            "/%2fapi/provisioning/customers",
            "///api/provisioning/customers", "//public/x", "/public//x", "//", "/api/provisioning/customers//", "//evil.example/api",
        ])
    }

    @Test(
        "P-05: no restricted character comes through encoded, in any position of any segment (CVE-2025-66490)",
        arguments: ["%2f", "%5c", "%00", "%3b", "%25", "%3f", "%23", "%2F", "%5C", "%3B", "%3F"]
    )
    func restrictedCharacters(escape: String) async throws {
        let segments = ["api", "provisioning", "customers", "cus_1"]
        var targets: [String] = []
        for index in segments.indices {
            for offset in [0, 1, segments[index].count] {
                var changed = segments
                changed[index].insert(contentsOf: escape, at: changed[index].index(changed[index].startIndex, offsetBy: offset))
                targets.append("/" + changed.joined(separator: "/"))
            }
        }
        targets += ["/\(escape)", "/public/\(escape)", "/public/a/\(escape)/b", "/public/\(escape)\(escape)"]
        try await Self.refuse(targets)
    }

    @Test("P-06: a rewrite of the prefix works on the bytes that were decided on (CVE-2026-48020, CVE-2026-40912)")
    func rewrittenPrefix() async throws {
        try await Self.refuse([
            "/billing/api%2f..%2fadmin", "/billing/..%2fadmin", "/billing/%2e%2e/admin", "/billing/../admin", "/billing//admin",
            "/billing%2fadmin",
            "/billing/;/admin", "/billing/%2fadmin",
        ])
        try await ForwardingGateway.run { it in
            for (sent, received) in [
                ("/billing/invoices", "/invoices"), ("/billing/a%7Eb/%c3%a9?x=%41&y=%2f", "/a~b/%C3%A9?x=A&y=%2F"),
                ("/billing", "/"), ("/billing?x=/billing/y", "/?x=/billing/y"), ("/billing/billing/x", "/billing/x"),
                ("/%62illing/x", "/x"),
            ] {
                let request = try it.forwarded(it.request("GET \(sent)"))
                #expect(request.line == "GET \(received) HTTP/1.1", "\(sent)")
                #expect(try AssertionReader(request).claims["htu"]?.string == received, "\(sent)")
            }
        }
    }

    @Test("P-07: the query takes no part in the choice of a route (CVE-2025-54576)")
    func query() async throws {
        try await ForwardingGateway.run { it in
            for query in ["?x=/healthz", "?/healthz", "?/../../healthz", "?/public/", "?x=/public/x&y=%2fhealthz", "?", "??/healthz"] {
                try it.refused(it.request("GET /api/provisioning/customers\(query)", isAnonymous: true), 401, code: "unauthenticated")
                let request = try it.forwarded(it.request("GET /api/provisioning/customers\(query)"))
                #expect(request["x-gatehouse-route"] == "customers.list")
            }
        }
    }

    @Test("P-08: a fragment is refused, written or encoded (CVE-2026-41059, CVE-2023-47106, CVE-2023-45539)")
    func fragment() async throws {
        try await Self.refuse([
            "/api/provisioning/customers#/healthz", "/api/provisioning/customers%23/healthz", "/api/provisioning/customers%2523", "/#", "#",
            "/public/x#", "/public/x?y#z", "/healthz#",
        ])
    }

    @Test("P-09: escapes are decoded once, and what would need a second time is refused (CVE-2021-42013)")
    func doubleEncoding() async throws {
        try await Self.refuse([
            "/healthz/%%32%65%%32%65/api/provisioning/customers", "/healthz/%252e%252e/api/provisioning/customers",
            "/public/%252f", "/public/%25", "/public/%25252e", "/public/%%", "/public/%2%35",
        ])
    }

    @Test("P-10: path parameters are refused (CVE-2020-1957)")
    func pathParameters() async throws {
        try await Self.refuse([
            "/healthz/..;x/api/provisioning/customers", "/api/provisioning/customers;jsessionid=1", "/api/provisioning/customers%3bx",
            "/api/provisioning/customers%3Bx", "/public/;", "/public/a;b", "/;/api/provisioning/customers",
            "/api;x=y/provisioning/customers",
        ])
    }

    @Test("P-11: slashes and semicolons together are refused (CVE-2026-33808)")
    func slashAndSemicolon() async throws {
        try await Self.refuse([
            "/api/provisioning//customers", "/api/;/provisioning/customers", "/api/;x/provisioning/customers",
            "/;//api/provisioning/customers",
        ])
    }

    @Test("P-12: no layer trims white space, since none comes through (CVE-2016-5007, CVE-2020-17523)")
    func whiteSpace() async throws {
        try await Self.refuse([
            "/api/provisioning/customers%20", "/api/provisioning/customers/%20", "/api/provisioning/customers%09",
            "/api/provisioning/customers%0b",
            "/api/provisioning/customers%c2%a0", "/api/provisioning/customers/%C2%A0", "/api/provisioning/%20customers", "/%20/api",
            "/public/%e2%80%8b", "/public/%E3%80%80", "/public/%ef%bb%bf", "/public/%0C", "/public/%7f", "/public/%c2%85",
            "/public/%e2%80%a8",
        ])
    }

    @Test("P-13: an encoded line end is refused before any matcher runs (CVE-2022-22978, CVE-2022-32532)")
    func lineEnds() async throws {
        try await Self.refuse([
            "/api/provisioning/customers%0a", "/api/provisioning/customers%0d%0a", "/api/provisioning/customers%0d", "/public/%0A%0a",
            "/api/provisioning/%0acustomers",
        ])
    }

    @Test(
        "P-14: a pattern that could match nothing is an error of the policy, not a rule without effect (CVE-2023-34034, CVE-2023-20860)",
        arguments: [
            "api/**", "api/provisioning/customers", "**", "", "/api/**", "/api/*", "/api//x", "/api/../x", "/API%2fx", "/api/{rest...}/x",
        ]
    )
    func patterns(path: String) throws {
        let policy = """
            policy: 1
            scopes: { a: A }
            roles: { r: { grants: [a] } }
            callers: { partner: { via: partner-token, roles: [r] } }
            routes:
              - { id: x, methods: [GET], path: "\(path)", needs: [a], to: provisioning }
            """
        let loaded = PolicyFile.compile(Array(policy.utf8), file: "policy.yaml", upstreams: [])
        #expect(loaded.policy == nil)
        #expect(loaded.diagnostics.contains { $0.severity == .error && $0.line == 6 })
    }

    @Test("P-16: one canonical path is routed, logged, asserted and forwarded alike (CVE-2021-43557, CVE-2021-27306)")
    func oneValue() async throws {
        let log = try await ForwardingGateway.run(
            configure: { [TestUpstream("app", [$0.port], signer: try TestAssertion.ed25519())] }
        ) { it in
            // The same path in another spelling is the same route: closed to strangers, open to partners.
            try it.refused(it.request("GET /%61pi/provisioning/custom%65rs", isAnonymous: true), 401, code: "unauthenticated")
            let request = try it.forwarded(it.request("GET /%61pi/provisioning/custom%65rs?%7e=%c3%a9"))
            #expect(request.target == "/api/provisioning/customers?~=%C3%A9")
            #expect(request["x-gatehouse-route"] == "customers.list")
            #expect(try AssertionReader(request).claims["htu"]?.string == "/api/provisioning/customers?~=%C3%A9")
        }
        #expect(log.map { $0["path"]?.string } == ["/api/provisioning/customers", "/api/provisioning/customers"])
        #expect(log.map { $0["route"]?.string } == ["customers.list", "customers.list"])
    }

    @Test("P-17: a query behind an exact path changes neither the rule nor the target (CVE-2026-32811)")
    func exactPathAndQuery() async throws {
        try await ForwardingGateway.run { it in
            try it.refused(it.request("GET /api/provisioning/customers?bypass", isAnonymous: true), 401)
            let request = try it.forwarded(it.request("GET /api/provisioning/customers?bypass"))
            #expect(request.target == "/api/provisioning/customers?bypass")
            #expect(request["x-gatehouse-route"] == "customers.list")
        }
    }

    @Test("P-18: another case is another path, and is not forwarded")
    func otherCase() async throws {
        try await Self.refuse(
            ["/API/Provisioning/Customers", "/api/provisioning/customerS", "/Api/provisioning/customers", "/HEALTHZ", "/Public/x"],
            code: "not_found", 404
        )
    }

    @Test("P-19: only origin-form, and absolute-form of the same authority")
    func targetForms() async throws {
        try await ForwardingGateway.run(hosts: ["gateway.test"]) { it in
            for target in [
                "http://internal/api/provisioning/customers", "http://gateway.test.evil/healthz", "http://gateway.test@evil/healthz",
                "http://evil/healthz?http://gateway.test/", "https://internal/healthz", "ftp://gateway.test/healthz", "*", "healthz",
                "gateway.test/healthz", "http:/healthz", "http:///healthz", "http://gateway.test:81/healthz", "?healthz",
                "http://gateway.test?/healthz",
                "//gateway.test/healthz", "http://gateway.test//healthz", "http://gateway.test/public/../healthz",
                "http://gateway.test/healthz#",
            ] {
                try it.refused(it.request("GET \(target)"), 400)
            }
            for target in ["x:1", "gateway.test:443", "gateway.test", "/healthz", "*", "http://gateway.test/healthz"] {
                try it.refused(it.request("CONNECT \(target)"), 400, 405, 501)
            }
            try it.refused(it.request("GET http://other.test/healthz").replacing("Host: gateway.test", with: "Host: other.test"), 421)
            let request = try it.forwarded(it.request("GET http://GATEWAY.test/healthz?x"))
            #expect(request.line == "GET /healthz?x HTTP/1.1")
            #expect(request["host"] == "gateway.test")
        }
    }

    @Test("P-20: what is no UTF-8, or no percent-encoding, is refused")
    func invalidEncodings() async throws {
        try await Self.refuse([
            "/%c0%ae%c0%ae/", "/public/%c0%ae%c0%ae/api", "/public/%ff", "/public/%fe%ff", "/public/%u002e", "/public/%00", "/public/%",
            "/public/%2",
            "/public/%zz", "/public/%2g", "/public/%g2", "/public/%c3", "/public/%c3a", "/public/%c3%28", "/public/%e0%80%ae",
            "/public/%ed%a0%80",
            "/public/%f4%90%80%80", "/public/%f0%80%80%ae", "/public/%80", "/public/%c3x%a9", "/public/x?%", "/public/x?%zz",
            "/public/x?%00",
            "/public/x?%ff", "/public/x?%c0%ae", "/public/\u{E9}", "/public/x?\u{E9}", "/public/\\", "/public/\"", "/public/<x>",
            "/public/{x}",
            "/public/^", "/public/`", "/public/|",
        ])
    }

    @Test("P-21: an id is one segment and stays one (id smuggling)")
    func idSmuggling() async throws {
        try await Self.refuse([
            "/api/provisioning/customers/cus_1%2f..%2fcus_2", "/api/provisioning/customers/..", "/api/provisioning/customers/.",
            "/api/provisioning/customers/%20", "/api/provisioning/customers/cus_1/../cus_2", "/api/provisioning/customers/cus_1%00",
            "/api/provisioning/customers/cus_1%5c..%5ccus_2", "/api/provisioning/customers/cus_1;cus_2",
        ])
        try await Self.refuse(["/api/provisioning/customers/cus_1/cus_2", "/api/provisioning/customers/"], code: "not_found", 404)
        try await Self.refuse(["/api/provisioning/customers/" + String(repeating: "a", count: 10_000)], code: "target_too_long", 414)
    }
}
