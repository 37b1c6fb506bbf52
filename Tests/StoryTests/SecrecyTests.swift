import Foundation
import GatewayTesting
import Glibc
import OpenSSLCrypto
import StrictJSON
import Testing

@Suite("Secrecy", .ownThread)
struct SecrecyTests {
    /// Something that must be nowhere, and what to call it without showing it.
    private struct Secret {
        let name: String
        let text: String
    }

    @Test("at log level trace, no secret, token or key is in the log, the output, the decisions or the database")
    func trace() throws {
        let place = try Place()
        let acme = try place.addPartner("acme")
        var secrets = try keys(of: place)
        secrets.append(Secret(name: "client secret", text: acme.secret))
        secrets.append(Secret(name: "Basic credentials", text: acme.basicCredentials))
        try place.serving("--log-level", "trace") { gateway in
            let token = try gateway.token(acme)
            let segments = token.split(separator: ".").map(String.init)
            secrets.append(Secret(name: "token", text: token))
            secrets.append(Secret(name: "token payload", text: segments[1]))
            secrets.append(Secret(name: "token signature", text: segments[2]))
            try useAndMisuse(gateway, acme, token: token)

            // A reload that works and one that does not.
            gateway.program.signal(SIGHUP)
            _ = try gateway.record("reloaded")
            let partner = try place.read("keys/partners/acme.json")
            try place.write("keys/partners/acme.json", partner.replacing("\"sealed\": \"", with: "\"sealed\": \"A"))
            _ = try gateway.record("stale")
            try place.write("keys/partners/acme.json", partner)
            _ = try gateway.record("reloaded")
            let pages = try ["/status", "/metrics"].map { try Connection(gateway.admin).get($0).body }.joined()
            try gateway.stop()

            let written = try self.written(gateway, pages: pages)
            #expect(written[0].text.contains(#""event":"ready""#))
            #expect(written[2].text.contains(#""reason":"bad_mac""#))
            #expect(written[3].text.contains("Somebody"))
            expectNone(of: secrets, in: written)
        }
    }

    // MARK: Sessions, assertions, signatures

    private static let policy = """
        policy: 1
        scopes: { customers:read: Look, customers:write: Change }
        roles:
          partner-writer: { grants: [customers:read, customers:write] }
          support: { grants: [customers:read] }
        callers:
          partner: { via: partner-token, roles: [partner-writer] }
          staff: { via: session, roles: [support] }
        routes:
          - { id: list, methods: [GET], path: /api/provisioning/customers, needs: [customers:read], to: provisioning }
          - { id: sink, methods: [POST], path: /sink, needs: [customers:read], to: sink }
          - { id: shared, methods: [POST], path: /shared, needs: [customers:read], to: shared }
          - { id: gone, methods: [POST], path: /gone, needs: [customers:read], to: gone }
          - { id: signed, methods: [POST], path: /signed, needs: [customers:write], signed: required, to: sink }

        """

    @Test("at log level trace, sessions, assertions, request signatures and what upstreams are told are nowhere either")
    func credentials() throws {
        let upstream = try Sink()
        let place = try Place(policy: Self.policy)
        let server = "servers: [\"http://127.0.0.1:\(upstream.port)\"]"
        try place.write(
            "policies/gateway.yaml",
            """
            issuer: http://gateway.test
            sessions: { profiles: [authjs-v5, nextauth-v4, jwt-hs256] }
            upstreams:
              sink: { \(server), retries: 0 }
              shared: { \(server), retries: 0, assertion: hmac }
              gone: { servers: ["http://127.0.0.1:9"], retries: 0 }

            """
        )
        let acme = try place.addPartner("acme")
        let rotated = try JSONDocument(Array(try place.run("partner", "rotate", "acme", "--json").output.utf8)).root
        var secrets = try keys(of: place) + [Secret(name: "client secret", text: acme.secret)]
        secrets.append(Secret(name: "second client secret", text: try #require(rotated["client_secret"]?.string)))
        try place.serving("--log-level", "trace") { gateway in
            secrets += try useSessions(gateway)
            secrets += try useAssertions(gateway, acme)
            secrets += try useSignatures(gateway)
            // Two of sessions and one that was signed.
            for _ in 1...3 {
                let head = try #require(upstream.next()).head
                let told = try #require(head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("x-gatehouse-assertion: ") })
                secrets.append(Secret(name: "what an upstream is told", text: String(told.dropFirst("x-gatehouse-assertion: ".count))))
            }
            let revoked = try place.run("session", "revoke", "--subject", "ada@example.com")
            #expect(revoked.status == 0, "\(revoked.error)")
            let pages = try ["/status", "/metrics"].map { try Connection(gateway.admin).get($0).body }.joined()
            try gateway.stop()
            let written = try self.written(gateway, pages: pages)
            for reason in ["bad_mac", "ambiguous_credentials", "cross_site", "malformed_token", "nonce_reused", "bad_signature"] {
                #expect(written[2].text.contains(#""reason":"\#(reason)""#), "\(reason)")
            }
            expectNone(of: secrets, in: written)
        }
    }

    /// Sessions in cookies, in pieces and as bearer tokens: good, broken, beside another, from another site, to upstreams that are there
    /// and one that is not.
    private func useSessions(_ gateway: Gateway) throws -> [Secret] {
        var secrets: [Secret] = []
        for (profile, name) in [
            ("authjs-v5", "authjs.session-token"), ("nextauth-v4", "next-auth.session-token"), ("jwt-hs256", "next-auth.session-token"),
        ] {
            func mint(_ subject: String) throws -> String {
                let made = try gateway.place.run("session", "mint", "--profile", profile, "--subject", subject, "--role", "support")
                try #require(made.status == 0, "\(made.error)")
                return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            let (token, other) = (try mint("ada@example.com"), try mint("bob@example.com"))
            secrets += [Secret(name: "\(profile) session", text: token), Secret(name: "another \(profile) session", text: other)]
            let cookie = "Cookie: \(name)=\(token)"
            let pieces = "Cookie: \(name).0=\(token.prefix(100)); \(name).1=\(token.dropFirst(100))"
            for line in [cookie, pieces, "Authorization: Bearer \(token)"] {
                #expect(try gateway.connect().get("/session", line).status == 200, "\(profile)")
            }
            let broken = token.dropLast(4) + (token.hasSuffix("AAAA") ? "BBBB" : "AAAA")
            for line in [
                "Cookie: \(name)=\(broken)", "Cookie: \(name)=\(token); \(name)=\(other)", "Cookie: \(name).1=\(token)",
                "Authorization: Bearer \(broken)",
            ] {
                #expect(try gateway.connect().get("/session", line).status == 401, "\(profile)")
            }
            #expect(try gateway.connect().get("/session", cookie, "Authorization: Bearer \(other)").status == 400)
            #expect(try gateway.connect().post("/sink", "{}", cookie, "Origin: https://evil.example").status == 403)
            let gone = try gateway.connect().post("/gone", "{}", cookie, "Origin: http://gateway.test")
            #expect([502, 503].contains(gone.status), "\(gone)")
            #expect(try gateway.connect().get("/session?token=\(token)&\(name)=\(token)").status == 401)
        }
        for (path, secret) in zip(["/sink", "/shared"], secrets) {
            let response = try gateway.connect().post(path, "{}", "Authorization: Bearer \(secret.text)")
            #expect(response.status == 200, "\(path)")
        }
        return secrets
    }

    /// An assertion of a client: good, used again, broken, as a bearer token and in the query.
    private func useAssertions(_ gateway: Gateway, _ acme: Place.Partner) throws -> [Secret] {
        func encode(_ bytes: [UInt8]) -> String {
            Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
        let now = Int(Date.now.timeIntervalSince1970)
        let claims = #"{"iss":"acme","sub":"acme","aud":"http://gateway.test","jti":"j-1","exp":\#(now + 60)}"#
        let input = "\(encode(Array(#"{"alg":"HS256"}"#.utf8))).\(encode(Array(claims.utf8)))"
        let key = HMACKey(.sha256, key: SecretBytes(Array(acme.secret.utf8)))
        let signature = encode(key.authenticate(Array(input.utf8)))
        let assertion = "\(input).\(signature)"
        let form =
            "grant_type=client_credentials&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion="
        func ask(_ body: String, _ query: String = "") throws -> Connection.Response {
            try gateway.connect().post("/oauth2/token\(query)", body, type: "application/x-www-form-urlencoded")
        }
        let answer = try ask(form + assertion)
        let token = try #require(answer.json?["access_token"]?.string)
        #expect(try ask(form + assertion).status == 401)
        #expect(try ask(form + assertion.dropLast(4) + "AAAA").status == 401)
        #expect(try ask("grant_type=client_credentials", "?client_assertion=\(assertion)").status == 400)
        #expect(try gateway.connect().get("/session", "Authorization: Bearer \(assertion)").status == 401)
        return [
            Secret(name: "assertion", text: assertion), Secret(name: "assertion's claims", text: encode(Array(claims.utf8))),
            Secret(name: "assertion's signature", text: signature), Secret(name: "token for an assertion", text: token),
        ]
    }

    /// A signed request: good, sent again, changed, and asked about.
    private func useSignatures(_ gateway: Gateway) throws -> [Secret] {
        try gateway.place.write("body", "{}")
        let signed = try gateway.place.run("request", "sign", "POST", "http://gateway.test/signed", "--body", "body", "--partner", "acme")
        try #require(signed.status == 0, "\(signed.error)")
        let lines = signed.output.split(separator: "\n").map(String.init)
        func value(_ name: String) throws -> String { String(try #require(lines.first { $0.hasPrefix(name) }).dropFirst(name.count)) }
        func send(_ path: String) throws -> Connection.Response {
            let connection = try gateway.connect()
            try connection.send("POST", path, ["Content-Length: 2"] + lines, "{}")
            return try connection.response()
        }
        let answer = try send("/signed")
        #expect(answer.status == 200, "\(answer)")
        #expect(try send("/signed").json?["component"]?.string == "nonce")
        #expect(try send("/signed?a=1").json?["component"]?.string == "signature")
        #expect(try send("/oauth2/signature-check").json?["valid"]?.bool == false)
        // Between `gatehouse=:` and `:`.
        let mac = try value("Signature: gatehouse=:").dropLast(2)
        return [Secret(name: "signature", text: String(mac)), Secret(name: "token that signs", text: try value("Authorization: Bearer "))]
    }

    // MARK: What is secret, and what is written

    /// Everything that a gateway that has stopped leaves behind, and its pages.
    private func written(_ gateway: Gateway, pages: String) throws -> [(name: String, text: String)] {
        [
            ("log", gateway.program.errors.lines.joined(separator: "\n")), ("output", gateway.program.output),
            ("decisions", try gateway.place.read("data/decisions.jsonl")), ("database", database(of: gateway.place)),
            ("admin pages", pages),
        ]
    }

    /// A part of a secret gives it away as well; asked outside of the macro, which would print it.
    private func expectNone(of secrets: [Secret], in written: [(name: String, text: String)]) {
        for secret in secrets {
            let part = String(secret.text.suffix(24))
            for (name, text) in written {
                let isThere = text.contains(part) || text.contains(secret.text.prefix(24))
                #expect(!isThere, "\(secret.name) in \(name)")
            }
        }
    }

    /// Requests with credentials in every place that a client might put them.
    private func useAndMisuse(_ gateway: Gateway, _ acme: Place.Partner, token: String) throws {
        let bearer = "Authorization: Bearer \(token)"
        let basic = "Authorization: Basic \(acme.basicCredentials)"
        let form = "application/x-www-form-urlencoded"
        _ = try gateway.createCustomer("Somebody", token: token)
        #expect(try gateway.connect().get("/session", bearer).status == 200)
        #expect(try gateway.connect().get("/session", bearer + "x").status == 401)
        #expect(try gateway.connect().get("/session", basic).status == 401)
        #expect(try gateway.connect().get("/session?access_token=\(token)").status == 400)
        #expect(try gateway.connect().get("/session", bearer, bearer).status == 400)
        #expect(try gateway.connect().get("/session", "Cookie: next-auth.session-token=\(token)").status == 401)
        #expect(try gateway.connect().post(Gateway.customers, "{\"name\":\"\(token)\"", bearer).status == 400)
        #expect(try gateway.connect().post("/oauth2/token", "grant_type=password&password=\(acme.secret)", type: form, basic).status == 400)
        #expect(try gateway.connect().post("/oauth2/token", "client_id=acme&client_secret=\(acme.secret)", type: form).status == 401)
        #expect(try gateway.connect().post("/oauth2/token", "client_secret=\(acme.secret)", type: form, basic).status == 400)
    }

    /// What is secret in the keys folder.
    private func keys(of place: Place) throws -> [Secret] {
        var secrets = [
            Secret(name: "seal key", text: try place.read("keys/seal.key").trimmingCharacters(in: .whitespacesAndNewlines)),
            Secret(name: "session secret", text: try place.read("keys/session-secrets").trimmingCharacters(in: .whitespacesAndNewlines)),
        ]
        for file in ["tokens", "assertion"] {
            for match in try place.read("keys/\(file).jwks.json").matches(of: /"[kd]": ?"([A-Za-z0-9_-]+)"/) {
                secrets.append(Secret(name: "\(file) key", text: String(match.1)))
            }
        }
        try #require(secrets.count == 4)
        return secrets
    }

    /// The database's files as they lie there.
    private func database(of place: Place) -> String {
        ["", "-wal", "-shm"].compactMap { FileManager.default.contents(atPath: "\(place.path)/data/gatehouse.sqlite\($0)") }
            .map { String(decoding: $0, as: UTF8.self) }.joined()
    }
}
