import Access
import GatewayConfiguration
import GatewayCore
import HTTPWire
import OpenSSLCrypto
import SharedState
import StrictJSON
import Testing
import Tokens

/// A gatekeeper without a server: requests are text, the time is given.
struct Desk {
    static let secret = "7f2c0a94e5b84d6b9a3157d2c86e40f1"
    /// Unix seconds, the `now` of the vectors.
    static let now: Int64 = 1_790_000_000
    static let issuer = "http://gateway.test"

    static let policy = """
        policy: 1
        scopes: { customers:read: Look, customers:write: Change, customers:delete: Remove }
        roles:
          partner-writer: { grants: [customers:read, customers:write] }
          support: { grants: [customers:read], objects: any }
          provisioning-admin: { grants: [customers:read, customers:write, customers:delete], objects: any }
        callers:
          partner: { via: partner-token, roles: [partner-writer] }
          staff: { via: session, roles: [support, provisioning-admin] }
        routes:
          - { id: list, methods: [GET, POST, PUT, PATCH], path: /c, needs: [customers:read], to: provisioning }
          - { id: remove, methods: [DELETE], path: "/c/{id}", needs: [customers:delete], object: id, to: provisioning }
          - { id: open, methods: [GET, POST], path: /open, public: true, to: provisioning }
        """

    private(set) var gatekeeper: Gatekeeper
    var revocations: RevocationList {
        get { gatekeeper.revocations }
        set { gatekeeper.revocations = newValue }
    }

    init(
        _ profiles: [SessionProfile] = [.authjsV5, .nextauthV4], cookies: [AcceptedSessions.Cookie] = [],
        secure: AcceptedSessions.Secure = .auto, secrets: [String] = [Self.secret], requireExpiry: Bool = true,
        maximumAge: Int64 = 30 * 86_400, origins: [String] = [], policy text: String = Self.policy
    ) throws {
        let loaded = PolicyFile.compile(Array(text.utf8), file: "policy.yaml", upstreams: [])
        let record = PartnerRecord(
            id: "acme", name: "Acme", roles: ["partner-writer"], tenant: "acme", networks: [], isEnabled: true, created: 0, secrets: [])
        gatekeeper = Gatekeeper(
            Snapshot(
                policy: try #require(loaded.policy, "\(loaded.diagnostics)"),
                verifier: PartnerTokenVerifier(keys: Self.ring, issuer: Self.issuer, audience: "provisioning"),
                issuer: PartnerTokenIssuer(key: Self.ring.signing, issuer: Self.issuer, audience: "provisioning"),
                partners: PartnerDirectory([PartnerDirectory.Partner(record, networks: [], secrets: [])]),
                sessions: try AcceptedSessions(
                    profiles: profiles, cookies: cookies, secure: secure, secrets: secrets.map(Self.bytes), requireExpiry: requireExpiry,
                    maximumAge: maximumAge),
                origins: AllowedOrigins(origins),
                settings: GatewaySettings(
                    issuer: Self.issuer, audience: "provisioning", tokenLifetime: 600, hosts: [], bodyLimit: 4096),
                loaded: 0
            )
        )
    }

    private static let ring: KeyRing = {
        let key = Base64URL.encode([UInt8](repeating: 7, count: 32))
        let jwks = #"{"keys":[{"kty":"oct","kid":"k1","alg":"HS256","use":"sig","k":"\#(key)","created":0}]}"#
        return try! KeyRing(jwks: Array(jwks.utf8))  // the text above
    }()

    static func bytes(_ secret: String) -> SecretBytes { SecretBytes(Array(secret.utf8)) }

    // MARK: Tokens

    static func session(
        _ profile: SessionProfile = .authjsV5, cookie: String? = nil, secret: String = Self.secret, _ claims: [(String, JSONValue)] = [],
        subject: JSONValue? = "user_01", roles: [String] = ["support"], lifetime: Int64 = 3600, at time: Int64 = Self.now
    ) throws -> String {
        let subject = subject.map { [("sub", $0)] } ?? []
        return try SessionIssuer(profile, cookieName: cookie ?? profile.cookieName(secure: false), secrets: [bytes(secret)])
            .issue(subject + [("roles", .strings(roles))] + claims, lifetime: lifetime, at: time, tokenID: "j-1")
    }

    func partnerToken(at time: Int64 = Self.now, tokenID: String = "t-1") -> String {
        gatekeeper.snapshot.issuer.issue(
            subject: "acme", clientID: "acme", scopes: ["customers:read", "customers:write"], roles: [], tenant: "acme", lifetime: 600,
            at: time, tokenID: tokenID)
    }

    // MARK: Requests

    /// - Parameter lines: header lines behind Host.
    @discardableResult
    mutating func admit(
        _ lines: String..., path: String = "/session", method: String = "GET", host: String = "gateway.test", isSecure: Bool = false,
        at now: Int64 = Self.now
    ) throws -> Admission {
        let request = "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        let bytes = Array(request.utf8)
        var parser = RequestHeadParser(limits: WireLimits(headers: 60 << 10))
        try #require(try parser.parse(bytes.span))
        return gatekeeper.admit(parser.head, bytes.span, from: Gatekeeper.Peer(address: nil, isSecure: isSecure), at: now)
    }
}

extension Admission {
    /// Who is let in, or the status, code and reason.
    var outcomeText: String {
        switch outcome {
        case .refuse(let refusal): "\(refusal.problem.status) \(refusal.problem.code.rawValue) \(reason.rawValue)"
        case .options: "options"
        case .endpoint, .forward, .ifFresh: caller?.principal.subject ?? "nobody"
        }
    }

    func header(_ name: String) -> [String] { originHeaders.filter { $0.0 == name }.map(\.1) }
}

extension JSONValue {
    static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
