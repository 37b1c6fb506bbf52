import Foundation
import GatewayTesting
import StrictJSON
import Testing

@Suite("The token endpoint over real sockets", .ownThread)
struct TokenEndpointTests {
    static func post(
        _ gateway: TestGateway, basic: String? = nil, _ form: String, type: String = "application/x-www-form-urlencoded", lines: String = ""
    ) throws -> RawClient.Response {
        let authorization = basic.map { "Authorization: Basic \(Data($0.utf8).base64EncodedString())\r\n" } ?? ""
        return try gateway.send(
            "POST /oauth2/token HTTP/1.1\r\nHost: a\r\n\(authorization)\(lines)Content-Type: \(type)\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)"
        )
    }

    @Test("a partner obtains a token with its secret, and the token works")
    func issue() async throws {
        try await TestGateway.run { gateway in
            let secret = try #require(gateway.secrets["acme"])
            let response = try Self.post(gateway, basic: "acme:\(secret)", "grant_type=client_credentials")
            #expect(response.status == 200)
            #expect(response["cache-control"] == "no-store")
            let body = try #require(response.json)
            #expect(body["token_type"]?.string == "Bearer")
            #expect(body["expires_in"]?.integer == 600)
            #expect(body["scope"]?.string == "customers:read customers:write")
            let token = try #require(body["access_token"]?.string)
            let session = try gateway.get("/session", "Authorization: bEaReR \(token)\r\n")
            #expect(session.status == 200)
            #expect(session.json?["subject"]?.string == "acme")
        }
    }

    @Test("scopes can be narrowed and never widened (T-05)")
    func scopes() async throws {
        try await TestGateway.run { gateway in
            let basic = "acme:\(gateway.secrets["acme"] ?? "")"
            let narrowed = try Self.post(gateway, basic: basic, "grant_type=client_credentials&scope=customers%3Aread")
            #expect(narrowed.json?["scope"]?.string == "customers:read")
            // A parameter without a value counts as omitted (RFC 6749 section 3.2).
            let whole = try Self.post(gateway, basic: basic, "grant_type=client_credentials&scope=")
            #expect(whole.json?["scope"]?.string == "customers:read customers:write")
            for scope in ["customers:delete", "customers:read+customers:delete", "admin", "customers:read++customers:write", "+", "%C3%A9"]
            {
                let response = try Self.post(gateway, basic: basic, "grant_type=client_credentials&scope=\(scope)")
                #expect(response.status == 400, "\(scope)")
                #expect(response.json?["error"]?.string == "invalid_scope", "\(scope)")
            }
        }
    }

    @Test("an unknown client, a wrong secret and a disabled client cannot be told apart (T-06)")
    func uniform() async throws {
        try await TestGateway.run { gateway in
            let wrong = "ghs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_00000000"
            var answers: Set<String> = []
            for basic in [
                "acme:\(wrong)", "nobody:\(wrong)", "off:\(gateway.secrets["off"] ?? "")", "acme:\(gateway.secrets["other"] ?? "")",
                "acme:x",
                "elsewhere:\(gateway.secrets["elsewhere"] ?? "")",
            ] {
                let response = try Self.post(gateway, basic: basic, "grant_type=client_credentials")
                #expect(response.status == 401)
                #expect(response["www-authenticate"] == #"Basic realm="gatehouse""#)
                answers.insert(response.body)
            }
            #expect(answers.count == 1)
        }
    }

    @Test("what is wrong with a request is said as RFC 6749 says it")
    func errors() async throws {
        try await TestGateway.run { gateway in
            let basic = "acme:\(gateway.secrets["acme"] ?? "")"
            let rows: [(String?, String, String, Int, String)] = [
                (basic, "", "application/x-www-form-urlencoded", 400, "invalid_request"),
                (basic, "grant_type=password", "application/x-www-form-urlencoded", 400, "unsupported_grant_type"),
                (
                    basic, "grant_type=client_credentials&grant_type=client_credentials", "application/x-www-form-urlencoded", 400,
                    "invalid_request"
                ),
                (basic, #"{"grant_type":"client_credentials"}"#, "application/json", 400, "invalid_request"),
                (basic, "grant_type=client_credentials&client_secret=x", "application/x-www-form-urlencoded", 400, "invalid_request"),
                (basic, "grant_type=client_credentials&client_assertion=x", "application/x-www-form-urlencoded", 400, "invalid_request"),
                (basic, "grant_type=client_credentials&client_id=other", "application/x-www-form-urlencoded", 400, "invalid_request"),
                (basic, "grant_type=%zz", "application/x-www-form-urlencoded", 400, "invalid_request"),
                (nil, "grant_type=client_credentials", "application/x-www-form-urlencoded", 401, "invalid_client"),
                ("acme", "grant_type=client_credentials", "application/x-www-form-urlencoded", 401, "invalid_client"),
            ]
            for (basic, form, type, status, error) in rows {
                let response = try Self.post(gateway, basic: basic, form, type: type)
                #expect(response.status == status, "\(form)")
                #expect(response.json?["error"]?.string == error, "\(form)")
                #expect(response["cache-control"] == "no-store")
            }
            #expect(try gateway.get("/oauth2/token").status == 405)
        }
    }

    @Test("guessing is slowed down, and the real partner is not locked out")
    func throttled() async throws {
        try await TestGateway.run { gateway in
            var statuses: [Int] = []
            for _ in 0..<15 { statuses.append(try Self.post(gateway, basic: "acme:guess", "grant_type=client_credentials").status) }
            #expect(statuses == Array(repeating: 401, count: 10) + Array(repeating: 429, count: 5))
            var unknown: [Int] = []
            for _ in 0..<15 { unknown.append(try Self.post(gateway, basic: "nobody:guess", "grant_type=client_credentials").status) }
            #expect(unknown == statuses)
            let real = try Self.post(gateway, basic: "acme:\(gateway.secrets["acme"] ?? "")", "grant_type=client_credentials")
            #expect(real.status == 200)
            for index in 0..<20 { _ = try Self.post(gateway, basic: "client-\(index):guess", "grant_type=client_credentials") }
            let refused = try Self.post(gateway, basic: "acme:\(gateway.secrets["acme"] ?? "")", "grant_type=client_credentials")
            #expect(refused.status == 429)
            #expect(refused["retry-after"].flatMap { Int($0) }.map { 1...60 ~= $0 } == true)
        }
    }

    @Test("the metadata names what there is (RFC 8414)")
    func metadata() async throws {
        try await TestGateway.run { gateway in
            let response = try gateway.get("/.well-known/oauth-authorization-server")
            #expect(response.status == 200)
            #expect(response.json?["issuer"]?.string == TestGateway.issuer)
            #expect(response.json?["token_endpoint"]?.string == TestGateway.issuer + "/oauth2/token")
        }
    }
}
