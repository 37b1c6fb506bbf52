import Foundation
import GatewayServer
import StrictJSON
import Testing

/// A gateway in front of recording upstreams, and what the tests of forwarding ask of both.
struct ForwardingGateway: Sendable {
    static let policy = """
        policy: 1
        scopes:
          customers:read: Look at customers
          customers:write: Create and change customers
        roles:
          partner-reader: { grants: [customers:read] }
          partner-writer: { includes: [partner-reader], grants: [customers:write] }
        callers:
          partner: { via: partner-token, roles: [partner-reader, partner-writer] }
        routes:
          - { id: health, methods: [GET], path: /healthz, public: true, to: app }
          - { id: public, methods: [GET, POST, PUT, PATCH, DELETE], path: "/public/{rest...}", public: true, to: app }
          - { id: customers.list, methods: [GET], path: /api/provisioning/customers, needs: [customers:read], to: app }
          - { id: customers.create, methods: [POST], path: /api/provisioning/customers, needs: [customers:write], to: app, body: { types: [application/json], max: 1KiB } }
          - { id: customers.read, methods: [GET], path: "/api/provisioning/customers/{id}", needs: [customers:read], object: id, to: app }
          - { id: customers.change, methods: [PUT, PATCH, DELETE], path: "/api/provisioning/customers/{id}", needs: [customers:write], object: id, to: app }
          - { id: app, methods: [GET, POST, PUT, PATCH, DELETE], path: "/app/{rest...}", needs: [customers:read], to: app, body: { max: 64MiB } }
          - { id: hasty, methods: [GET], path: /hasty, needs: [customers:read], timeout: 300ms, to: app }
          - { id: socket, methods: [GET], path: /socket, needs: [customers:read], upgrade: websocket, to: app }
          - { id: strict, methods: [GET, POST, PUT, PATCH, DELETE], path: /strict, needs: [customers:write], idempotency: required, precondition: required, to: app }
          - { id: billing.root, methods: [GET], path: /billing, needs: [customers:read], to: billing }
          - { id: billing, methods: [GET, POST], path: "/billing/{rest...}", needs: [customers:read], to: billing }
        deny:
          - { id: suspended, when: { partner: [globex] }, because: "The contract with this partner is suspended" }
        """

    let gateway: TestGateway
    let app: RecordingUpstream

    /// One upstream `app` with this script; `billing` leads to the same server, without its prefix.
    @discardableResult
    static func run(
        _ script: UpstreamScript = .normal, limits: ServerLimits = ServerLimits(), hosts: [String] = [],
        configure: @Sendable (RecordingUpstream) throws -> [TestUpstream] = {
            [.app($0), TestUpstream("billing", [$0.port], strip: "/billing", signer: try TestAssertion.ed25519())]
        },
        _ body: @Sendable (ForwardingGateway) async throws -> Void
    ) async throws -> [JSONElement] {
        let app = try RecordingUpstream(script)
        defer { app.stop() }
        let upstreams = try configure(app)
        // The policy names both.
        let missing = Set(["app", "billing"]).subtracting(upstreams.map(\.target.name)).map { TestUpstream($0, [app.port]) }
        return try await TestGateway.run(limits: limits, hosts: hosts, policy: policy, upstreams: upstreams + missing) { gateway in
            try await body(ForwardingGateway(gateway: gateway, app: app))
        }
    }

    func client(receiveBuffer: Int? = nil) throws -> RawClient { try RawClient(port: gateway.port, receiveBuffer: receiveBuffer) }

    /// A request with Acme's token, and these further lines, each ended by CRLF.
    func request(_ line: String, _ lines: String = "", body: String = "", isAnonymous: Bool = false) -> String {
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
        let credential = isAnonymous ? "" : gateway.bearer("acme")
        return "\(line) HTTP/1.1\r\nHost: gateway.test\r\n\(credential)\(lines)\(length)\r\n\(body)"
    }

    /// Sends the bytes on a connection of their own and gives the answer.
    func send(_ text: String, isHead: Bool = false) throws -> RawClient.Response {
        let client = try client()
        try client.send(text)
        return try client.response(isHead: isHead)
    }

    /// Sends a request that must reach the upstream, and gives it as the upstream got it.
    @discardableResult
    func forwarded(_ text: String, _ location: SourceLocation = #_sourceLocation) throws -> UpstreamRequest {
        let before = app.record.requests.count
        let response = try send(text, isHead: text.hasPrefix("HEAD "))
        #expect(response.status == 200, "\(text)\n\(response)", sourceLocation: location)
        let requests = app.record.requests
        #expect(requests.count == before + 1, "\(text)", sourceLocation: location)
        return try #require(requests.last, sourceLocation: location)
    }

    /// Sends what must be refused with one of these statuses, without a connection or a byte to the upstream (invariant 10).
    @discardableResult
    func refused(
        _ text: String, _ statuses: Int..., code: String? = nil, closes: Bool = false, _ location: SourceLocation = #_sourceLocation
    ) throws -> RawClient.Response {
        let before = app.record
        let client = try client()
        try client.send(text)
        let response = try client.response(isHead: text.hasPrefix("HEAD "))
        #expect(statuses.contains(response.status), "\(text.debugDescription)\n\(response)", sourceLocation: location)
        #expect(response["content-type"] == "application/problem+json", "\(text.debugDescription)", sourceLocation: location)
        if let code { #expect(response.code == code, "\(text.debugDescription)", sourceLocation: location) }
        if closes {
            #expect(response["connection"] == "close", "\(text.debugDescription)", sourceLocation: location)
            #expect(try client.isClosed(), "\(text.debugDescription)", sourceLocation: location)
        }
        let after = app.record
        #expect(after.connections == before.connections, "\(text.debugDescription)", sourceLocation: location)
        #expect(after.byteCount == before.byteCount, "\(text.debugDescription)", sourceLocation: location)
        return response
    }
}
