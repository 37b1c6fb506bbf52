import Foundation
import GatewayTesting
import Glibc
import StrictJSON
import Testing

/// A signed body on its way to an upstream, and a signed request across a restart.
@Suite("Signed requests of a running gateway", .ownThread)
struct SignedForwardingTests {
    private let place: Place
    private let environment: [String: String]

    private static let policy = """
        policy: 1
        scopes: { customers:read: Look, customers:write: Change }
        roles: { partner-writer: { grants: [customers:read, customers:write] } }
        callers: { partner: { via: partner-token, roles: [partner-writer] } }
        routes:
          - { id: read, methods: [GET], path: /api/provisioning/customers, needs: [customers:read], to: provisioning }
          - { id: send, methods: [POST], path: /sink, needs: [customers:write], signed: required, to: sink }

        """

    init() throws {
        place = try Place(policy: Self.policy)
        try place.write("policies/gateway.yaml", "upstreams:\n  sink: { servers: [\"http://127.0.0.1:9\"] }\n")
        let made = try place.run("partner", "add", "acme", "--name", "Acme", "--role", "partner-writer", "--json")
        let partner = try JSONDocument(Array(made.output.utf8)).root
        environment = [
            "GATEHOUSE_KEY_ID": "acme:\(partner["secret_id"]?.string ?? "")",
            "GATEHOUSE_SECRET": try #require(partner["client_secret"]?.string),
        ]
    }

    /// The headers for a request to `gateway.test`.
    private func sign(_ gateway: Gateway, _ arguments: String...) throws -> String {
        let token = try gateway.token(.init(id: "acme", secret: environment["GATEHOUSE_SECRET"] ?? ""))
        let result = try place.run(["request", "sign"] + arguments, environment: environment.merging(["GATEHOUSE_TOKEN": token]) { $1 })
        try #require(result.status == 0, "\(result.error)")
        return result.output.split(separator: "\n").joined(separator: "\r\n")
    }

    @Test("an upstream gets the whole of a signed body, and nothing of another one (M-05)", arguments: [false, true])
    func forwarded(isChunked: Bool) throws {
        let upstream = try Sink()
        try place.write("policies/gateway.yaml", "upstreams:\n  sink: { servers: [\"http://127.0.0.1:\(upstream.port)\"], retries: 0 }\n")
        // Several reads long.
        let body = String(repeating: "0123456789abcdef", count: 20_000)
        try place.write("body", body)
        try place.serving { gateway in
            for isRight in [true, false, true] {
                let headers = try sign(gateway, "POST", "http://gateway.test/sink", "--body", "body", "--content-type", "text/plain")
                let sent = isRight ? body : String(body.dropLast()) + "!"
                let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(sent.utf8.count)"
                let content = isChunked ? "\(String(sent.utf8.count, radix: 16))\r\n\(sent)\r\n0\r\n\r\n" : sent
                let connection = try gateway.connect()
                try connection.send("POST /sink HTTP/1.1\r\nHost: gateway.test\r\n\(framing)\r\n\(headers)\r\n\r\n\(content)")
                let response = try connection.response()
                if isRight {
                    #expect(response.status == 200, "\(response)")
                    let received = try #require(upstream.next())
                    #expect(received.isComplete)
                    #expect(!received.head.lowercased().contains("signature"))
                } else {
                    #expect(response.status == 401, "\(response)")
                    #expect(response.json?["component"]?.string == "content-digest")
                }
            }
        }
    }

    @Test("a nonce that was used stays used when the gateway was killed and started again (M-09)")
    func restart() throws {
        let headers = try place.serving("--issuer", "http://gateway.test") { gateway -> String in
            let signed = try sign(gateway, "GET", "http://gateway.test/api/provisioning/customers")
            #expect(try gateway.connect().get(Gateway.customers, signed).status == 200)
            gateway.program.signal(SIGKILL)
            _ = try gateway.program.status()
            return signed
        }
        try place.serving("--issuer", "http://gateway.test") { gateway in
            let replayed = try gateway.connect().get(Gateway.customers, headers)
            #expect(replayed.status == 401)
            #expect(replayed.json?["component"]?.string == "nonce")
        }
    }
}
