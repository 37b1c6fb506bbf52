import OpenSSLCrypto
import Tokens

/// Tokens as nobody should make them: any header and payload text, with a MAC that holds.
struct TokenFactory: Sendable {
    var secret = Array("0123456789abcdef0123456789abcdef".utf8)
    var hash = HashAlgorithm.sha256

    static let issuer = "https://gate.example"
    static let audience = "provisioning"
    static let now: Int64 = 1_790_000_000

    static let header = #"{"alg":"HS256","typ":"at+jwt","kid":"k1"}"#

    /// Claims in the issuer's layout; a replacement of nil leaves the claim out, others stand as JSON text.
    static func payload(_ replacements: [String: String?] = [:], adding added: String = "") -> String {
        let claims: [(String, String)] = [
            ("iss", "\"\(issuer)\""), ("aud", "\"\(audience)\""), ("sub", "\"acme\""), ("client_id", "\"acme\""),
            ("iat", "\(now)"), ("nbf", "\(now)"), ("exp", "\(now + 600)"), ("jti", "\"t-1\""),
            ("scope", "\"customers:read customers:write\""), ("roles", "[\"partner-writer\"]"), ("tenant", "\"acme\""),
        ]
        let members = claims.compactMap { name, value -> String? in
            guard let replacement = replacements[name] else { return "\"\(name)\":\(value)" }
            return replacement.map { "\"\(name)\":\($0)" }
        }
        return "{" + (members + (added.isEmpty ? [] : [added])).joined(separator: ",") + "}"
    }

    func token(header: String = Self.header, payload: String = Self.payload()) -> String {
        token(header: Array(header.utf8), payload: Array(payload.utf8))
    }

    func token(header: [UInt8], payload: [UInt8]) -> String {
        sign(Base64URL.encode(header) + "." + Base64URL.encode(payload))
    }

    /// Appends the MAC of the text as it is.
    func sign(_ input: String) -> String {
        let mac = HMACKey(hash, key: SecretBytes(secret)).authenticate(Array(input.utf8))
        return input + "." + Base64URL.encode(mac)
    }

    static func jwk(
        _ id: String, alg: String = "HS256", secret: [UInt8] = TokenFactory().secret, adding added: String = ""
    ) -> String {
        #"{"kty":"oct","kid":"\#(id)","alg":"\#(alg)","use":"sig","k":"\#(Base64URL.encode(secret))"\#(added)}"#
    }

    static func ring(_ keys: String...) throws -> KeyRing {
        try KeyRing(jwks: Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8))
    }

    static func verifier(_ keys: KeyRing? = nil) throws -> PartnerTokenVerifier {
        PartnerTokenVerifier(keys: try keys ?? ring(jwk("k1")), issuer: issuer, audience: audience)
    }
}

extension PartnerTokenVerifier {
    /// The error, or nil when the token is accepted.
    func refusal(_ token: String, at now: Int64 = TokenFactory.now) -> TokenError? { refusal(Array(token.utf8), at: now) }

    func refusal(_ token: [UInt8], at now: Int64 = TokenFactory.now) -> TokenError? {
        do throws(TokenError) {
            _ = try verify(token.span, at: now)
            return nil
        } catch {
            return error
        }
    }

    func claims(_ token: String, at now: Int64 = TokenFactory.now) throws -> VerifiedClaims {
        try verify(Array(token.utf8).span, at: now)
    }
}
