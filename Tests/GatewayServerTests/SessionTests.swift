import GatewayCore
import GatewayServer
import GatewayTesting
import Logging
import SharedState
import StrictJSON
import Testing
import Tokens

@Suite("Sessions over real sockets", .ownThread)
struct SessionTests {
    private static let list = "/api/provisioning/customers"

    @Test("a session is answered and recorded as who it is", arguments: [SessionProfile.authjsV5, .nextauthV4])
    func session(profile: SessionProfile) async throws {
        let log = try await TestGateway.run { gateway in
            let name = profile.cookieName(secure: false)
            let now = TestClock.now()
            let token = try TestSession.token(
                profile, roles: ["provisioning-admin", "partner-writer", "root"], more: [("tenantId", 42)], at: now)
            for lines in [TestSession.cookie(token, name), "Authorization: Bearer \(token)\r\n"] {
                let response = try gateway.get("/session", lines)
                #expect(response.status == 200)
                #expect(response["cache-control"] == "no-store")
                let body = try #require(response.json)
                #expect(body["subject"]?.string == "ada@example.com")
                #expect(body["caller"]?.string == "staff")
                #expect(body["tenant"]?.string == "42")
                #expect(body["roles"]?.elements.compactMap(\.string) == ["provisioning-admin"])
                #expect(body["scopes"]?.elements.compactMap(\.string) == ["customers:read", "customers:write", "customers:delete"])
                #expect(body["expires"]?.integer == now + 3600)
                #expect(body["profile"]?.string == profile.rawValue)
                #expect(try gateway.get(Self.list, lines).status == 200)
            }
            #expect(try gateway.get("/session", method: "OPTIONS").status == 204)
            #expect(try gateway.get("/session").code == "unauthenticated")
        }
        #expect(log.count == 5)
        #expect(
            log.prefix(4).allSatisfy {
                $0["subject"]?.string == "ada@example.com" && $0["caller"]?.string == "staff" && $0["token_id"]?.string == "j"
            })
        #expect(log.first?["tenant"]?.string == "42")
        #expect(log.first?["roles"]?.elements.compactMap(\.string) == ["provisioning-admin"])
    }

    @Test("a revocation reaches an open connection within a second, and the sessions that come later are let in")
    func revoked() async throws {
        let log = try await TestGateway.run { gateway in
            let store = MemoryRevocationStore()
            let watch = RevocationWatch(store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            // Other tests may hold the threads that tasks run on otherwise.
            let watching = Task(executorPreference: ThreadExecutor.shared) { await watch.run { try await gateway.server.refuse($0) } }
            defer { watching.cancel() }
            let client = try RawClient(port: gateway.port)
            let now = TestClock.now()
            let (mine, others) = (try TestSession.token(at: now - 5), try TestSession.token(subject: "bob@example.com", at: now - 5))
            func status(_ token: String) throws -> Int {
                try client.send("GET /session HTTP/1.1\r\nHost: a\r\n\(TestSession.cookie(token))\r\n")
                return try client.response().status
            }
            #expect(try status(mine) == 200)
            #expect(try status(others) == 200)
            let revocation = Revocation(.sessions(subject: "ada@example.com"), at: now - 5, until: now + 3600)
            try await store.revoke(revocation, at: now)
            let clock = ContinuousClock()
            let start = clock.now
            // The same connection, asked until it says no; bounded by ten times what is promised.
            while try status(mine) == 200, clock.now - start < .seconds(10) {}
            #expect(clock.now - start < .seconds(2), "one second is promised, twice that is allowed to a busy machine")
            #expect(try status(mine) == 401)
            #expect(try status(others) == 200)
            #expect(try status(try TestSession.token(at: now - 4)) == 200)
            // The store gone: what is known stays in force.
            store.fail(with: .unavailable("gone"))
            try await Task.sleep(for: .milliseconds(600))
            #expect(try status(mine) == 401)
            #expect(try status(others) == 200)
            // A reload forgets nothing.
            try await gateway.server.replace(with: gateway.snapshot)
            #expect(try status(mine) == 401)
            let known = try #require(watch.state.read)
            #expect(known >= now && watch.state.list.count == 1)
        }
        #expect(log.contains { $0["reason"]?.string == "revoked" && $0["status"]?.integer == 401 })
    }

    @Test("a list that is older than the one in force changes nothing")
    func older() async throws {
        try await TestGateway.run { gateway in
            let now = TestClock.now()
            let cookie = TestSession.cookie(try TestSession.token(at: now - 5))
            let one = RevocationList.empty.adding([], at: now)
            let two = one.adding([Revocation(.sessions(subject: "ada@example.com"), at: now, until: now + 60)], at: now)
            try await gateway.server.refuse(two)
            #expect(try gateway.get("/session", cookie).status == 401)
            try await gateway.server.refuse(one)
            #expect(try gateway.get("/session", cookie).status == 401)
        }
    }

    @Test("a page of an allowed origin can ask, and see every answer; one of another cannot")
    func crossOrigin() async throws {
        try await TestGateway.run { gateway in
            let cookie = TestSession.cookie(try TestSession.token())
            let app = "Origin: https://app.example.com\r\n"
            let preflight = try gateway.get(
                Self.list, app + "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type,idempotency-key\r\n",
                method: "OPTIONS")
            #expect(preflight.status == 204)
            #expect(preflight["allow"] == "GET, HEAD, POST, OPTIONS")
            #expect(preflight["access-control-allow-origin"] == "https://app.example.com")
            #expect(preflight["access-control-allow-credentials"] == "true")
            #expect(preflight["access-control-allow-methods"] == "GET, HEAD, POST, OPTIONS")
            #expect(preflight["access-control-allow-headers"] == "content-type,idempotency-key")
            #expect(preflight["access-control-max-age"] == "600")

            let customer = #"{"name":"Ada Ltd","contactEmail":"ada@example.com"}"#
            let rows: [(request: String, status: Int)] = [
                ("GET /session", 200), ("GET \(Self.list)", 200), ("GET /nowhere", 404), ("PUT /session", 405), ("GET /staff-only", 404),
                ("GET /signed", 403),
                ("GET \(Self.list)?access_token=x", 400), ("BREW /", 501), ("POST \(Self.list)", 422),
            ]
            for (origin, isAllowed) in [
                ("https://app.example.com", true), ("http://gateway.test", true), ("https://evil.example", false), ("null", false),
            ] {
                for row in rows {
                    let body =
                        row.status == 422
                        ? "Content-Type: application/json\r\nContent-Length: \(customer.utf8.count)\r\n\r\n\(customer)" : "\r\n"
                    let response = try gateway.send(
                        "\(row.request) HTTP/1.1\r\nHost: gateway.test\r\n\(cookie)Origin: \(origin)\r\n\(body)")
                    // BREW ends before the origin is looked at: nobody can ask it from a page.
                    let isTold = isAllowed && row.status != 501
                    #expect(response.status == (row.status == 422 && !isAllowed ? 403 : row.status), "\(row.request) \(origin)")
                    #expect(response["access-control-allow-origin"] == (isTold ? origin : nil), "\(row.request) \(origin)")
                    #expect(response["access-control-allow-credentials"] == (isTold ? "true" : nil))
                    #expect((response["access-control-expose-headers"] ?? "").contains("X-Request-Id") == isTold)
                    if row.status != 501 {
                        #expect(response.headers.contains { $0.name == "vary" && $0.value == "Origin" }, "\(row.request)")
                    }
                }
            }
            let foreign = try gateway.get(
                Self.list, "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n", method: "OPTIONS")
            #expect(!foreign.headers.contains { $0.name.hasPrefix("access-control-") })
        }
    }
}
