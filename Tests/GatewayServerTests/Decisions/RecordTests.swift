import Access
import GatewayCore
import GatewayServer
import GatewayTesting
import StrictJSON
import Testing

@Suite("What a record says", .ownThread)
struct RecordTests {
    private static let members: [String] = [
        "time", "request_id", "method", "path", "route", "caller", "subject", "tenant", "roles", "scopes", "token_id", "remote", "decision",
        "reason", "policy", "status", "duration_us", "prev", "hash",
    ]

    @Test("L-02: whatever a client sends, a request is one line of JSON with the same members, and nothing endless gets in")
    func lines() async throws {
        let forged = #"{"decision":"allow"}"#
        let long = String(repeating: "A", count: 100_000)
        let heads: [String] = [
            "GET /\(forged) HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /%22%7D%0A\(forged) HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\u{1B}[31m HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\u{7F}\u{9B}é HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: x\r\n\(forged)\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: \(long)\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: abcdefgh\"\(forged)\r\n\r\n",
            "GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(long)\r\n\r\n",
            "\(long) / HTTP/1.1\r\nHost: a\r\n\r\n",
            "{\"decision\":\"allow\"} / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\u{0} HTTP/1.1\r\nHost: a\u{0}\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: \"a\",\"b\":\"c\r\n\r\n",
        ]
        // `run` reads every line as strict JSON, without a member twice.
        let records = try await TestGateway.run { gateway in
            for head in heads {
                let client = try RawClient(port: gateway.port)
                try client.send(head)
                _ = try client.response()
            }
        }
        #expect(records.count == heads.count)
        for record in records {
            #expect(record.members.map(\.name) == Self.members)
            #expect(record["decision"]?.string == "deny")
            #expect(record.rawRange.count < 20_000)
            #expect((record["request_id"]?.string ?? "").utf8.count <= 128)
        }
    }

    @Test("who asks for another tenant's customer is told 404, and the record says why")
    func others() async throws {
        let records = try await TestGateway.run { gateway in
            let body = #"{"name":"Acme","contactEmail":"a@b.co"}"#
            let made = try gateway.send(
                "POST /api/provisioning/customers HTTP/1.1\r\nHost: a\r\n\(gateway.bearer("acme"))Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            let path = try #require(made["location"])
            let other = try gateway.get(path, gateway.bearer("other"))
            let unknown = try gateway.get(String(path.dropLast()) + "0", gateway.bearer("other"))
            #expect(other.status == 404)
            #expect(unknown.status == 404)
        }
        let told = records.map { "\($0["decision"]?.string ?? "") \($0["reason"]?.string ?? "") \($0["status"]?.integer ?? 0)" }
        #expect(told == ["allow allowed 201", "deny not_owner 404", "allow allowed 404"])
    }

    @Test(
        "what was refused while the head was read has its method, and its path where that is canonical",
        arguments: [
            ("PUT /a/b?secret=1 HTTP/1.1\r\nHost: a\r\nOrigin: b\r\nOrigin: c\r\n\r\n", "repeated_header", "PUT", "/a/b"),
            ("GET /a/b HTTP/1.1\r\n\r\n", "malformed_request", "GET", "/a/b"),
            ("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "malformed_request", "POST", "/a"),
            ("GET /a/../b HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "malformed_request", "GET", nil),
            ("BREW /a HTTP/1.1\r\nHost: a\r\nOrigin: b\r\nOrigin: c\r\n\r\n", "repeated_header", nil, "/a"),
            ("nonsense\r\n\r\n", "malformed_request", nil, nil),
        ] as [(String, String, String?, String?)]
    )
    func refused(head: String, reason: String, method: String?, path: String?) async throws {
        let records = try await TestGateway.run { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(head)
            _ = try client.response()
        }
        #expect(records.count == 1)
        #expect(records.first?["reason"]?.string == reason)
        #expect(records.first?["method"]?.string == method)
        #expect(records.first?["path"]?.string == path)
    }

    @Test("a client that could not prove itself was denied, whatever endpoint said so")
    func clients() async throws {
        let records = try await TestGateway.run { gateway in
            let body = "grant_type=client_credentials"
            let response = try gateway.send(
                "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YWNtZTp3cm9uZw==\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            #expect(response.status == 401)
        }
        #expect(records.map { $0["decision"]?.string } == ["deny"])
        #expect(records.map { $0["reason"]?.string } == ["wrong_secret"])
    }

    @Test("a request that a reload overtakes is recorded under the policy it began with")
    func overtaken() async throws {
        let changed = try TestGateway.snapshot(policy: TestGateway.policy + "\n# changed", partners: [])
        let records = try await TestGateway.run { gateway in
            let body = #"{"name":"Ada","contactEmail":"ada@example.com"}"#
            let client = try RawClient(port: gateway.port)
            try client.send(
                "POST /api/provisioning/customers HTTP/1.1\r\nHost: a\r\n\(gateway.bearer("acme"))Content-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\nExpect: 100-continue\r\n\r\n"
            )
            #expect(try client.response().status == 100)
            try await gateway.server.replace(with: changed)
            try client.send(body)
            #expect(try client.response().status == 201)
            #expect(try gateway.get("/api/provisioning/customers").status == 401)
        }
        let expected = try TestGateway.snapshot(partners: []).policy.digest
        #expect(records.map { $0["policy"]?.string } == [expected, changed.policy.digest])
        #expect(expected != changed.policy.digest)
    }
}
