import Access
import Foundation
import GatewayCore
import GatewayServer
import GatewayTesting
import OpenSSLCrypto
import SharedState
import StrictJSON
import Testing
import Tokens

/// The rows T-01 to T-07 of the known attacks, and the endpoints that clients authenticate at.
@Suite("Clients at the token endpoint and beside it", .ownThread)
struct ClientEndpointTests {
    static let form = "grant_type=client_credentials"

    static func assertion(
        _ gateway: TestGateway, client: String = "acme", iss: String? = nil, aud: String = "\"\(TestGateway.issuer)\"",
        jti: String? = UUID().uuidString,
        lifetime: Int64 = 60, header: String = #"{"alg":"HS256","typ":"JWT"}"#, secret: String? = nil
    ) -> String {
        let now = TestClock.now()
        var claims = #"{"iss":"\#(iss ?? client)","sub":"\#(client)","aud":\#(aud),"iat":\#(now),"exp":\#(now + lifetime)"#
        if let jti { claims += #","jti":"\#(jti)""# }
        let input = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(Array("\(claims)}".utf8)))"
        let key = HMACKey(.sha256, key: SecretBytes(Array((secret ?? gateway.secrets[client] ?? "").utf8)))
        return "\(input).\(Base64URL.encode(key.authenticate(Array(input.utf8))))"
    }

    static func post(
        _ gateway: TestGateway, _ path: String = "/oauth2/token", assertion: String, _ form: String = form, lines: String = ""
    ) throws -> RawClient.Response {
        let body =
            "\(form)&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=\(assertion)"
        return try gateway.send(
            "POST \(path) HTTP/1.1\r\nHost: a\r\n\(lines)Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
    }

    static func basic(_ gateway: TestGateway, _ client: String = "acme") -> String {
        "Authorization: Basic \(Data("\(client):\(gateway.secrets[client] ?? "")".utf8).base64EncodedString())\r\n"
    }

    static func post(_ gateway: TestGateway, _ path: String, client: String = "acme", _ form: String) throws -> RawClient.Response {
        try gateway.send(
            "POST \(path) HTTP/1.1\r\nHost: a\r\n\(basic(gateway, client))Content-Type: application/x-www-form-urlencoded\r\n"
                + "Content-Length: \(form.utf8.count)\r\n\r\n\(form)"
        )
    }

    static func expectInvalidClient(_ response: RawClient.Response, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(response.status == 401, sourceLocation: sourceLocation)
        #expect(response.json?["error"]?.string == "invalid_client", sourceLocation: sourceLocation)
        #expect(response["www-authenticate"] == #"Basic realm="gatehouse""#, sourceLocation: sourceLocation)
        #expect(response["cache-control"] == "no-store", sourceLocation: sourceLocation)
    }

    @Test("client_secret_jwt proves a client, with and without client_id")
    func accepted() async throws {
        let log = try await TestGateway.run { gateway in
            for form in [Self.form, "\(Self.form)&client_id=acme&scope=customers:read"] {
                let assertion = Self.assertion(gateway)
                let response = try Self.post(gateway, assertion: assertion, form)
                #expect(response.status == 200)
                let token = try #require(response.json?["access_token"]?.string)
                #expect(try gateway.get("/session", "Authorization: Bearer \(token)\r\n").json?["subject"]?.string == "acme")
            }
            #expect(gateway.nonces.count == 2)
        }
        #expect(log.compactMap { $0["reason"]?.string } == ["allowed", "allowed", "allowed", "allowed"])
    }

    @Test(
        "T-01: the audience is the issuer, as a single string",
        arguments: [
            "\"\(TestGateway.issuer)/oauth2/token\"", "[\"\(TestGateway.issuer)\"]", "[\"\(TestGateway.issuer)\",\"https://other.test\"]",
            "\"https://other.test\"", "\"\(TestGateway.issuer)/\"",
            "null",
        ])
    func t01(audience: String) async throws {
        try await TestGateway.run { gateway in
            let assertion = Self.assertion(gateway, aud: audience)
            let response = try Self.post(gateway, assertion: assertion)
            Self.expectInvalidClient(response)
            #expect(response.json?["error_description"]?.string?.contains(TestGateway.issuer) == true)
            #expect(gateway.nonces.count == 0)
        }
    }

    @Test("T-02: an assertion is used once, has an id, ends within a minute, and speaks for who signed it")
    func t02() async throws {
        let log = try await TestGateway.run { gateway in
            let assertion = Self.assertion(gateway)
            #expect(try Self.post(gateway, assertion: assertion).status == 200)
            Self.expectInvalidClient(try Self.post(gateway, assertion: assertion))
            let other = Self.assertion(gateway, jti: "the-same-id")
            #expect(try Self.post(gateway, assertion: other, "grant_type=password").status == 400)
            Self.expectInvalidClient(try Self.post(gateway, assertion: other))
            let others = Self.assertion(gateway, client: "other", jti: "the-same-id")
            #expect(try Self.post(gateway, assertion: others).status == 200)
            let refused = [
                Self.assertion(gateway, jti: nil), Self.assertion(gateway, lifetime: 3600), Self.assertion(gateway, lifetime: 61),
                Self.assertion(gateway, lifetime: 0),
                Self.assertion(gateway, iss: "other"), Self.assertion(gateway, header: #"{"alg":"none"}"#),
                Self.assertion(gateway, header: #"{"alg":"HS512"}"#),
                gateway.token("acme"), "x.y.z",
            ]
            for assertion in refused { Self.expectInvalidClient(try Self.post(gateway, assertion: assertion)) }
        }
        #expect(log.dropFirst().first?["reason"]?.string == "nonce_reused")
    }

    @Test("T-02: of twenty uses of an assertion at once exactly one is answered with a token")
    func race() async throws {
        try await TestGateway.run { gateway in
            let assertion = Self.assertion(gateway)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask { try Self.post(gateway, assertion: assertion).status }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [200: 1, 401: 19])
        }
    }

    @Test("an unknown client, another's secret and a client that is disabled cannot be told apart")
    func uniform() async throws {
        try await TestGateway.run { gateway in
            var bodies: Set<String> = []
            let assertions = [
                Self.assertion(gateway, client: "nobody", secret: "x"), Self.assertion(gateway, secret: gateway.secrets["other"]),
                Self.assertion(gateway, client: "off"),
                Self.assertion(gateway, client: "elsewhere"), Self.assertion(gateway, aud: "1", secret: "x"),
            ]
            for assertion in assertions {
                let response = try Self.post(gateway, assertion: assertion)
                Self.expectInvalidClient(response)
                bodies.insert(response.body)
            }
            #expect(bodies.count == 1)
            #expect(gateway.nonces.count == 0)
        }
    }

    @Test("with the store gone an assertion is answered 503, and a secret goes on working")
    func storeGone() async throws {
        try await TestGateway.run { gateway in
            gateway.nonces.fail(with: .unavailable("gone"))
            let assertion = Self.assertion(gateway)
            let response = try Self.post(gateway, assertion: assertion)
            #expect(response.status == 503)
            #expect(response.code == "store_unavailable")
            #expect(response["retry-after"] != nil)
            #expect(try Self.post(gateway, "/oauth2/token", Self.form).status == 200)
            gateway.nonces.fail(with: nil)
            #expect(try Self.post(gateway, assertion: assertion).status == 200)
        }
    }

    @Test(
        "T-03: one way to authenticate, one client",
        arguments: [
            ("&client_secret=x", true, false), ("", true, true), ("&client_secret=x", false, true), ("&client_id=other", true, false),
            ("&client_id=other", false, true),
            ("&client_secret=x&client_id=acme", true, true),
        ])
    func t03(more: String, hasBasic: Bool, hasAssertion: Bool) async throws {
        try await TestGateway.run { gateway in
            let lines = hasBasic ? Self.basic(gateway) : ""
            let assertion = Self.assertion(gateway)
            let body = Self.form + more
            let response =
                hasAssertion
                ? try Self.post(gateway, assertion: assertion, body, lines: lines) : try Self.post(gateway, "/oauth2/token", body)
            #expect(response.status == 400)
            #expect(response.json?["error"]?.string == "invalid_request")
            #expect(gateway.nonces.count == 0)
        }
    }

    @Test("T-03: an assertion without its type, with another, or twice")
    func assertionForm() async throws {
        try await TestGateway.run { gateway in
            let assertion = Self.assertion(gateway)
            for form in [
                "\(Self.form)&client_assertion=\(assertion)",
                "\(Self.form)&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "\(Self.form)&client_assertion=\(assertion)&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
                "\(Self.form)&client_assertion=\(assertion)&client_assertion=\(assertion)&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ] {
                let response = try gateway.send(
                    "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)"
                )
                #expect(response.status == 400)
                #expect(response.json?["error"]?.string == "invalid_request")
            }
        }
    }

    @Test(
        "T-04: credentials in the URL are refused, everywhere",
        arguments: [
            "access_token", "jwt", "client_secret", "client_assertion", "ACCESS_TOKEN",
        ])
    func t04(name: String) async throws {
        let log = try await TestGateway.run { gateway in
            for path in ["/session", "/api/provisioning/customers", "/hello", "/oauth2/token"] {
                let response = try gateway.get("\(path)?\(name)=SECRET-IN-URL", gateway.bearer("acme"))
                #expect(response.status == 400)
                #expect(response.code == "token_in_query")
                #expect(!response.body.contains("SECRET-IN-URL"))
            }
            let response = try Self.post(gateway, "/oauth2/token?grant_type=client_credentials", Self.form)
            #expect(response.status == 400)
            #expect(response.json?["error"]?.string == "invalid_request")
        }
        for record in log { #expect(!String(decoding: record.utf8, as: UTF8.self).contains("SECRET-IN-URL")) }
    }

    @Test(
        "T-05: a scope that is wider, unknown, doubled, huge or no text at all",
        arguments: [
            "customers:write+admin", "customers:read+customers:read", "customers:delete", String(repeating: "x", count: 10_000), "%C3%A9",
            "+customers:read", "*",
        ])
    func t05(scope: String) async throws {
        try await TestGateway.run { gateway in
            let response = try Self.post(gateway, "/oauth2/token", client: "reader", "\(Self.form)&scope=\(scope)")
            if response.status == 200 {
                // Said twice is still no more than what was asked for, and shown back.
                #expect(response.json?["scope"]?.string == "customers:read")
                #expect(scope == "customers:read+customers:read")
            } else {
                #expect(response.status == 400)
                #expect(response.json?["error"]?.string == "invalid_scope")
            }
        }
    }

    @Test("T-06: ten thousand guesses at one client and over many; the real one is never locked out")
    func t06() async throws {
        let gateway = try await TestGateway()
        let endpoints = OAuthEndpoints(throttle: FailureThrottle())
        func guess(_ id: String, secret: String = "guess", number: Int) -> Int {
            let call = OAuthCall(
                authorization: Array("Basic \(Base64.encode(Array("\(id):\(secret)".utf8)))".utf8),
                contentType: Array("application/x-www-form-urlencoded".utf8), body: Array(Self.form.utf8), hasQuery: false,
                address: .init("10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"), now: 1_800_000_000
            )
            return endpoints.step(.token, call, in: gateway.snapshot, revoked: .empty).outcome.answer.status
        }
        var one: [Int: Int] = [:]
        var many: [Int: Int] = [:]
        for number in 0..<10_000 {
            one[guess("acme", number: number), default: 0] += 1
            many[guess("client-\(number)", number: number), default: 0] += 1
        }
        #expect(one == [401: 10, 429: 9990])
        #expect((many[401] ?? 0) + (many[429] ?? 0) == 10_000)
        #expect(guess("acme", secret: gateway.secrets["acme"] ?? "", number: 20_000) == 200)
        try await gateway.server.stop([gateway.listener, gateway.admin], within: 5)
    }

    @Test("T-07: no answer about a token is stored")
    func t07() async throws {
        try await TestGateway.run { gateway in
            let token = gateway.token("acme")
            for response in [
                try Self.post(gateway, "/oauth2/token", Self.form), try Self.post(gateway, "/oauth2/token", "grant_type=x"),
                try Self.post(gateway, "/oauth2/introspect", "token=\(token)"), try Self.post(gateway, "/oauth2/introspect", ""),
                try Self.post(gateway, "/oauth2/revoke", "token=\(token)"),
            ] {
                #expect(response["cache-control"] == "no-store")
            }
        }
    }

    @Test("introspection tells a client about its own tokens, and of others only that they are not active (RFC 7662)")
    func introspect() async throws {
        try await TestGateway.run { gateway in
            let token = gateway.token("narrow")
            let own = try Self.post(gateway, "/oauth2/introspect", client: "narrow", "token=\(token)&token_type_hint=access_token")
            #expect(own.status == 200)
            #expect(own.json?["active"]?.bool == true)
            #expect(own.json?["scope"]?.string == "customers:read")
            #expect(own.json?["client_id"]?.string == "narrow")
            #expect(own.json?["tenant"]?.string == "narrow")
            #expect(own.json?["token_type"]?.string == "Bearer")
            #expect(own.json?["iss"]?.string == TestGateway.issuer)
            #expect((own.json?["exp"]?.integer ?? 0) > TestClock.now())
            let expired = gateway.token("narrow", at: TestClock.now() - 1000)
            for (client, token) in [
                ("acme", token), ("narrow", "nonsense"), ("narrow", expired), ("narrow", gateway.token("acme")),
            ] {
                let response = try Self.post(gateway, "/oauth2/introspect", client: client, "token=\(token)")
                #expect(response.status == 200)
                #expect(response.body == #"{"active":false}"#)
            }
            let missing = try Self.post(gateway, "/oauth2/introspect", "x=y")
            #expect(missing.status == 400)
            #expect(missing.json?["error"]?.string == "invalid_request")
            for path in ["/oauth2/introspect", "/oauth2/revoke"] {
                let form = "token=\(token)"
                Self.expectInvalidClient(
                    try gateway.send(
                        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)"
                    )
                )
                #expect(try gateway.get(path).status == 405)
            }
        }
    }

    @Test("a revoked token is refused at once on every connection, the client's others are not (RFC 7009)")
    func revoke() async throws {
        let log = try await TestGateway.run { gateway in
            let (token, other) = (gateway.token("acme"), gateway.token("acme"))
            let lines = "GET /session HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\n\r\n"
            let open = try RawClient(port: gateway.port)
            try open.send(lines)
            #expect(try open.response().status == 200)
            // Another client's request revokes nothing.
            let foreign = try Self.post(gateway, "/oauth2/revoke", client: "other", "token=\(token)")
            #expect(foreign.status == 400)
            #expect(foreign.json?["error"]?.string == "unauthorized_client")
            try open.send(lines)
            #expect(try open.response().status == 200)
            let revoked = try Self.post(gateway, "/oauth2/revoke", "token=\(token)&token_type_hint=access_token")
            #expect(revoked.status == 200)
            #expect(revoked.body.isEmpty)
            try open.send(lines)
            #expect(try open.response().code == "invalid_token")
            #expect(try gateway.get("/session", "Authorization: Bearer \(token)\r\n").code == "invalid_token")
            #expect(try gateway.get("/session", "Authorization: Bearer \(other)\r\n").status == 200)
            #expect(try Self.post(gateway, "/oauth2/introspect", "token=\(token)").body == #"{"active":false}"#)
            #expect(try Self.post(gateway, "/oauth2/introspect", "token=\(other)").json?["active"]?.bool == true)
            // Again, and what is no token: as good as revoked.
            for token in [token, "nonsense", gateway.token("acme", at: TestClock.now() - 1000)] {
                #expect(try Self.post(gateway, "/oauth2/revoke", "token=\(token)").status == 200)
            }
            #expect(try Self.post(gateway, "/oauth2/revoke", "").status == 400)
        }
        #expect(log.contains { $0["reason"]?.string == "revoked" })
    }

    @Test("an assertion proves a client at introspection and revocation too, once for all of them")
    func assertionElsewhere() async throws {
        try await TestGateway.run { gateway in
            let token = gateway.token("acme")
            let assertion = Self.assertion(gateway)
            #expect(try Self.post(gateway, "/oauth2/introspect", assertion: assertion, "token=\(token)").json?["active"]?.bool == true)
            Self.expectInvalidClient(try Self.post(gateway, "/oauth2/revoke", assertion: assertion, "token=\(token)"))
            #expect(try gateway.get("/session", "Authorization: Bearer \(token)\r\n").status == 200)
            let another = Self.assertion(gateway)
            #expect(try Self.post(gateway, "/oauth2/revoke", assertion: another, "token=\(token)").status == 200)
            #expect(try gateway.get("/session", "Authorization: Bearer \(token)\r\n").status == 401)
        }
    }

    @Test("the metadata names the endpoints and the ways to authenticate (RFC 8414)")
    func metadata() async throws {
        try await TestGateway.run { gateway in
            let json = try #require(try gateway.get("/.well-known/oauth-authorization-server").json)
            #expect(json["introspection_endpoint"]?.string == TestGateway.issuer + "/oauth2/introspect")
            #expect(json["revocation_endpoint"]?.string == TestGateway.issuer + "/oauth2/revoke")
            for endpoint in ["token", "introspection", "revocation"] {
                #expect(
                    json["\(endpoint)_endpoint_auth_methods_supported"]?.elements.compactMap(\.string) == [
                        "client_secret_basic", "client_secret_jwt",
                    ]
                )
                #expect(json["\(endpoint)_endpoint_auth_signing_alg_values_supported"]?.elements.compactMap(\.string) == ["HS256"])
            }
        }
    }
}
