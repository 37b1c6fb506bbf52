import Foundation
import GatewayTesting
import StrictJSON
import Testing

@Suite("Sessions of a running gateway", .ownThread)
struct SessionTests {
    private static let name = "authjs.session-token"

    private func mint(_ place: Place, subject: String = "ada@example.com", role: String = "provisioning-admin") throws -> String {
        let result = try place.run("session", "mint", "--profile", "authjs-v5", "--subject", subject, "--role", role)
        try #require(result.status == 0, "\(result.error)")
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func cookie(_ token: String) -> String { "Cookie: \(Self.name)=\(token)" }

    /// Until the clock shows another second, so that a session that is minted then was issued behind a revocation.
    private func waitForNextSecond() {
        let second = Int(Date.now.timeIntervalSince1970)
        while Int(Date.now.timeIntervalSince1970) == second { Thread.sleep(forTimeInterval: 0.01) }
    }

    @Test("a revocation by command reaches open connections within a second, and a restart forgets nothing")
    func revoked() throws {
        let place = try Place()
        let other = try mint(place, subject: "bob@example.com")
        let latest = try place.serving { gateway in
            let connection = try gateway.connect()
            var quickest = Duration.seconds(60)
            var token = try mint(place)
            // The quickest of several, so that a busy machine proves nothing against the gateway.
            for _ in 1...3 {
                #expect(try connection.get("/session", cookie(token)).status == 200)
                let result = try place.run("session", "revoke", "--subject", "ada@example.com")
                #expect(result.status == 0, "\(result.error)")
                let start = ContinuousClock.now
                let isRefused = try eventually { try connection.get("/session", cookie(token)).status == 401 }
                #expect(isRefused)
                quickest = min(quickest, ContinuousClock.now - start)
                #expect(try connection.get(Gateway.customers, cookie(token)).json?["code"]?.string == "invalid_session")
                #expect(try connection.get("/session", "Authorization: Bearer \(token)").status == 401)
                #expect(try connection.get("/session", cookie(other)).status == 200)
                waitForNextSecond()
                token = try mint(place)
            }
            #expect(quickest < .seconds(1))
            try gateway.stop()
            return token
        }
        let revoked = try place.run("session", "revoke", "--subject", "ada@example.com", "--json")
        #expect(revoked.status == 0)
        waitForNextSecond()
        let later = try mint(place)
        try place.serving { gateway in
            // From the first request on.
            let connection = try gateway.connect()
            #expect(try connection.get("/session", cookie(latest)).status == 401)
            #expect(try connection.get("/session", cookie(other)).status == 200)
            #expect(try connection.get("/session", cookie(later)).json?["subject"]?.string == "ada@example.com")
            let admin = try Connection(gateway.admin).get("/status")
            #expect(admin.json?["revocations"]?["count"]?.integer == 1)
            #expect((admin.json?["revocations"]?["read"]?.integer ?? 0) > 0)
        }
        let list = try place.run("session", "revocations")
        #expect(list.output.contains("ada@example.com") && !list.output.contains("bob"))
    }

    @Test("secrets are changed while it runs: the old one counts as long as its line is there, and without any nothing does (S-02)")
    func secrets() throws {
        let place = try Place()
        let old = try mint(place)
        let first = try place.read("keys/session-secrets")
        try place.serving { gateway in
            let connection = try gateway.connect()
            #expect(try connection.get("/session", cookie(old)).status == 200)
            try place.write("keys/session-secrets", "another-secret-0123456789-0123456789\n" + first)
            _ = try gateway.record("reloaded")
            let new = try mint(place)
            for token in [old, new] { #expect(try connection.get("/session", cookie(token)).status == 200) }
            try place.write("keys/session-secrets", "another-secret-0123456789-0123456789\n")
            _ = try gateway.record("reloaded")
            #expect(try connection.get("/session", cookie(old)).status == 401)
            #expect(try connection.get("/session", cookie(new)).status == 200)
            // Unreadable: the last good state stays in force.
            try place.setMode(0o644, of: "keys/session-secrets")
            _ = try gateway.record("stale")
            #expect(try connection.get("/session", cookie(new)).status == 200)
            #expect(try connection.get("/session", cookie(old)).status == 401)
            try place.write("keys/session-secrets", "")
            try place.setMode(0o600, of: "keys/session-secrets")
            _ = try gateway.record("reloaded")
            for token in [old, new, "junk"] {
                for path in ["/session", Gateway.customers] {
                    #expect(try connection.get(path, cookie(token)).json?["code"]?.string == "invalid_session")
                }
            }
        }
        try place.remove("keys/session-secrets")
        let refused = try place.serveFails()
        #expect(refused.status == 78)
        #expect(refused.error.contains("keys/session-secrets"))
    }

    @Test("the configuration says which sessions, claims and origins count")
    func configured() throws {
        let place = try Place()
        try place.write(
            "policies/gateway.yaml",
            """
            sessions:
              profiles: [nextauth-v4]
              cookies: [{ name: my.session, profile: nextauth-v4 }]
              claims: { subject: [user.id], roles: [user.roles] }
              maximumAge: 1h
              allowedOrigins: [https://app.example.com]

            """)
        let v5 = try mint(place)
        let minted = try place.run(
            "session", "mint", "--profile", "nextauth-v4", "--subject", "u_1", "--role", "support", "--lifetime", "2h")
        let v4 = minted.output.trimmingCharacters(in: .whitespacesAndNewlines)
        try place.serving { gateway in
            let connection = try gateway.connect()
            #expect(try connection.get("/session", cookie(v5)).json?["code"]?.string == "unauthenticated")
            #expect(try connection.get("/session", "Authorization: Bearer \(v5)").json?["code"]?.string == "invalid_session")
            for line in ["Cookie: my.session=\(v4)", "Cookie: next-auth.session-token=\(v4)", "Authorization: Bearer \(v4)"] {
                let session = try connection.get("/session", line).json
                #expect(session?["subject"]?.string == "u_1")
                #expect(session?["profile"]?.string == "nextauth-v4")
                #expect(session?["roles"]?.elements.compactMap(\.string) == ["support"])
                // By its age, not by what it says.
                #expect((session?["expires"]?.integer ?? 0) < Int64(Date.now.timeIntervalSince1970) + 3700)
            }
            let answer = try connection.get("/session", "Cookie: my.session=\(v4)", "Origin: https://app.example.com")
            #expect(answer.headers["access-control-allow-origin"] == "https://app.example.com")
            let refused = try connection.post(
                Gateway.customers, Gateway.customer("A"), "Cookie: my.session=\(v4)", "Origin: https://evil.example")
            #expect(refused.json?["code"]?.string == "cross_site")
            #expect(refused.headers["access-control-allow-origin"] == nil)
            let denied = try connection.post(
                Gateway.customers, Gateway.customer("A"), "Cookie: my.session=\(v4)", "Origin: https://app.example.com")
            #expect(denied.json?["code"]?.string == "insufficient_scope")
        }
    }
}
