import OpenSSLCrypto
import StrictJSON
import Tokens

/// Access tokens as nobody should make them: any header and any claims, with a MAC by the key of every gateway under test.
struct TokenForge {
    private let key: HMACKey
    private let now = TestClock.now()

    static let header = #"{"alg":"HS256","typ":"at+jwt","kid":"k1"}"#

    init() throws {
        let set = try JSONDocument(Array(TestGateway.TokenKeyText.one.jwks.utf8)).root
        key = HMACKey(.sha256, key: SecretBytes(try Base64URL.decode(set["keys"]?.elements.first?["k"]?.string ?? "")))
    }

    /// Acme's claims; a replacement of nil leaves the claim out, others stand as JSON text.
    func claims(_ replacements: [String: String?] = [:], adding added: String = "") -> String {
        let claims = [
            ("iss", "\"\(TestGateway.issuer)\""), ("aud", "\"provisioning\""), ("sub", "\"acme\""), ("client_id", "\"acme\""),
            ("iat", "\(now)"),
            ("nbf", "\(now)"), ("exp", "\(now + 600)"), ("jti", "\"t-1\""), ("scope", "\"customers:read customers:write\""),
            ("roles", "[\"partner-writer\"]"), ("tenant", "\"acme\""),
        ]
        let members = claims.compactMap { name, value -> String? in
            guard let replacement = replacements[name] else { return "\"\(name)\":\(value)" }
            return replacement.map { "\"\(name)\":\($0)" }
        }
        return "{\((members + (added.isEmpty ? [] : [added])).joined(separator: ","))}"
    }

    /// Signed with the gateway's key, or with another secret.
    func token(header: String = Self.header, _ claims: String? = nil, secret: [UInt8]? = nil) -> String {
        let input = unsigned(header, claims)
        let key = secret.map { HMACKey(.sha256, key: SecretBytes($0)) } ?? key
        return "\(input).\(Base64URL.encode(key.authenticate(Array(input.utf8))))"
    }

    func token(header: String = Self.header, signature: [UInt8]) -> String { "\(unsigned(header, nil)).\(Base64URL.encode(signature))" }

    private func unsigned(_ header: String, _ claims: String?) -> String {
        "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(Array((claims ?? self.claims()).utf8)))"
    }
}
