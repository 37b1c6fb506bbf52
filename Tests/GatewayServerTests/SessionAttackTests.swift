import GatewayCore
import GatewayServer
import GatewayTesting
import StrictJSON
import Testing
import Tokens

/// The known attacks on sessions, by their ids, over real sockets.
@Suite("Known attacks on sessions", .ownThread)
struct SessionAttackTests {
    private static let name = TestSession.name
    private static let list = "/api/provisioning/customers"

    /// Sends each header block to a protected route and to the session endpoint; none may get in, and the gateway must live on.
    @discardableResult
    private static func refuse(
        _ rows: [(name: String, lines: String)], code: String = "invalid_session", sessionSecrets: [String] = TestSession.secrets
    ) async throws -> [String] {
        let log = try await TestGateway.run(sessionSecrets: sessionSecrets) { gateway in
            for row in rows {
                for path in ["/session", list] {
                    let response = try gateway.get(path, row.lines)
                    #expect(response.status == 401, "\(row.name) \(path)")
                    #expect(response.code == code, "\(row.name) \(path)")
                    #expect(response["www-authenticate"] == #"Bearer realm="gatehouse", error="invalid_token""#, "\(row.name)")
                }
            }
            if sessionSecrets.isEmpty { return }
            #expect(try gateway.get("/session", TestSession.cookie(try TestSession.token())).status == 200)
        }
        return log.compactMap { $0["decision"]?.string == "deny" ? $0["reason"]?.string : nil }
    }

    @Test("S-01: what another purpose's key made is no session, and what names nobody is none either (CVE-2023-48309)")
    func s01() async throws {
        let purposes = [
            "", "authjs.state", "authjs.pkce.code_verifier", "authjs.nonce", "authjs.csrf-token", "__Secure-authjs.session-token",
            "authjs.session-token.0",
        ]
        var rows = try purposes.map { ("salt \($0)", TestSession.cookie(try TestSession.token(cookie: $0))) }
        let old = try TestSession.sealed(
            salt: "", info: "Auth.js Generated Encryption Key", count: 32, header: #"{"alg":"dir","enc":"A256GCM"}"#)
        rows.append(("the salt of 0.18.0", TestSession.cookie(old)))
        let state = try SessionIssuer(.nextauthV4, cookieName: "", secrets: [TestSession.bytes(TestSession.secrets[0])])
            .issue([("value", "state")], lifetime: 900, at: TestClock.now(), tokenID: "j")
        rows.append(("a v4 state cookie", TestSession.cookie(state, "next-auth.session-token")))
        rows.append(("a v4 state cookie as bearer", "Authorization: Bearer \(state)\r\n"))
        let reasons = try await Self.refuse(rows)
        #expect(reasons.suffix(4) == ["missing_claim", "missing_claim", "missing_claim", "missing_claim"])
        #expect(Set(reasons.dropLast(4)) == ["unknown_key", "bad_mac"])
    }

    @Test("S-02: without a secret no session gets in anywhere, whatever it is made with")
    func s02() async throws {
        let rows = try ["", "a", TestSession.secrets[0]].filter { !$0.isEmpty }.map {
            ("secret \($0)", TestSession.cookie(try TestSession.token(secret: $0)))
        }
        let bearer = ("bearer", "Authorization: Bearer \(try TestSession.token())\r\n")
        let reasons = try await Self.refuse(rows + [bearer, ("junk", TestSession.cookie("junk"))], sessionSecrets: [])
        #expect(Set(reasons) == ["unknown_key"])
    }

    @Test(
        "S-03: malformed bearer values are refused and the gateway lives on (GHSA-xmf8-cvqr-rfgj)",
        arguments: [
            "Bearer %", "Bearer %E0%A4", "Bearer", "Bearer  two  spaces", "Bearer\ta.b.c", "Bearer a b", "Bearer %00",
            "Bearer %2E%2E%2E%2E", "Bearer ....", "Bearer ..",
            "Bearer \u{E9}", "bearer:x", "Bearer,x",
        ])
    func s03(value: String) async throws {
        try await TestGateway.run { gateway in
            let client = try RawClient(port: gateway.port)
            for _ in 1...3 {
                try client.send("GET /session HTTP/1.1\r\nHost: a\r\nAuthorization: \(value)\r\n\r\n")
                #expect(try client.response().status == 401)
            }
        }
    }

    @Test("S-04: a session's cookie has exactly its name, once")
    func s04() async throws {
        let token = try TestSession.token()
        let evil = try TestSession.token(subject: "evil@example.com")
        let secure = try TestSession.token(cookie: "__Secure-\(Self.name)")
        try await Self.refuse([
            ("twice", "Cookie: \(Self.name)=\(token); \(Self.name)=\(token)\r\n"),
            ("twice, differing", "Cookie: \(Self.name)=\(evil); \(Self.name)=\(token)\r\n"),
            ("twice, one empty", "Cookie: \(Self.name)=; \(Self.name)=\(token)\r\n"),
            ("twice, in two lines", TestSession.cookie(evil) + TestSession.cookie(token)),
            ("quoted", "Cookie: \(Self.name)=\"\(token)\"\r\n"),
            ("with a blank inside", "Cookie: \(Self.name)=\(token.prefix(40)) \(token.dropFirst(40))\r\n"),
            ("with a comma", "Cookie: \(Self.name)=\(token), a=b\r\n"), ("two in one value", "Cookie: \(Self.name)=\(token)=\(token)\r\n"),
        ])
        try await Self.refuse(
            [
                ("nameless (CVE-2023-23934)", "Cookie: =\(Self.name)=\(token)\r\n"),
                ("nameless, prefixed", "Cookie: =__Secure-\(Self.name)=\(secure)\r\n"),
                ("upper case", "Cookie: \(Self.name.uppercased())=\(token)\r\n"), ("a longer name", "Cookie: \(Self.name)X=\(token)\r\n"),
                ("a shorter name", "Cookie: \(Self.name.dropLast())=\(token)\r\n"),
                ("the secure name on plain HTTP", "Cookie: __Secure-\(Self.name)=\(secure)\r\n"),
                ("the host name", "Cookie: __Host-\(Self.name)=\(token)\r\n"),
                ("encoded name", "Cookie: authjs%2Esession-token=\(token)\r\n"),
                ("Cookie2", "Cookie2: \(Self.name)=\(token)\r\n"), ("in another header", "X-Cookie: \(Self.name)=\(token)\r\n"),
            ], code: "unauthenticated", challenge: nil)
        try await TestGateway.run { gateway in
            for line in [
                "Cookie: $Version=1; \(Self.name)=\(token)", "Cookie: ;;;junk; a; =x; \(Self.name)=\(token);",
                "Cookie: a=\"b; \(Self.name)=\(token)",
                "Cookie: \(Self.name)X=\(evil); \(Self.name)=\(token)",
            ] {
                let response = try gateway.get("/session", line + "\r\n")
                #expect(response.json?["subject"]?.string == "ada@example.com", "\(line.prefix(30))")
            }
        }
    }

    /// As above for what is not even looked at.
    private static func refuse(_ rows: [(name: String, lines: String)], code: String, challenge: String?) async throws {
        try await TestGateway.run { gateway in
            for row in rows {
                let response = try gateway.get("/session", row.lines)
                #expect(response.status == 401, "\(row.name)")
                #expect(response.code == code, "\(row.name)")
                #expect(response["www-authenticate"] == #"Bearer realm="gatehouse""#, "\(row.name)")
            }
        }
    }

    @Test("S-05: chunks are whole, numbered from 0, each once, and bounded")
    func s05() async throws {
        let token = try TestSession.token(more: [("padding", .string(String(repeating: "a", count: 6000)))])
        let pieces = stride(from: 0, to: token.count, by: 3936).map { String(token.dropFirst($0).prefix(3936)) }
        #expect(pieces.count == 3)
        @Sendable func line(_ cookies: [(String, String)]) -> String {
            "Cookie: " + cookies.map { "\(Self.name)\($0.0)=\($0.1)" }.joined(separator: "; ") + "\r\n"
        }
        let whole = try TestSession.token()
        try await Self.refuse([
            ("the first is missing", line([(".1", pieces[1]), (".2", pieces[2])])),
            ("one in the middle is missing", line([(".0", pieces[0]), (".2", pieces[2])])),
            ("the last is missing", line([(".0", pieces[0]), (".1", pieces[1])])),
            ("numbered from 1", line([(".1", pieces[0]), (".2", pieces[1]), (".3", pieces[2])])),
            ("swapped", line([(".0", pieces[0]), (".1", pieces[2]), (".2", pieces[1])])),
            ("a stale one too many", line([(".0", pieces[0]), (".1", pieces[1]), (".2", pieces[2]), (".3", pieces[2])])),
            ("one twice", line([(".0", pieces[0]), (".1", pieces[1]), (".1", pieces[1]), (".2", pieces[2])])),
            ("beside the whole", line([("", whole), (".0", pieces[0]), (".1", pieces[1]), (".2", pieces[2])])),
            ("beside another", line([("", whole), (".0", "x")])),
            (".00", line([(".00", pieces[0]), (".1", pieces[1]), (".2", pieces[2])])),
            (".01", line([(".0", pieces[0]), (".01", pieces[1]), (".2", pieces[2])])),
            (".-1", line([(".-1", "x"), (".0", pieces[0]), (".1", pieces[1]), (".2", pieces[2])])), (".+0", line([(".+0", whole)])),
            (".x", line([(".x", whole)])),
            (".", line([(".", whole)])), (".0.0", line([(".0.0", whole)])), ("1000 of them", line((0..<1000).map { (".\($0)", "a") })),
            ("33 of them", line((0..<33).map { (".\($0)", "a") })),
            ("a huge number", line([(".0", pieces[0]), (".18446744073709551616", pieces[1])])),
        ])
        try await TestGateway.run { gateway in
            // In whatever order they come, in one line or in several; an empty cookie is one that is being expired.
            let good = [(".2", pieces[2]), (".0", pieces[0]), (".1", pieces[1])]
            let apart = good.map { line([$0]) }.joined()
            for lines in [line(good), apart, line([("", "")] + good), line(good + [(".3", "")]), line([("", whole)]), apart] {
                let response = try gateway.get("/session", lines)
                #expect(response.status == 200)
            }
        }
    }

    @Test("S-06: only the configured releases, keys and names are taken, and an older secret by its id alone")
    func s06() async throws {
        let v5 = "Auth.js Generated Encryption Key (\(Self.name))"
        let v4 = "NextAuth.js Generated Encryption Key"
        let (cbc, gcm) = (#"{"alg":"dir","enc":"A256CBC-HS512"}"#, #"{"alg":"dir","enc":"A256GCM"}"#)
        @Sendable func bearer(_ token: String) -> String { "Authorization: Bearer \(token)\r\n" }
        let old = try TestSession.sealed(secret: TestSession.secrets[1], salt: Self.name, info: v5, count: 64, header: cbc)
        let stranger = try TestSession.token(secret: "somebody-elses")
        let rows: [(String, String)] = [
            ("the older secret without its id", TestSession.cookie(old)), ("and as bearer", bearer(old)),
            ("another secret", TestSession.cookie(stranger)), ("and as bearer", bearer(stranger)),
            ("a v4 key in a v5 cookie", TestSession.cookie(try TestSession.sealed(salt: "", info: v4, count: 32, header: gcm))),
            ("v4's info, long", TestSession.cookie(try TestSession.sealed(salt: "", info: v4, count: 64, header: cbc))),
            ("v4's info with the salt", TestSession.cookie(try TestSession.sealed(salt: Self.name, info: v4, count: 64, header: cbc))),
            ("a v5 key in a v4 cookie", TestSession.cookie(try TestSession.token(), "next-auth.session-token")),
            (
                "v4's older secret",
                TestSession.cookie(try TestSession.token(.nextauthV4, secret: TestSession.secrets[1]), "next-auth.session-token")
            ),
            (
                "no algorithm",
                TestSession.cookie(try TestSession.sealed(salt: Self.name, info: v5, count: 64, header: #"{"enc":"A256CBC-HS512"}"#))
            ),
            (
                "zip",
                TestSession.cookie(
                    try TestSession.sealed(
                        salt: Self.name, info: v5, count: 64, header: #"{"alg":"dir","enc":"A256CBC-HS512","zip":"DEF"}"#))
            ),
            (
                "crit",
                TestSession.cookie(
                    try TestSession.sealed(
                        salt: Self.name, info: v5, count: 64, header: #"{"alg":"dir","enc":"A256CBC-HS512","crit":["exp"]}"#))
            ),
            (
                "an unknown id",
                TestSession.cookie(
                    try TestSession.sealed(salt: Self.name, info: v5, count: 64, header: #"{"alg":"dir","enc":"A256CBC-HS512","kid":"x"}"#))
            ),
            ("signed, where no profile is", TestSession.cookie(try TestSession.token(.jwtHS256))),
            ("v3", TestSession.cookie(try TestSession.token(.nextauthV3))),
            ("unsigned (J-01)", TestSession.cookie("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyXzAxIn0.")),
            ("a database id", TestSession.cookie("7c9e6679-7425-40de-944b-e07fc1f90ae7")),
        ]
        try await Self.refuse(rows)
        try await TestGateway.run { gateway in
            for lines in [
                TestSession.cookie(try TestSession.token(secret: TestSession.secrets[1])),
                bearer(try TestSession.token(secret: TestSession.secrets[1])),
                TestSession.cookie(try TestSession.sealed(salt: Self.name, info: v5, count: 64, header: cbc)),
                TestSession.cookie(try TestSession.sealed(salt: Self.name, info: v5, count: 32, header: gcm)),
                TestSession.cookie(try TestSession.token(.nextauthV4), "next-auth.session-token"),
            ] {
                let response = try gateway.get("/session", lines)
                #expect(response.status == 200)
            }
        }
    }

    @Test("S-07: two principals in one request are refused, and a cookie changes nothing from another site")
    func s07() async throws {
        let token = try TestSession.token()
        let other = try TestSession.token(subject: "bob@example.com")
        let log = try await TestGateway.run { gateway in
            let cookie = TestSession.cookie(token)
            for lines in [
                cookie + gateway.bearer("acme"), cookie + "Authorization: Bearer \(other)\r\n",
                "Authorization: Bearer \(other)\r\n" + cookie,
            ] {
                for _ in 1...2 {
                    let response = try gateway.get("/session", lines)
                    #expect(response.status == 400)
                    #expect(response.code == "ambiguous_credentials")
                }
            }
            #expect(try gateway.get("/session", cookie + "Authorization: Bearer \(token)\r\n").status == 200)

            func delete(_ lines: String) throws -> RawClient.Response {
                try gateway.get("\(Self.list)/cus_00000000000000000000000000", cookie + lines, method: "DELETE")
            }
            for lines in [
                "", "Origin: https://evil.example\r\n", "Origin: null\r\n", "Origin: http://gateway.test.evil.example\r\n",
                "Referer: http://gateway.test/\r\n",
                "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n", "Sec-Fetch-Site: none\r\n",
                "X-Forwarded-Host: evil.example\r\nOrigin: http://evil.example\r\n",
                "Forwarded: host=evil.example\r\nOrigin: http://evil.example\r\n", "Origin: https://gateway.test\r\n",
                "X-HTTP-Method-Override: GET\r\n",
            ] {
                let response = try delete(lines)
                #expect(response.status == 403, "\(lines)")
                #expect(response.code == "cross_site", "\(lines)")
            }
            // Allowed: the customer is not there, which is all that is left to say.
            for lines in ["Origin: http://gateway.test\r\n", "Origin: https://app.example.com\r\n", "Sec-Fetch-Site: same-origin\r\n"] {
                let response = try delete(lines)
                #expect(response.status == 404, "\(lines)")
            }
            let twice = try delete("Origin: http://gateway.test\r\nOrigin: http://gateway.test\r\n")
            #expect(twice.code == "repeated_header")
        }
        #expect(log.prefix(6).allSatisfy { $0["reason"]?.string == "ambiguous_credentials" && $0["subject"]?.isNull == true })
        let crossSite = log.filter { $0["reason"]?.string == "cross_site" }
        #expect(crossSite.count == 12)
        #expect(crossSite.allSatisfy { $0["subject"]?.string == "ada@example.com" && $0["status"]?.integer == 403 })
    }

    @Test("no answer and no record tells a session apart from another that fails (L-01, L-03)")
    func secrecy() async throws {
        let token = try TestSession.token()
        let bodies = try await { () async throws -> Set<String> in
            let collected = Bodies()
            let log = try await TestGateway.run { gateway in
                for lines in [
                    TestSession.cookie("junk"), TestSession.cookie(String(token.dropLast(4)) + "AAAA"),
                    TestSession.cookie(try TestSession.token(secret: "x")),
                    TestSession.cookie(try TestSession.token(lifetime: 60, at: TestClock.now() - 3600)),
                    TestSession.cookie(try TestSession.token(subject: "a\u{0}b")),
                    "Authorization: Bearer \(try TestSession.token(secret: "x"))\r\n",
                ] {
                    collected.add(try gateway.get("/session", lines + "X-Request-Id: the-same-id\r\n").body)
                }
            }
            let text = log.map { String(describing: $0) }.joined()
            #expect(!text.contains("eyJ") && !text.contains("session-token"))
            #expect(
                log.map { $0["reason"]?.string } == ["malformed_token", "bad_mac", "unknown_key", "expired", "bad_claim", "unknown_key"])
            return collected.all
        }()
        #expect(bodies.count == 1)
    }

    /// Gathered on the threads of the clients.
    private final class Bodies: @unchecked Sendable {  // unchecked: one client at a time adds
        private(set) var all: Set<String> = []
        func add(_ body: String) { all.insert(body) }
    }
}
