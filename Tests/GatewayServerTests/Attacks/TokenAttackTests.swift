import Foundation
import GatewayCore
import GatewayTesting
import OpenSSLCrypto
import StrictJSON
import Testing
import Tokens

/// Tokens of every kind, good and bad, in every place where one is read. Ids as in Tests/KnownAttacks.md.
@Suite("Attacks: tokens over sockets", .ownThread)
struct TokenAttackTests {
    /// A header of the known key with these members more.
    private static func header(_ added: String) -> String { #"{"alg":"HS256","typ":"at+jwt","kid":"k1",\#(added)}"# }

    /// Of each row some; the whole tables run through the verifier alone.
    /// - Parameter port: where a server would see a key being fetched.
    private static func bad(_ forge: TokenForge, port: Int) -> [(id: String, token: String)] {
        let good = forge.token()
        let parts = good.split(separator: ".").map(String.init)
        let now = TestClock.now()
        let zeros = [UInt8](repeating: 0, count: 64)
        let kids = (0..<50).map { ("J-16", forge.token(header: #"{"alg":"HS256","typ":"at+jwt","kid":"random-\#($0)"}"#)) }
        return [
            ("J-02", forge.token(header: #"{"alg":"none","typ":"at+jwt","kid":"k1"}"#, signature: [])),
            ("J-02", forge.token(header: #"{"alg":"nOnE","typ":"at+jwt","kid":"k1"}"#)),
            ("J-02", forge.token(header: #"{"typ":"at+jwt","kid":"k1"}"#)), ("J-03", "\(parts[0]).\(parts[1])."),
            ("J-03", "\(parts[0]).\(parts[1]).\(parts[2].prefix(22))"), ("J-03", forge.token(signature: Array(zeros.prefix(32)))),
            ("J-04", forge.token(header: #"{"alg":"ES256","typ":"at+jwt","kid":"k1"}"#, signature: zeros)),
            ("J-05", forge.token(header: header(#""jku":"http://127.0.0.1:\#(port)/keys""#))),
            ("J-05", forge.token(header: header(#""x5u":"http://127.0.0.1:\#(port)/chain""#))),
            ("J-05", forge.token(header: header(#""jwk":{"kty":"oct","k":"AAAA"}"#), secret: [0, 0, 0])),
            ("J-08", "\(good)."), ("J-08", "\(good)="), ("J-08", "\(good).\(parts[1])"), ("J-08", ".\(good)"),
            ("J-10", String(repeating: ".", count: 8192)), ("J-10", String(repeating: ".", count: 8193)),
            ("J-11", forge.token(forge.claims(["iss": #"["\#(TestGateway.issuer)","https://evil.example"]"#]))),
            ("J-11", forge.token(forge.claims(["sub": "{}"]))), ("J-11", forge.token(forge.claims(["exp": "\"\(now + 600)\""]))),
            ("J-11", forge.token(forge.claims(["roles": #""provisioning-admin""#]))),
            ("J-12", forge.token(header: #"{"alg":"HS256","typ":"at+jwt","kid":"../../dev/null"}"#, secret: [])),
            ("J-12", forge.token(header: #"{"alg":"HS256","typ":"at+jwt","kid":1}"#)),
            ("J-13", forge.token(header: header(#""crit":["b64"],"b64":false"#))), ("J-13", forge.token(header: header(#""crit":[]"#))),
            ("J-14", forge.token(header: header(#""alg":"HS256""#))), ("J-14", forge.token(forge.claims(adding: #""sub":"globex""#))),
            ("J-15", forge.token(forge.claims(["exp": nil]))), ("J-15", forge.token(forge.claims(["aud": nil]))),
            ("J-15", forge.token(forge.claims(["aud": #""billing""#]))), ("J-15", forge.token(forge.claims(["exp": "4070908800"]))),
            ("J-15", forge.token(forge.claims(["iat": "\(now + 300)"]))), ("J-15", forge.token(forge.claims(["jti": nil]))),
            ("J-17", forge.token(header: #"{"alg":"HS256","typ":"JWT","kid":"k1"}"#)),
            ("J-18", forge.token(forge.claims(["iss": #""https://other.example""#]))),
        ] + kids
    }

    @Test("J-01 to J-18: no token but a good one opens a route, no refusal tells which check failed, and nobody is asked for a key")
    func refused() async throws {
        let forge = try TokenForge()
        try await ForwardingGateway.run { it in
            var bodies: Set<String> = []
            for (id, token) in Self.bad(forge, port: it.app.port) {
                let lines = "X-Request-Id: the-same-id\r\nAuthorization: Bearer \(token)\r\n"
                let response = try it.refused(it.request("GET /app/x", lines, isAnonymous: true), 401, code: "invalid_token")
                #expect(response["www-authenticate"] == #"Bearer realm="gatehouse", error="invalid_token""#, "\(id)")
                bodies.insert(response.body)
            }
            #expect(bodies.count == 1)
            #expect(it.app.record.connections == 0)
            // What they were all made from is good.
            try it.forwarded(it.request("GET /app/x", "Authorization: Bearer \(forge.token())\r\n", isAnonymous: true))
        }
    }

    @Test("J-01: the key set that is published makes no token, in whatever spelling it is used as a secret (CVE-2015-9235)")
    func published() async throws {
        let forge = try TokenForge()
        try await ForwardingGateway.run { it in
            let response = try it.gateway.get("/.well-known/jwks.json")
            let jwk = try #require(response.json?["keys"]?.elements.first)
            let (kid, text) = (try #require(jwk["kid"]?.string), try #require(jwk["x"]?.string))
            let x = try Base64URL.decode(text)
            #expect(jwk["kty"]?.string == "OKP" && jwk["d"] == nil && jwk["k"] == nil)
            let der = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00] + x
            let pem = "-----BEGIN PUBLIC KEY-----\n\(Base64.encode(der))\n-----END PUBLIC KEY-----"
            let secrets = [
                x, der, Array(pem.utf8), Array("\(pem)\n".utf8), Array(response.body.utf8), Array(text.utf8),
                Array(#"{"kty":"OKP","crv":"Ed25519","x":"\#(text)"}"#.utf8),
            ]
            for secret in secrets {
                for (alg, kid) in [("HS256", "k1"), ("HS256", kid), ("EdDSA", kid), ("EdDSA", "k1")] {
                    let token = forge.token(header: #"{"alg":"\#(alg)","typ":"at+jwt","kid":"\#(kid)"}"#, secret: secret)
                    let lines = "Authorization: Bearer \(token)\r\n"
                    try it.refused(it.request("GET /app/x", lines, isAnonymous: true), 401, code: "invalid_token")
                }
            }
        }
    }

    // MARK: Kinds of tokens

    /// Where a token is read.
    private enum Place: String, CaseIterable { case bearer, cookieV5, cookieV4, assertion, secret, introspected }

    private static let kindsPolicy = TestGateway.policy.replacing(
        "  - { id: hello,",
        with: "  - { id: app, methods: [GET], path: /app, needs: [customers:read], to: app }\n"
            + "  - { id: shared, methods: [GET], path: /shared, needs: [customers:read], to: shared }\n  - { id: hello,"
    )

    /// Whether the token opens the place.
    private static func opens(_ gateway: TestGateway, _ place: Place, _ token: String) throws -> Bool {
        switch place {
        case .bearer: return try gateway.get("/app", "Authorization: Bearer \(token)\r\n").status == 200
        case .cookieV5: return try gateway.get("/app", TestSession.cookie(token)).status == 200
        case .cookieV4: return try gateway.get("/app", TestSession.cookie(token, "next-auth.session-token")).status == 200
        case .assertion: return try ClientEndpointTests.post(gateway, assertion: token).status == 200
        case .secret:
            return try TokenEndpointTests.post(gateway, basic: "acme:\(token)", ClientEndpointTests.form).status == 200
        case .introspected:
            let answer = try ClientEndpointTests.post(gateway, "/oauth2/introspect", "token=\(token)")
            return answer.json?["active"]?.bool == true
        }
    }

    @Test("J-17: each kind of token opens its own place and no other, whichever it was shown in before (RFC 8725 section 3.11, D-01)")
    func kinds() async throws {
        let app = try RecordingUpstream()
        defer { app.stop() }
        let upstreams = [
            TestUpstream("app", [app.port], signer: try TestAssertion.ed25519()),
            TestUpstream("shared", [app.port], signer: .hmac(kid: "k1", try TestAssertion.hmacKey(upstream: "shared"))),
        ]
        try await TestGateway.run(policy: Self.kindsPolicy, upstreams: upstreams) { gateway in
            for path in ["/app", "/shared"] { #expect(try gateway.get(path, gateway.bearer("acme")).status == 200) }
            let told = app.requests.compactMap { $0["x-gatehouse-assertion"] }
            try #require(told.count == 2)
            let secret = try #require(gateway.secrets["acme"])
            let kinds: [(name: String, token: String, places: Set<Place>)] = [
                ("access token", gateway.token("acme"), [.bearer, .introspected]),
                ("Auth.js session", try TestSession.token(), [.bearer, .cookieV5]),
                ("NextAuth session", try TestSession.token(.nextauthV4), [.bearer, .cookieV4]),
                ("session of a profile that is not configured", try TestSession.token(.jwtHS256), []),
                ("state", try TestSession.token(cookie: "authjs.state"), []), ("client secret", secret, [.secret]),
                ("told to an upstream", told[0], []), ("told to an upstream that shares a key", told[1], []),
                ("signed with a client secret, as an access token", try TokenForge().token(secret: Array(secret.utf8)), []),
            ]
            let before = app.record
            var accepted = 0
            // Twice, and the other way round: what was remembered of one place opens no other.
            for round in [Place.allCases, Place.allCases.reversed()] {
                for (name, token, places) in kinds {
                    for place in round {
                        #expect(try Self.opens(gateway, place, token) == places.contains(place), "\(name) as \(place)")
                        if places.contains(place), [.bearer, .cookieV5, .cookieV4].contains(place) { accepted += 1 }
                    }
                }
            }
            // An assertion proves a client once, so it is shown in the other places first.
            let assertion = ClientEndpointTests.assertion(gateway)
            for place in Place.allCases where place != .assertion { #expect(try !Self.opens(gateway, place, assertion), "\(place)") }
            #expect(try Self.opens(gateway, .assertion, assertion))
            #expect(app.requests.count == before.requests.count + accepted)
        }
    }

    // MARK: What counts now

    @Test(
        "D-07: roles come from the registration or the caller's own list, whatever a token says, and no address is looked into (CVE-2026-40574)"
    )
    func roles() async throws {
        let forge = try TokenForge()
        try await TestGateway.run { gateway in
            let customer = "/api/provisioning/customers/cus_00000000000000000000000000"
            for roles in [#"["ops.admin"]"#, #"["provisioning-admin","partner-writer"]"#, #"["staff","*"]"#, "[]"] {
                let claims = forge.claims(["roles": roles, "scope": #""customers:read customers:write customers:delete admin""#])
                let bearer = "Authorization: Bearer \(forge.token(claims))\r\n"
                let session = try gateway.get("/session", bearer)
                #expect(session.json?["roles"]?.elements.compactMap(\.string) == ["partner-writer"], "\(roles)")
                #expect(session.json?["scopes"]?.elements.compactMap(\.string) == ["customers:read", "customers:write"], "\(roles)")
                #expect(try gateway.get(customer, bearer, method: "DELETE").code == "insufficient_scope", "\(roles)")
            }
            // Another client's name, or another tenant than the registered one, in a token for this one.
            let moved = forge.token(forge.claims(["tenant": #""globex""#]))
            #expect(try gateway.get("/session", "Authorization: Bearer \(moved)\r\n").json?["tenant"]?.string == "acme")

            for subject in [
                "admin@gateway.test@evil.example", "admin\u{FF20}gateway.test", "admin@gateway.test", "acme", "provisioning-admin",
                "\"a\"@b, admin",
            ] {
                for role in ["ops.admin", "partner-writer", "provisioning-admin ", "PROVISIONING-ADMIN", "provisioning-admin,", "*"] {
                    let token = try TestSession.token(subject: subject, roles: [role])
                    let session = try gateway.get("/session", TestSession.cookie(token))
                    #expect(session.json?["subject"]?.string == subject)
                    #expect(session.json?["caller"]?.string == "staff")
                    #expect(session.json?["roles"]?.elements.isEmpty == true && session.json?["scopes"]?.elements.isEmpty == true)
                    #expect(try gateway.get("/api/provisioning/customers", TestSession.cookie(token)).status == 403, "\(subject) \(role)")
                }
            }
        }
    }

    @Test("D-10: an answer is not given again to who may not ask any more")
    func replay() async throws {
        try await TestGateway.run { gateway in
            let body = #"{"name":"Ada Ltd","contactEmail":"ada@example.com"}"#
            func create(_ token: String) throws -> RawClient.Response {
                try gateway.send(
                    "POST /api/provisioning/customers HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer \(token)\r\nIdempotency-Key: k\r\n"
                        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                )
            }
            let token = gateway.token("acme")
            #expect(try create(token).status == 201)
            let again = try create(token)
            #expect(again.status == 201 && again["idempotent-replayed"] == "true")
            #expect(try create(gateway.token("acme", scopes: ["customers:read"])).code == "insufficient_scope")
            let others = try create(gateway.token("other"))
            #expect(others.status == 201 && others["idempotent-replayed"] == nil && others.json?["tenant"]?.string == "other")
            #expect(try ClientEndpointTests.post(gateway, "/oauth2/revoke", "token=\(token)").status == 200)
            let revoked = try create(token)
            #expect(revoked.code == "invalid_token" && !revoked.body.contains("Ada"))
        }
    }

    @Test("D-11: a revoked token opens no further stream of a connection that it opened before")
    func revokedStreams() async throws {
        _ = try await HTTP2Tests.run { gateway, _ in
            let token = gateway.token("acme")
            let (client, other) = (try HTTP2Client(port: gateway.port), try HTTP2Client(port: gateway.port))
            let session = HTTP2Client.fields("GET", "/session", [("authorization", "Bearer \(token)")])
            let list = HTTP2Client.fields("GET", "/api/provisioning/customers", [("authorization", "Bearer \(token)")])
            for client in [client, other] { #expect(try client.exchange(session).status == 200) }
            let basic = Data("acme:\(gateway.secrets["acme"] ?? "")".utf8).base64EncodedString()
            let revoke = HTTP2Client.fields(
                "POST", "/oauth2/revoke", [("authorization", "Basic \(basic)"), ("content-type", "application/x-www-form-urlencoded")])
            #expect(try client.exchange(revoke, body: Array("token=\(token)".utf8)).status == 200)
            for client in [client, other] {
                for fields in [session, list] { #expect(try client.exchange(fields).status == 401) }
            }
        }
    }
}
