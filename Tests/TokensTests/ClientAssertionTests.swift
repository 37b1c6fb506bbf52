import OpenSSLCrypto
import StrictJSON
import Testing
import Tokens

@Suite("Client assertions (RFC 7523)")
struct ClientAssertionTests {
    private static let now: Int64 = 1_800_000_000
    private static let key = HMACKey(.sha256, key: SecretBytes(Array("ghs_secret".utf8)))
    private static let issuer = "https://gateway.example"

    private static func token(header: String = #"{"alg":"HS256"}"#, _ claims: String) -> [UInt8] {
        let input = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(Array(claims.utf8)))"
        return Array("\(input).\(Base64URL.encode(key.authenticate(Array(input.utf8))))".utf8)
    }

    private static func claims(
        iss: String = #""acme""#, sub: String = #""acme""#, aud: String = #""https://gateway.example""#, jti: String = #""j1""#,
        exp: String = "1800000060",
        more: String = #","iat":1800000000"#
    ) -> String {
        #"{"iss":\#(iss),"sub":\#(sub),"aud":\#(aud),"jti":\#(jti),"exp":\#(exp)\#(more)}"#
    }

    @Test(
        "one that holds names its client, its id and its end",
        arguments: [
            claims(), claims(more: ""), claims(more: #","iat":1800000015,"nbf":1800000015"#),
            claims(exp: "1800000001", more: #","iat":1799999941"#),
        ])
    func holds(claims: String) throws {
        for header in [#"{"alg":"HS256"}"#, #"{"alg":"HS256","typ":"JWT"}"#, #"{"typ":"client-authentication+jwt","alg":"HS256"}"#] {
            let assertion = try UnverifiedClientAssertion(Self.token(header: header, claims))
            #expect(assertion.clientID == "acme")
            #expect(assertion.isSigned(by: Self.key))
            #expect(try assertion.check(issuer: Self.issuer, at: Self.now).tokenID == "j1")
        }
    }

    @Test(
        "T-01, T-02: claims that do not hold",
        arguments: [
            (claims(aud: #""https://gateway.example/oauth2/token""#), TokenError.wrongAudience),
            (claims(aud: #"["https://gateway.example"]"#), .wrongAudience),
            (claims(aud: #"["https://gateway.example","https://evil.example"]"#), .wrongAudience),
            (claims(aud: #""https://other.example""#), .wrongAudience),
            (claims(aud: #""https://gateway.example/""#), .wrongAudience), (claims(iss: #""other""#), .wrongIssuer),
            (claims(iss: "1"), .wrongIssuer),
            (claims(jti: #""""#), .badClaim), (claims(jti: "1"), .badClaim),
            (claims(jti: "\"\(String(repeating: "x", count: 256))\""), .badClaim),
            (claims(exp: "1800003600"), .lifetimeTooLong), (claims(exp: "1800003600", more: ""), .lifetimeTooLong),
            (claims(exp: "1800000076", more: ""), .lifetimeTooLong),
            (claims(more: #","iat":1799999999"#), .lifetimeTooLong), (claims(exp: "1800000000"), .expired),
            (claims(exp: #""1800000060""#), .badClaim),
            (claims(more: #","iat":1800000016"#), .notYetValid), (claims(more: #","nbf":1800000016"#), .notYetValid),
            (claims(more: #","iat":"x""#), .badClaim),
            (#"{"sub":"acme"}"#, .missingClaim), (#"{"sub":"acme","iss":"acme"}"#, .missingClaim),
            (#"{"sub":"acme","iss":"acme","aud":"https://gateway.example","exp":1800000060}"#, .missingClaim),
            (#"{"sub":"acme","iss":"acme","aud":"https://gateway.example","jti":"j"}"#, .missingClaim),
        ])
    func refused(claims: String, error: TokenError) throws {
        let assertion = try UnverifiedClientAssertion(Self.token(claims))
        #expect(throws: error) { try assertion.check(issuer: Self.issuer, at: Self.now) }
    }

    @Test(
        "what is not read at all",
        arguments: [
            (#"{"alg":"none"}"#, TokenError.wrongAlgorithm), (#"{"alg":"HS512"}"#, .wrongAlgorithm), (#"{"alg":"RS256"}"#, .wrongAlgorithm),
            (#"{}"#, .wrongAlgorithm),
            (#"{"alg":"HS256","typ":"at+jwt"}"#, .wrongType), (#"{"alg":"HS256","crit":["b64"]}"#, .forbiddenHeader),
            (#"{"alg":"HS256","jku":"https://a"}"#, .forbiddenHeader),
            (#"{"alg":"HS256","alg":"HS256"}"#, .duplicateMember), (#"[]"#, .badHeader),
        ])
    func header(header: String, error: TokenError) {
        #expect(throws: error) { try UnverifiedClientAssertion(Self.token(header: header, Self.claims())) }
    }

    @Test("forms that are no assertion")
    func form() {
        for text in ["", "a", "a.b", "a.b.c.d", "..", String(repeating: "a", count: 5000)] {
            #expect(throws: TokenError.self, "\(text.prefix(10))") { try UnverifiedClientAssertion(Array(text.utf8)) }
        }
        #expect(throws: TokenError.missingClaim) { try UnverifiedClientAssertion(Self.token(#"{"iss":"acme"}"#)) }
        #expect(throws: TokenError.missingClaim) { try UnverifiedClientAssertion(Self.token(#"{"sub":1}"#)) }
        #expect(throws: TokenError.duplicateMember) { try UnverifiedClientAssertion(Self.token(#"{"sub":"a","sub":"b"}"#)) }
    }

    @Test("a MAC that is not the whole right one is none")
    func mac() throws {
        let token = String(decoding: Self.token(Self.claims()), as: UTF8.self)
        let dot = token.lastIndex(of: ".") ?? token.endIndex
        let mac = try Base64URL.decode(String(token[token.index(after: dot)...]))
        for wrong in [[], Array(mac.dropLast()), mac + [0], mac.map { $0 ^ 1 }] as [[UInt8]] {
            let assertion = try UnverifiedClientAssertion(Array("\(token[..<dot]).\(Base64URL.encode(wrong))".utf8))
            #expect(!assertion.isSigned(by: Self.key))
        }
        let assertion = try UnverifiedClientAssertion(Array(token.utf8))
        #expect(!assertion.isSigned(by: HMACKey(.sha256, key: SecretBytes(Array("ghs_other".utf8)))))
    }
}
