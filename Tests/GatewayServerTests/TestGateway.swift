import Access
import CustomerAPI
import Customers
import Foundation
import GatewayConfiguration
import GatewayCore
import GatewayServer
import GatewayTesting
import HTTPWire
import Logging
import OpenSSLCrypto
import StrictJSON
import Testing
import Tokens

/// What stands in front of a gateway under test, and behind it.
struct Edge: Sendable {
    var tls: ServerTLS?
    var trustedProxies: [CIDR] = []
    var upstreams: [UpstreamTarget] = []
    /// For every upstream.
    var signer = AssertionSigner.none
    var policy = TestGateway.policy
    var threads = 1
    var logger: Logger?
    /// A candidate policy that is asked beside.
    var shadow: String?
    var store: (any CustomerStore)?
    /// Partners beside those that every test gateway has, and their roles.
    var partners: [String: [String]] = [:]

    var testUpstreams: [TestUpstream] {
        upstreams.map { TestUpstream($0, UpstreamProfile(name: $0.name, strip: nil, preservesHost: true, signer: signer)) }
    }
}

/// A whole gateway in this process, on a free port, over a store in memory.
final class TestGateway: Sendable {
    static let issuer = "http://gateway.test"
    static let policy = """
        policy: 1
        scopes:
          customers:read: Look at customers
          customers:write: Create and change customers
          customers:delete: Remove customers
        roles:
          partner-reader: { grants: [customers:read] }
          partner-writer: { includes: [partner-reader], grants: [customers:write] }
          provisioning-admin: { grants: [customers:read, customers:write, customers:delete], objects: any }
        callers:
          partner: { via: partner-token, roles: [partner-reader, partner-writer] }
          staff: { via: session, roles: [provisioning-admin] }
        routes:
          - { id: customers.create, methods: [POST], path: /api/provisioning/customers, needs: [customers:write], to: provisioning, body: { types: [application/json], max: 1KiB } }
          - { id: customers.list, methods: [GET], path: /api/provisioning/customers, needs: [customers:read], to: provisioning }
          - { id: customers.read, methods: [GET], path: "/api/provisioning/customers/{id}", needs: [customers:read], object: id, to: provisioning }
          - { id: customers.delete, methods: [DELETE], path: "/api/provisioning/customers/{id}", needs: [customers:delete], object: id, to: provisioning }
          - { id: signed, methods: [GET], path: /signed, needs: [customers:read], signed: required, to: provisioning }
          - { id: signed.create, methods: [POST, DELETE], path: /signed, needs: [customers:write], signed: required, to: provisioning }
          - { id: unsigned, methods: [GET], path: /unsigned, needs: [customers:read], signed: refused, to: provisioning }
          - { id: staff-only, methods: [GET], path: /staff-only, needs: [customers:read], callers: [staff], because: "Ask support.", to: provisioning }
          - { id: hello, methods: [GET], path: /hello, public: true, to: provisioning }
        deny:
          - { id: suspended, when: { partner: [globex] }, because: "The contract with this partner is suspended" }
        """

    let server: GatewayServer
    let listener: GatewayServer.Listener
    let admin: GatewayServer.Listener
    let decide: GatewayServer.Listener
    let snapshot: Snapshot
    let secrets: [String: String]
    let log: URL
    let nonces: MemoryNonceStore
    let revocations: MemoryRevocationStore
    let shadow: ShadowCounts

    var port: Int { Int(listener.address.split(separator: ":").last ?? "") ?? 0 }
    var adminPort: Int { Int(admin.address.split(separator: ":").last ?? "") ?? 0 }

    var decidePort: Int { Int(decide.address.split(separator: ":").last ?? "") ?? 0 }

    static func partner(
        _ id: String, roles: [String], scopes: [String]? = nil, networks: [String] = [], isEnabled: Bool = true
    ) -> (PartnerDirectory.Partner, String) {
        let secret = ClientSecret.generate()
        let record = PartnerRecord(
            id: id, name: id, roles: roles, scopes: scopes, tenant: id, networks: networks, isEnabled: isEnabled, created: 0, secrets: []
        )
        let partner = PartnerDirectory.Partner(
            record, networks: networks.compactMap { try? CIDR(parsing: $0) },
            secrets: [PartnerSecret(id: "s1", created: 0, expires: nil, secret: secret)]
        )
        return (partner, secret.reveal())
    }

    static func snapshot(
        policy text: String = policy, partners: [PartnerDirectory.Partner], key: TokenKeyText = .one, hosts: [String] = [],
        upstreams: [TestUpstream] = [], sessionSecrets: [String] = TestSession.secrets, shadow: String? = nil
    ) throws -> Snapshot {
        let shadow = try shadow.map { text in
            let loaded = PolicyFile.compile(Array(text.utf8), file: "shadow.yaml", upstreams: nil)
            return try #require(loaded.policy, "\(loaded.diagnostics)")
        }
        let loaded = PolicyFile.compile(Array(text.utf8), file: "policy.yaml", upstreams: Set(upstreams.map(\.target.name)))
        let policy = try #require(loaded.policy, "\(loaded.diagnostics)")
        let ring = try KeyRing(jwks: Array(key.jwks.utf8))
        let settings = GatewaySettings(issuer: issuer, audience: "provisioning", tokenLifetime: 600, hosts: hosts, bodyLimit: 4096)
        return Snapshot(
            policy: policy, verifier: PartnerTokenVerifier(keys: ring, issuer: issuer, audience: "provisioning"),
            issuer: PartnerTokenIssuer(key: ring.signing, issuer: issuer, audience: "provisioning"), partners: PartnerDirectory(partners),
            sessions: try AcceptedSessions(profiles: [.authjsV5, .nextauthV4], secrets: sessionSecrets.map(TestSession.bytes)),
            origins: AllowedOrigins(["https://app.example.com"]), settings: settings,
            upstreams: Dictionary(uniqueKeysWithValues: upstreams.map { ($0.target.name, $0.profile) }),
            publicKeySet: TestAssertion.publicKeySet, loaded: 0, shadow: shadow
        )
    }

    struct TokenKeyText: Sendable {
        let jwks: String
        static let one = make()
        static func make() -> TokenKeyText {
            let bytes = Base64URL.encode(RandomBytes.generate(32))
            return TokenKeyText(jwks: #"{"keys":[{"kty":"oct","kid":"k1","alg":"HS256","use":"sig","k":"\#(bytes)","created":0}]}"#)
        }
    }

    init(
        limits: ServerLimits = ServerLimits(), hosts: [String] = [], policy: String? = nil, upstreams: [TestUpstream] = [],
        sessionSecrets: [String] = TestSession.secrets, edge: Edge = Edge()
    ) async throws {
        let upstreams = upstreams + edge.testUpstreams
        let partners =
            [
                Self.partner("acme", roles: ["partner-writer"]), Self.partner("reader", roles: ["partner-reader"]),
                Self.partner("other", roles: ["partner-writer"]), Self.partner("globex", roles: ["partner-writer"]),
                Self.partner("narrow", roles: ["partner-writer"], scopes: ["customers:read"]),
                Self.partner("off", roles: ["partner-writer"], isEnabled: false),
                Self.partner("elsewhere", roles: ["partner-writer"], networks: ["10.0.0.0/8"]),
            ] + edge.partners.map { Self.partner($0.key, roles: $0.value) }
        secrets = Dictionary(uniqueKeysWithValues: partners.map { ($0.0.id, $0.1) })
        snapshot = try Self.snapshot(
            policy: policy ?? edge.policy, partners: partners.map(\.0), hosts: hosts, upstreams: upstreams, sessionSecrets: sessionSecrets,
            shadow: edge.shadow)
        nonces = MemoryNonceStore()
        revocations = MemoryRevocationStore()
        log = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString).jsonl")
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        if let given = edge.logger { logger = given }
        let services = Services(
            customers: CustomerAPI(
                store: edge.store ?? MemoryCustomerStore(), cursorKey: HMACKey(.sha256, key: SecretBytes(RandomBytes.generate(32)))
            ),
            clients: OAuthEndpoints(throttle: FailureThrottle()), nonces: nonces,
            decisions: try DecisionLog(.file(log.path), logger: logger), logger: logger, limits: limits, upstreams: upstreams.map(\.target),
            trustedProxies: edge.trustedProxies, revocations: RevocationWatch(revocations, logger: logger), isStoreReady: { true }
        )
        shadow = services.shadow
        server = try await GatewayServer(services: services, snapshot: snapshot, threads: edge.threads, tls: edge.tls)
        listener = try await server.listen(host: "127.0.0.1", port: 0)
        admin = try await server.listen(host: "127.0.0.1", port: 0, role: .admin)
        decide = try await server.listen(host: "127.0.0.1", port: 0, role: .decide)
    }

    /// Starts one, uses it, and stops it whatever happens; the records of the decision log afterwards.
    @discardableResult
    static func run(
        limits: ServerLimits = ServerLimits(), hosts: [String] = [], policy: String? = nil, upstreams: [TestUpstream] = [],
        sessionSecrets: [String] = TestSession.secrets, edge: Edge = Edge(), _ body: @Sendable (TestGateway) async throws -> Void
    ) async throws -> [JSONElement] {
        let gateway = try await TestGateway(
            limits: limits, hosts: hosts, policy: policy, upstreams: upstreams, sessionSecrets: sessionSecrets, edge: edge)
        let result: Result<Void, any Error>
        do { result = .success(try await body(gateway)) } catch { result = .failure(error) }
        try await gateway.server.stop([gateway.listener, gateway.admin, gateway.decide], within: 5)
        let text = (try? String(contentsOf: gateway.log, encoding: .utf8)) ?? ""
        try? FileManager.default.removeItem(at: gateway.log)
        try result.get()
        return try text.split(separator: "\n").map { try JSONDocument(Array($0.utf8)).root }
    }

    func token(_ partner: String, scopes: [String]? = nil, at now: Int64 = Int64(Date.now.timeIntervalSince1970), lifetime: Int64 = 600)
        -> String
    {
        snapshot.issuer.issue(
            subject: partner, clientID: partner, scopes: scopes ?? ["customers:read", "customers:write"], roles: [], tenant: partner,
            lifetime: lifetime, at: now, tokenID: UUID().uuidString
        )
    }

    /// One request on a connection of its own.
    func send(_ request: String, isHead: Bool = false) throws -> RawClient.Response {
        let client = try RawClient(port: port)
        try client.send(request)
        return try client.response(isHead: isHead)
    }

    /// A GET with these further header lines, each ended by CRLF.
    func get(_ path: String, _ lines: String = "", method: String = "GET") throws -> RawClient.Response {
        try send("\(method) \(path) HTTP/1.1\r\nHost: gateway.test\r\n\(lines)\r\n", isHead: method == "HEAD")
    }

    func bearer(_ partner: String) -> String { "Authorization: Bearer \(token(partner))\r\n" }
}

extension RawClient.Response {
    /// The body as JSON.
    var json: JSONElement? { try? JSONDocument(Array(body.utf8)).root }
    var code: String? { json?["code"]?.string }
}
