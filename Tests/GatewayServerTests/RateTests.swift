import GatewayServer
import GatewayTesting
import StrictJSON
import Testing

@Suite("Rates over real sockets", .ownThread)
struct RateTests {
    /// Two rated routes, and a public one.
    private static let policy =
        TestGateway.policy.replacing(
            "  - { id: customers.list, methods: [GET],", with: "  - { id: customers.list, methods: [GET], rate: 3/m,"
        )
        .replacing("- { id: hello, methods: [GET],", with: "- { id: hello, methods: [GET], rate: 2/h,")
        .replacing("- { id: customers.create, methods: [POST],", with: "- { id: customers.create, methods: [POST], rate: 1/h,")
    private static let list = "/api/provisioning/customers"

    @Test("a principal may use a route as often as it says; then 429 tells how long to wait, on every connection")
    func principal() async throws {
        let records = try await TestGateway.run(policy: Self.policy) { gateway in
            let client = try RawClient(port: gateway.port)
            let request = "GET \(Self.list) HTTP/1.1\r\nHost: gateway.test\r\n\(gateway.bearer("acme"))\r\n"
            for remaining in [2, 1, 0] {
                try client.send(request)
                let response = try client.response()
                #expect(response.status == 200)
                #expect(response["ratelimit-policy"] == #""customers.list";q=3;w=60"#)
                #expect(response["ratelimit"]?.hasPrefix(#""customers.list";r=\#(remaining);t="#) == true)
                #expect(response["retry-after"] == nil)
            }
            try client.send(request)
            let refused = try client.response()
            #expect(refused.status == 429)
            #expect(refused.code == "rate_limited")
            let seconds = try #require(refused["retry-after"].flatMap { Int($0) })
            #expect((1...20).contains(seconds))
            #expect(refused["ratelimit"] == #""customers.list";r=0;t=\#(seconds)"#)
            #expect(refused["ratelimit-policy"] == #""customers.list";q=3;w=60"#)
            // Another token and another connection of the same partner change nothing.
            #expect(try gateway.get(Self.list, gateway.bearer("acme")).status == 429)
            // Another partner has its own, and another route is another rate.
            #expect(try gateway.get(Self.list, gateway.bearer("reader")).status == 200)
            let other = try gateway.get("/session", gateway.bearer("acme"))
            #expect(other.status == 200)
            #expect(other["ratelimit"] == nil)
        }
        #expect(records.count { $0["reason"]?.string == "rate_limited" && $0["status"]?.integer == 429 } == 2)
        #expect(records.filter { $0["status"]?.integer == 429 }.allSatisfy { $0["decision"]?.string == "deny" })
    }

    @Test("the rate is refused behind 401 and 403, and before the rules of the body")
    func order() async throws {
        try await TestGateway.run(policy: Self.policy) { gateway in
            // Who is refused before has taken nothing; who is refused for the body has taken its one.
            for (caller, type, length, status) in [
                (nil, "application/json", 2, 401), ("reader", "application/json", 2, 403), ("acme", "text/plain", 2, 415),
                ("acme", "text/plain", 2, 429), ("acme", "application/json", 5000, 429), (nil, "application/json", 2, 401),
                ("reader", "application/json", 2, 403),
            ] as [(String?, String, Int, Int)] {
                let response = try gateway.send(
                    "POST \(Self.list) HTTP/1.1\r\nHost: gateway.test\r\n\(caller.map { gateway.bearer($0) } ?? "")Content-Type: \(type)\r\n"
                        + "Content-Length: \(length)\r\nConnection: close\r\n\r\nxx"
                )
                #expect(response.status == status, "\(caller ?? "nobody") \(type) \(length)")
            }
        }
    }

    @Test("on a public route the address has the rate")
    func address() async throws {
        try await TestGateway.run(policy: Self.policy) { gateway in
            let statuses = try (0..<4).map { _ in try gateway.get("/hello").status }
            #expect(statuses[2...] == [429, 429])
            #expect(!statuses[..<2].contains(429))
        }
    }
}
