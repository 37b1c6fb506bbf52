import OpenSSLCrypto
import StrictJSON
import Testing
import Tokens

private let now = TokenFactory.now

@Suite("Issued tokens")
struct PartnerTokenIssuerTests {
    private func issuer(_ key: TokenKey) -> PartnerTokenIssuer {
        PartnerTokenIssuer(key: key, issuer: TokenFactory.issuer, audience: TokenFactory.audience)
    }

    @Test("What is issued verifies and says what was asked", arguments: TokenAlgorithm.allCases)
    func roundTrip(_ algorithm: TokenAlgorithm) throws {
        let ring = try TokenFactory.ring(
            TokenFactory.jwk("2026 \"α\"".replacing("\"", with: "\\\""), alg: algorithm.rawValue, secret: [UInt8](repeating: 3, count: 64)))
        let token = issuer(ring.signing).issue(
            subject: "acme", clientID: "acme", scopes: ["customers:read", "customers:write"], roles: ["partner-writer", "ä\"\n"],
            tenant: "acme",
            lifetime: 600, at: now, tokenID: "01J")
        let claims = try TokenFactory.verifier(ring).claims(token)
        #expect(claims.subject == "acme")
        #expect(claims.clientID == "acme")
        #expect(claims.scopes == ["customers:read", "customers:write"])
        #expect(claims.roles == ["partner-writer", "ä\"\n"])
        #expect(claims.tenant == "acme")
        #expect(claims.tokenID == "01J")
        #expect(claims.issuedAt == now)
        #expect(claims.notBefore == now)
        #expect(claims.expires == now + 600)
    }

    @Test("A token is laid out as the contract says")
    func layout() throws {
        let ring = try TokenFactory.ring(TokenFactory.jwk("k1"))
        let token = issuer(ring.signing).issue(
            subject: "acme", clientID: "acme", scopes: ["a", "b"], roles: ["r"], tenant: "t", lifetime: 600, at: now, tokenID: "j")
        let segments = token.split(separator: ".")
        #expect(segments.count == 3)
        #expect(String(decoding: try Base64URL.decode(String(segments[0])), as: UTF8.self) == TokenFactory.header)
        #expect(
            String(decoding: try Base64URL.decode(String(segments[1])), as: UTF8.self)
                == #"{"iss":"https://gate.example","aud":"provisioning","sub":"acme","client_id":"acme","iat":1790000000,"nbf":1790000000,"exp":1790000600,"jti":"j","scope":"a b","roles":["r"],"tenant":"t"}"#
        )
    }

    @Test("Without scopes, roles and tenant it verifies too")
    func bare() throws {
        let ring = try TokenFactory.ring(TokenFactory.jwk("k1"))
        let token = issuer(ring.signing).issue(
            subject: "s", clientID: "c", scopes: [], roles: [], tenant: nil, lifetime: 1, at: now, tokenID: "j")
        let claims = try TokenFactory.verifier(ring).claims(token)
        #expect(claims.scopes.isEmpty)
        #expect(claims.roles.isEmpty)
        #expect(claims.tenant == nil)
    }
}
