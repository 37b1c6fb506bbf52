import Access
import AllocationCounter
import GatewayConfiguration
import GatewayCore
import HTTPWire
import OpenSSLCrypto
import StrictJSON
import Tokens

/// A gatekeeper with a token, a session and a request for it.
struct Desk {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Unix seconds.
    private static let now: Int64 = 1_790_000_000
    private static let issuer = "http://gatehouse.bench"

    private var gatekeeper: Gatekeeper
    private let token: [UInt8]
    private let sessions: SessionVerifier
    private let session: [UInt8]
    private let request: [UInt8]
    private let key = HMACKey(.sha256, key: SecretBytes([UInt8](repeating: 7, count: 32)))
    private let message = [UInt8](repeating: 0x61, count: 300)
    private let parser: RequestHeadParser

    init() throws {
        let policy = try PolicyScale.policy(routes: 10)
        let key = Base64URL.encode([UInt8](repeating: 7, count: 32))
        let ring = try KeyRing(
            jwks: Array(#"{"keys":[{"kty":"oct","kid":"k1","alg":"HS256","use":"sig","k":"\#(key)","created":0}]}"#.utf8))
        let record = PartnerRecord(
            id: "acme", name: "Acme", roles: ["partner-writer"], tenant: "acme", networks: [], isEnabled: true, created: 0, secrets: [])
        let snapshot = Snapshot(
            policy: policy, verifier: PartnerTokenVerifier(keys: ring, issuer: Self.issuer, audience: "provisioning"),
            issuer: PartnerTokenIssuer(key: ring.signing, issuer: Self.issuer, audience: "provisioning"),
            partners: PartnerDirectory([PartnerDirectory.Partner(record, networks: [], secrets: [])]),
            settings: GatewaySettings(issuer: Self.issuer, audience: "provisioning", tokenLifetime: 600, hosts: [], bodyLimit: 4096),
            loaded: 0
        )
        gatekeeper = Gatekeeper(snapshot)
        token = Array(
            snapshot.issuer.issue(
                subject: "acme", clientID: "acme", scopes: ["customers:read", "customers:write"], roles: ["partner-writer"],
                tenant: "acme", lifetime: 600, at: Self.now, tokenID: "abcdefghijklmnopqrstuv"
            ).utf8)
        // As an Auth.js application has them: name, address and picture beside the roles.
        let secrets = [SecretBytes(Array("7f2c0a94e5b84d6b9a3157d2c86e40f1".utf8))]
        let cookie = SessionProfile.authjsV5.cookieName(secure: true)
        sessions = try SessionVerifier(.authjsV5, cookieName: cookie, secrets: secrets)
        session = Array(
            try SessionIssuer(.authjsV5, cookieName: cookie, secrets: secrets).issue(
                [
                    ("sub", "user_01"), ("name", "Ada Lovelace"), ("email", "ada@example.com"),
                    ("picture", "https://example.com/ada.png"), ("roles", .array(["support"])),
                ], lifetime: 3600, at: Self.now, tokenID: "5c1d7a52-0d55-4a39-8f6e-2b8f1d3c9e10"
            ).utf8)
        let request =
            Array("GET /g0/s0/acme HTTP/1.1\r\nHost: gatehouse.bench\r\nAuthorization: Bearer ".utf8) + token + Array("\r\n\r\n".utf8)
        var parser = RequestHeadParser(limits: WireLimits())
        guard try parser.parse(request.span) else { throw Failure(description: "the request is not whole") }
        self.parser = parser
        self.request = request
        guard admit() else { throw Failure(description: "the request is not allowed") }
    }

    /// HMAC-SHA-256 of 300 bytes with a key made ready: what the others are to be seen beside, since processors differ.
    func authenticate() { _ = key.authenticate(message.span) }

    func verifyToken() throws { _ = try gatekeeper.snapshot.verifier.verify(token.span, at: Self.now) }

    func openSession() throws { _ = try sessions.verify(session.span, at: Self.now) }

    /// The whole decision, with the token remembered from the second time on. Whether the request may pass.
    mutating func admit() -> Bool {
        let (head, request) = (parser.head, request)
        return gatekeeper.admit(head, request.span, from: Gatekeeper.Peer(address: nil), at: Self.now).isAllowed
    }

    /// Of one decision about a remembered token.
    mutating func allocationsOfAdmit() throws -> Double {
        let times = 1000
        let before = allocation_count()
        for _ in 0..<times where !admit() { throw Failure(description: "the request is not allowed any more") }
        return Double(allocation_count() - before) / Double(times)
    }
}
