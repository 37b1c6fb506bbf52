import GatewayServer
import GatewayTesting
import Logging
import StrictJSON
import Synchronization
import Testing

/// A candidate policy is asked beside the one in force on every request, and never obeyed.
@Suite("A candidate policy", .ownThread)
struct ShadowPolicyTests {
    static let shadow = TestGateway.policy
        .replacing("when: { partner: [globex] }", with: "when: { partner: [acme] }")
        .replacing("path: /hello, public: true", with: "path: /hello, needs: [customers:read]")
        .replacing("path: /unsigned, needs: [customers:read], signed: refused", with: "path: /unsigned, public: true")
        .replacing("signed: required", with: "signed: optional")
        .replacing(
            "staff: { via: session, roles: [provisioning-admin] }",
            with: "staff: { via: session, roles: [provisioning-admin, partner-reader] }"
        )
        .replacing(
            "routes:\n", with: "routes:\n  - { id: new, methods: [GET], path: /new, needs: [customers:read], to: provisioning }\n"
        )
        .replacing("id: customers.delete, methods: [DELETE]", with: "id: customers.delete, methods: [PATCH]")

    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        var method = "GET"
        let path: String
        var partner: String?
        var lines = ""
        /// Roles of a session.
        var session: [String]?
        let status: Int
        /// `route live shadow live_reason shadow_reason`; nil: they agree.
        let expected: String?
        var testDescription: String { name }
    }

    static let list = "/api/provisioning/customers"

    static let rows: [Row] = [
        Row(name: "both allow", path: list, partner: "reader", status: 200, expected: nil),
        Row(
            name: "a deny rule more", path: list, partner: "acme", status: 200,
            expected: "customers.list allow deny allowed deny_rule"),
        Row(
            name: "a deny rule less", path: list, partner: "globex", status: 403,
            expected: "customers.list deny allow deny_rule allowed"),
        Row(name: "both refuse nobody", path: list, status: 401, expected: nil),
        Row(name: "both refuse a bad token", path: list, lines: "Authorization: Bearer a.b.c\r\n", status: 401, expected: nil),
        Row(name: "both refuse a partner that is disabled", path: list, partner: "off", status: 401, expected: nil),
        Row(name: "both refuse a partner from elsewhere", path: list, partner: "elsewhere", status: 403, expected: nil),
        Row(name: "a public route that is not", path: "/hello", status: 404, expected: "hello allow deny public no_credential"),
        Row(
            name: "the same with a credential, read for the candidate alone", path: "/hello", partner: "reader", status: 404, expected: nil),
        Row(
            name: "the same with one that does not hold", path: "/hello", lines: "Authorization: Bearer a.b.c\r\n", status: 404,
            expected: "hello allow deny public bad_base64"),
        Row(
            name: "a public route that was none: nobody", path: "/unsigned", status: 401,
            expected: "unsigned deny allow no_credential public"),
        Row(
            name: "a public route that was none: a bad token is not read", path: "/unsigned", lines: "Authorization: Bearer a.b.c\r\n",
            status: 401, expected: "unsigned deny allow bad_base64 public"),
        Row(
            name: "a signature that is not required", path: "/signed", partner: "reader", status: 401,
            expected: "signed deny allow signature_required allowed"),
        Row(name: "a new route", path: "/new", partner: "reader", status: 404, expected: "new deny allow no_route allowed"),
        Row(name: "a new route, to nobody", path: "/new", status: 404, expected: nil),
        Row(name: "a new route, to a partner from elsewhere", path: "/new", partner: "elsewhere", status: 404, expected: nil),
        Row(name: "no route in either", path: "/none", partner: "reader", status: 404, expected: nil),
        Row(
            name: "a role that the session may carry there", path: list, session: ["partner-reader"], status: 403,
            expected: "customers.list deny allow missing_scope allowed"),
        Row(
            name: "a method that is gone", method: "DELETE", path: list + "/cus_00000000000000000000000000",
            session: ["provisioning-admin"],
            status: 404, expected: "customers.delete allow deny allowed method_not_allowed"),
        Row(name: "the gateway's own endpoints are no policy's", path: "/session", partner: "acme", status: 200, expected: nil),
        Row(name: "what is malformed is no policy's", path: "/hello/%2e", status: 400, expected: nil),
        Row(name: "a token in the query neither", path: "/new?access_token=x", status: 400, expected: nil),
        Row(name: "OPTIONS neither", method: "OPTIONS", path: "/hello", status: 204, expected: nil),
        Row(
            name: "a body that is too large was allowed by both", method: "POST", path: list, partner: "other",
            lines: "Content-Type: application/json\r\nContent-Length: 5000\r\n", status: 413, expected: nil),
    ]

    @Test("is told where it would decide otherwise, and the answer is the live one's", arguments: rows)
    func disagreement(row: Row) async throws {
        let log = RecordingLog()
        try await TestGateway.run(edge: Edge(logger: log.logger, shadow: Self.shadow)) { gateway in
            var lines = row.lines
            if let partner = row.partner { lines += gateway.bearer(partner) }
            if let session = row.session { lines += "Authorization: Bearer \(try TestSession.token(roles: session))\r\n" }
            let answer = try gateway.get(row.path, lines, method: row.method)
            #expect(answer.status == row.status)
            let records = log.records.filter { $0["event"] == "shadow" }
            let told = records.map { record in
                ["route", "live", "shadow", "live_reason", "shadow_reason"].map { record[$0] ?? "?" }.joined(separator: " ")
            }
            #expect(told == row.expected.map { [$0] } ?? [])
            let counted = gateway.shadow.totals.map { "\($0.key.route) \($0.key.live) \($0.key.shadow) \($0.value)" }
            #expect(counted == row.expected.map { [$0.split(separator: " ").prefix(3).joined(separator: " ") + " 1"] } ?? [])
            for record in records {
                #expect(record["request_id"]?.isEmpty == false && record["policy"] != record["shadow_policy"])
                // No secret, token or path is in it.
                #expect(
                    Set(record.keys) == [
                        "event", "request_id", "route", "live", "shadow", "live_reason", "shadow_reason", "policy", "shadow_policy",
                    ])
            }
        }
    }

    @Test("many disagreements are all counted, and a few are logged")
    func manyAreCounted() async throws {
        let log = RecordingLog()
        try await TestGateway.run(edge: Edge(logger: log.logger, shadow: Self.shadow)) { gateway in
            let client = try RawClient(port: gateway.port)
            let start = ContinuousClock.now
            for _ in 0..<100 {
                try client.send("GET \(Self.list) HTTP/1.1\r\nHost: gateway.test\r\n\(gateway.bearer("acme"))\r\n")
                #expect(try client.response().status == 200)
            }
            let seconds = Int((ContinuousClock.now - start) / .seconds(1)) + 2
            #expect(gateway.shadow.totals.values.reduce(0, +) == 100)
            let records = log.records.filter { $0["event"] == "shadow" }
            #expect((1...5 * seconds).contains(records.count))
        }
    }

    @Test("the same policy disagrees about nothing")
    func same() async throws {
        let log = RecordingLog()
        try await TestGateway.run(edge: Edge(logger: log.logger, shadow: TestGateway.policy)) { gateway in
            for row in Self.rows {
                _ = try gateway.get(row.path, row.lines + (row.partner.map { gateway.bearer($0) } ?? ""), method: row.method)
            }
            #expect(gateway.shadow.totals.isEmpty)
            #expect(!log.records.contains { $0["event"] == "shadow" })
        }
    }
}

/// Keeps what is logged.
final class RecordingLog: Sendable {
    private let kept = Mutex<[[String: String]]>([])

    /// The metadata of each record.
    var records: [[String: String]] { kept.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: RecordingLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.kept.withLock { $0.append((event.metadata ?? [:]).mapValues { "\($0)" }) }
        }
    }
}
