import OpenSSLCrypto
import Testing
import Tokens

private let now = TokenFactory.now

/// One token that some product once accepted, and the check that stops it here.
struct Attack: Sendable, CustomTestStringConvertible {
    let what: String
    let token: String
    let error: TokenError

    init(_ what: String, _ token: String, _ error: TokenError) {
        self.what = what
        self.token = token
        self.error = error
    }

    init(_ what: String, header: String, _ error: TokenError) {
        self.init(what, TokenFactory().token(header: header), error)
    }

    init(_ what: String, payload: String, _ error: TokenError) {
        self.init(what, TokenFactory().token(payload: payload), error)
    }

    init(_ what: String, alg: String, _ error: TokenError = .wrongAlgorithm) {
        self.init(what, header: #"{"alg":\#(alg),"typ":"at+jwt","kid":"k1"}"#, error)
    }

    init(_ what: String, kid: String, _ error: TokenError = .unknownKey) {
        self.init(what, header: #"{"alg":"HS256","typ":"at+jwt","kid":\#(kid)}"#, error)
    }

    init(_ what: String, type: String, _ error: TokenError = .wrongType) {
        self.init(what, header: #"{"alg":"HS256",\#(type)"kid":"k1"}"#, error)
    }

    init(_ what: String, header added: String, claim: Void = ()) {
        self.init(what, header: #"{"alg":"HS256","typ":"at+jwt","kid":"k1",\#(added)}"#, .forbiddenHeader)
    }

    init(_ what: String, claim name: String, _ value: String?, _ error: TokenError) {
        self.init(what, payload: TokenFactory.payload([name: value]), error)
    }

    var testDescription: String { what }
}

private let good = TokenFactory().token()
private let unsigned = good.prefix(through: good.lastIndex(of: ".")!)  // every token has dots
private func signed(_ bytes: [UInt8]) -> String { unsigned + Base64URL.encode(bytes) }
private let mac = (try? Base64URL.decode(String(good.split(separator: ".")[2]))) ?? []

/// J-02: the `none` family.
private let none: [Attack] = [
    Attack("none", alg: #""none""#), Attack("None", alg: #""None""#), Attack("NONE", alg: #""NONE""#), Attack("nOnE", alg: #""nOnE""#),
    Attack("empty", alg: #""""#), Attack("null", alg: "null"), Attack("array", alg: #"["HS256"]"#), Attack("number", alg: "256"),
    Attack("object", alg: #"{"HS256":1}"#), Attack("HS999 with a good MAC", alg: #""HS999""#), Attack("hs256", alg: #""hs256""#),
    Attack("trailing zero byte", alg: #""HS256\u0000""#), Attack("trailing space", alg: #""HS256 ""#), Attack("HS512", alg: #""HS512""#),
    Attack("missing", header: #"{"typ":"at+jwt","kid":"k1"}"#, .wrongAlgorithm),
    Attack(
        "none without signature",
        Base64URL.encode(Array(#"{"alg":"none","typ":"at+jwt","kid":"k1"}"#.utf8)) + "."
            + Base64URL.encode(Array(TokenFactory.payload().utf8)) + ".", .wrongAlgorithm),
]

/// J-01: our own published public key as the HMAC secret, in each of its spellings.
private let confusion: [Attack] = {
    let x = [UInt8](repeating: 0x5C, count: 32)
    let der = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00] + x
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFw=\n-----END PUBLIC KEY-----"
    let jwk = #"{"kty":"OKP","crv":"Ed25519","x":"\#(Base64URL.encode(x))"}"#
    let secrets: [(String, [UInt8])] = [
        ("raw", x), ("DER", der), ("PEM", Array(pem.utf8)), ("PEM with newline", Array((pem + "\n").utf8)), ("JWK", Array(jwk.utf8)),
        ("empty", []),
    ]
    return secrets.flatMap { name, secret in
        [
            Attack("\(name), our kid", TokenFactory(secret: secret).token(), .badMAC),
            Attack(
                "\(name), the assertion key's kid",
                TokenFactory(secret: secret).token(header: #"{"alg":"HS256","typ":"at+jwt","kid":"assertion-1"}"#), .unknownKey),
            Attack(
                "\(name), EdDSA",
                TokenFactory(secret: secret).token(header: #"{"alg":"EdDSA","typ":"at+jwt","kid":"k1"}"#), .wrongAlgorithm),
        ]
    }
}()

/// J-04: an ECDSA signature that some verifier took for one.
private func ecdsa(_ signature: [UInt8]) -> String {
    let header = Base64URL.encode(Array(#"{"alg":"ES256","typ":"at+jwt","kid":"k1"}"#.utf8))
    return header + "." + Base64URL.encode(Array(TokenFactory.payload().utf8)) + "." + Base64URL.encode(signature)
}

/// The order of P-256 (FIPS 186-4 appendix D.1.2.3), big-endian.
private let order: [UInt8] =
    [UInt8](repeating: 0xFF, count: 4) + [UInt8](repeating: 0, count: 4) + [UInt8](repeating: 0xFF, count: 8) + [
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]

/// J-03: signatures that are not whole; J-04: all zero, and those of an algorithm that is none of the key's.
private let signatures: [Attack] = [
    Attack("ES256, r = s = 0", ecdsa([UInt8](repeating: 0, count: 64)), .wrongAlgorithm),
    Attack("ES256, r = s = the order", ecdsa(order + order), .wrongAlgorithm),
    Attack("ES256, s = 0", ecdsa([UInt8](repeating: 0, count: 31) + [1] + [UInt8](repeating: 0, count: 32)), .wrongAlgorithm),
    Attack("ES256, zeros in DER", ecdsa([0x30, 6, 2, 1, 0, 2, 1, 0]), .wrongAlgorithm),
    Attack("ES256, the right MAC", ecdsa(mac), .wrongAlgorithm),
    Attack("empty", signed([]), .badMAC), Attack("1 byte", signed(Array(mac.prefix(1))), .badMAC),
    Attack("16 right bytes", signed(Array(mac.prefix(16))), .badMAC), Attack("31 right bytes", signed(Array(mac.prefix(31))), .badMAC),
    Attack("33 bytes", signed(mac + [0]), .badMAC), Attack("64 bytes", signed(mac + mac), .badMAC),
    Attack("65 bytes", signed(mac + mac + [0]), .badMAC), Attack("1000 bytes", signed([UInt8](repeating: 0, count: 1000)), .badMAC),
    Attack("32 zero bytes", signed([UInt8](repeating: 0, count: 32)), .badMAC),
    Attack("64 zero bytes", signed([UInt8](repeating: 0, count: 64)), .badMAC),
    Attack("no third segment", String(unsigned.dropLast()), .malformedToken),
    Attack("too long and not base64url", signed([UInt8](repeating: 0, count: 100)) + "=", .badBase64),
]

/// J-05 and J-13: header members that bring a key along or change the rules.
private let extensions: [Attack] = [
    Attack("jwk", header: #""jwk":{"kty":"oct","k":"AAAA"}"#), Attack("jku", header: #""jku":"https://attacker.example/keys""#),
    Attack("x5u", header: #""x5u":"https://attacker.example/chain""#), Attack("x5c", header: #""x5c":["MIIB"]"#),
    Attack("crit b64", header: #""crit":["b64"],"b64":false"#), Attack("b64 false", header: #""b64":false"#),
    Attack("b64 true", header: #""b64":true"#), Attack("crit empty", header: #""crit":[]"#),
    Attack("crit exp", header: #""crit":["exp"],"exp":1"#), Attack("crit null", header: #""crit":null"#),
    Attack("jwk null", header: #""jwk":null"#), Attack("an escaped name", header: #""\u0063rit":["b64"]"#),
]

/// J-08: other serializations and other spellings of the same bytes.
private let serializations: [Attack] = [
    Attack("empty", "", .malformedToken), Attack("one segment", "AAAA", .malformedToken), Attack("only dots", "..", .badHeader),
    Attack("four segments", good + ".", .malformedToken), Attack("four segments with text", good + ".AAAA", .malformedToken),
    Attack("five segments", good + "..", .malformedToken), Attack("leading dot", "." + good, .malformedToken),
    Attack("leading space", " " + good, .badBase64), Attack("trailing space", good + " ", .badBase64),
    Attack("trailing newline", good + "\n", .badBase64), Attack("trailing comma and more", good + ",x", .badBase64),
    Attack("padding", good + "=", .badBase64), Attack("trailing zero byte", good + "\0", .badBase64),
    Attack("space inside", good.replacing(".", with: ". "), .badBase64), Attack("the other alphabet", good.dropLast(2) + "+/", .badBase64),
    Attack(
        "JSON serialization",
        #"{"payload":"\#(good.split(separator: ".")[1])","protected":"\#(good.split(separator: ".")[0])","signature":"\#(good.split(separator: ".")[2])"}"#,
        .malformedToken),
    Attack("JSON with dots", #"{"a":"\#(good)"}"#, .badBase64),
]

/// J-11 and J-15: claims that are absent, of another type, or not ours.
private let claims: [Attack] = [
    Attack("iss an array with the good value", claim: "iss", #"["https://gate.example","https://evil.example"]"#, .wrongIssuer),
    Attack("iss an array of the good value", claim: "iss", #"["https://gate.example"]"#, .wrongIssuer),
    Attack("iss absent", claim: "iss", nil, .wrongIssuer), Attack("iss null", claim: "iss", "null", .wrongIssuer),
    Attack("iss with a slash more", claim: "iss", #""https://gate.example/""#, .wrongIssuer),
    Attack("iss in other case", claim: "iss", #""https://GATE.example""#, .wrongIssuer),
    Attack("iss a beginning", claim: "iss", #""https://gate""#, .wrongIssuer), Attack("iss empty", claim: "iss", #""""#, .wrongIssuer),
    Attack("aud absent", claim: "aud", nil, .wrongAudience), Attack("aud of another service", claim: "aud", #""billing""#, .wrongAudience),
    Attack("aud empty array", claim: "aud", "[]", .wrongAudience), Attack("aud null", claim: "aud", "null", .wrongAudience),
    Attack("aud an object", claim: "aud", #"{"provisioning":true}"#, .wrongAudience),
    Attack("aud with a number beside ours", claim: "aud", #"["provisioning",1]"#, .wrongAudience),
    Attack("aud nested", claim: "aud", #"[["provisioning"]]"#, .wrongAudience),
    Attack("aud with a space", claim: "aud", #""provisioning billing""#, .wrongAudience),
    Attack("sub absent", claim: "sub", nil, .missingClaim), Attack("sub an object", claim: "sub", "{}", .badClaim),
    Attack("sub null", claim: "sub", "null", .badClaim), Attack("sub empty", claim: "sub", #""""#, .badClaim),
    Attack("sub a number", claim: "sub", "7", .badClaim), Attack("sub an array", claim: "sub", #"["acme"]"#, .badClaim),
    Attack("client_id absent", claim: "client_id", nil, .missingClaim), Attack("client_id true", claim: "client_id", "true", .badClaim),
    Attack("jti absent", claim: "jti", nil, .missingClaim), Attack("jti a number", claim: "jti", "1", .badClaim),
    Attack("exp absent", claim: "exp", nil, .missingClaim), Attack("exp a string", claim: "exp", "\"\(now + 600)\"", .badClaim),
    Attack("exp null", claim: "exp", "null", .badClaim), Attack("exp a fraction", claim: "exp", "\(now + 600).5", .badClaim),
    Attack("exp with an exponent", claim: "exp", "1.79e9", .badClaim), Attack("exp negative", claim: "exp", "-1", .badClaim),
    Attack("exp over 64 bits", claim: "exp", "99999999999999999999", .badClaim),
    Attack("exp the largest integer", claim: "exp", "9223372036854775807", .badClaim),
    Attack("exp zero", claim: "exp", "0", .expired), Attack("exp now", claim: "exp", "\(now)", .expired),
    Attack("exp in 2099", claim: "exp", "4070908800", .lifetimeTooLong),
    Attack("lifetime one second over", claim: "exp", "\(now + 3601)", .lifetimeTooLong),
    Attack("iat absent", claim: "iat", nil, .missingClaim), Attack("iat a string", claim: "iat", "\"\(now)\"", .badClaim),
    Attack("iat in the future", claim: "iat", "\(now + 16)", .notYetValid),
    Attack("iat the smallest integer", claim: "iat", "-9223372036854775808", .badClaim),
    Attack("nbf in the future", claim: "nbf", "\(now + 16)", .notYetValid), Attack("nbf a string", claim: "nbf", "\"\(now)\"", .badClaim),
    Attack("nbf null", claim: "nbf", "null", .badClaim),
    Attack("roles a string", claim: "roles", #""provisioning-admin""#, .badClaim), Attack("roles a number", claim: "roles", "1", .badClaim),
    Attack("roles of numbers", claim: "roles", "[1]", .badClaim), Attack("roles nested", claim: "roles", #"[["a"]]"#, .badClaim),
    Attack("roles null", claim: "roles", "null", .badClaim), Attack("roles with an empty one", claim: "roles", #"[""]"#, .badClaim),
    Attack("scope an array", claim: "scope", #"["customers:read"]"#, .badClaim),
    Attack("scope with two spaces", claim: "scope", #""a  b""#, .badClaim), Attack("scope a space", claim: "scope", #"" ""#, .badClaim),
    Attack("scope ending in a space", claim: "scope", #""a ""#, .badClaim),
    Attack("scope with a tab", claim: "scope", #""a\tb""#, .badClaim),
    Attack("scope with a quote", claim: "scope", #""a\"b""#, .badClaim), Attack("scope not ASCII", claim: "scope", #""é""#, .badClaim),
    Attack("scope null", claim: "scope", "null", .badClaim),
    Attack("tenant a number", claim: "tenant", "7", .badClaim), Attack("tenant null", claim: "tenant", "null", .badClaim),
    Attack("tenant empty", claim: "tenant", #""""#, .badClaim),
]

/// J-12: what a `kid` may try.
private let keyIDs: [Attack] = [
    Attack("missing", header: #"{"alg":"HS256","typ":"at+jwt"}"#, .unknownKey), Attack("unknown", kid: #""k2""#),
    Attack("a path", kid: #""../../dev/null""#), Attack("a statement", kid: #""' OR 1=1--""#), Attack("a number", kid: "1"),
    Attack("null", kid: "null"), Attack("an array", kid: #"["k1"]"#), Attack("empty", kid: #""""#), Attack("longer", kid: #""k11""#),
    Attack("shorter", kid: #""k""#), Attack("other case", kid: #""K1""#), Attack("a zero byte behind", kid: #""k1\u0000""#),
    Attack("a combining mark behind", kid: #""k1\u0301""#), Attack("4 kB", kid: "\"\(String(repeating: "k", count: 4000))\""),
    Attack("100 kB", kid: "\"\(String(repeating: "k", count: 100_000))\"", .tokenTooLong),
]

/// J-14: duplicate members; and what else is no JSON object.
private let json: [Attack] = [
    Attack("alg twice", header: #"{"alg":"HS256","alg":"HS256","typ":"at+jwt","kid":"k1"}"#, .duplicateMember),
    Attack("alg twice, once escaped", header: #"{"alg":"HS256","\u0061lg":"none","typ":"at+jwt","kid":"k1"}"#, .duplicateMember),
    Attack("kid twice", header: #"{"alg":"HS256","typ":"at+jwt","kid":"k1","kid":"k2"}"#, .duplicateMember),
    Attack("sub twice", payload: TokenFactory.payload([:], adding: #""sub":"globex""#), .duplicateMember),
    Attack("roles twice", payload: TokenFactory.payload([:], adding: #""roles":["admin"]"#), .duplicateMember),
    Attack("duplicates deep inside", payload: TokenFactory.payload([:], adding: #""x":{"y":[{"a":1,"a":2}]}"#), .duplicateMember),
    Attack("an empty header", header: "", .badHeader), Attack("an array as header", header: "[]", .badHeader),
    Attack("a string as header", header: #""HS256""#, .badHeader), Attack("null as header", header: "null", .badHeader),
    Attack("something behind the header", header: TokenFactory.header + "{}", .badHeader),
    Attack("single quotes", header: "{'alg':'HS256'}", .badHeader), Attack("a comment", header: "{/**/}", .badHeader),
    Attack("an empty payload", payload: "", .badPayload), Attack("an array as payload", payload: "[]", .badPayload),
    Attack("a string as payload", payload: "\"acme\"", .badPayload), Attack("a token as payload", payload: good, .badPayload),
    Attack("something behind the payload", payload: TokenFactory.payload() + " x", .badPayload),
    Attack(
        "nesting over 32",
        payload: TokenFactory.payload([:], adding: "\"x\":" + String(repeating: "[", count: 40) + String(repeating: "]", count: 40)),
        .badPayload),
    Attack("a lone surrogate", payload: TokenFactory.payload(["sub": #""\ud800""#]), .badPayload),
    Attack(
        "invalid UTF-8",
        TokenFactory().token(
            header: Array(TokenFactory.header.utf8), payload: Array(#"{"sub":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)),
        .badPayload),
    Attack("a byte order mark", payload: "\u{FEFF}" + TokenFactory.payload(), .badPayload),
]

/// J-17: our own tokens of other kinds, and spellings of the type that are not ours.
private let types: [Attack] = [
    Attack("absent", type: ""), Attack("JWT", type: #""typ":"JWT","#), Attack("null", type: #""typ":null,"#),
    Attack("upper case", type: #""typ":"AT+JWT","#), Attack("with application/", type: #""typ":"application/at+jwt","#),
    Attack("an array", type: #""typ":["at+jwt"],"#), Attack("an assertion", type: #""typ":"assertion+jwt","#),
    Attack("a client assertion", type: #""typ":"client-authentication+jwt","#), Attack("a session", type: #""cty":"at+jwt","#),
    Attack("a space behind", type: #""typ":"at+jwt ","#),
]

@Suite("Known attacks on access tokens")
struct KnownAttackTests {
    private func run(_ attack: Attack) throws {
        #expect(try TokenFactory.verifier().refusal(attack.token) == attack.error)
    }

    @Test("J-01: a public key is no HMAC secret", arguments: confusion)
    func j01(_ attack: Attack) throws { try run(attack) }

    @Test("J-02: no algorithm but the key's, in any spelling", arguments: none)
    func j02(_ attack: Attack) throws { try run(attack) }

    @Test("J-03, J-04: no signature but the whole MAC", arguments: signatures)
    func j03(_ attack: Attack) throws { try run(attack) }

    @Test("J-05, J-13: no key and no extension from the token", arguments: extensions)
    func j05(_ attack: Attack) throws { try run(attack) }

    @Test("J-08: one serialization, one spelling", arguments: serializations)
    func j08(_ attack: Attack) throws { try run(attack) }

    @Test(
        "J-10: nothing over 8 KiB is split, and many dots are told at the third",
        arguments: [
            (8190, TokenError.malformedToken), (8192, .malformedToken), (8193, .tokenTooLong), (1 << 20, .tokenTooLong),
        ])
    func j10(count: Int, expected: TokenError) throws {
        let dots = [UInt8](repeating: UInt8(ascii: "."), count: count)
        #expect(try TokenFactory.verifier().refusal(dots) == expected)
    }

    @Test("J-10: a token of exactly 8 KiB is judged, one byte more is not")
    func j10Limit() throws {
        let verifier = try TokenFactory.verifier()
        let empty = TokenFactory().token(payload: TokenFactory.payload([:], adding: #""x":"""#)).utf8.count
        // Three bytes of filler are four characters; the payload's length decides on the last ones.
        let lengths = (0...3).map { (8192 - empty) / 4 * 3 + $0 }
        var seen: Set<Int> = []
        for length in lengths {
            let filler = String(repeating: "x", count: length)
            let token = TokenFactory().token(payload: TokenFactory.payload([:], adding: "\"x\":\"\(filler)\""))
            seen.insert(token.utf8.count)
            #expect(verifier.refusal(token) == (token.utf8.count <= 8192 ? nil : .tokenTooLong), "\(token.utf8.count) bytes")
        }
        #expect(seen.contains { $0 <= 8192 } && seen.contains { $0 > 8192 })
    }

    @Test("J-11, J-15: claims that are absent, of another type, or not ours", arguments: claims)
    func j11(_ attack: Attack) throws { try run(attack) }

    @Test("J-12: a key is found by its exact id alone", arguments: keyIDs)
    func j12(_ attack: Attack) throws { try run(attack) }

    @Test("J-14: no duplicate members, and nothing but JSON objects", arguments: json)
    func j14(_ attack: Attack) throws { try run(attack) }

    @Test("J-16: a thousand unknown key ids are refused from memory")
    func j16() throws {
        let verifier = try TokenFactory.verifier()
        for number in 0..<1000 {
            let token = TokenFactory().token(header: #"{"alg":"HS256","typ":"at+jwt","kid":"random-\#(number)"}"#)
            #expect(verifier.refusal(token) == .unknownKey)
        }
    }

    @Test("J-17: no token of another type", arguments: types)
    func j17(_ attack: Attack) throws { try run(attack) }

    @Test("J-18: a token for one issuer is none for another with the same key")
    func j18() throws {
        let ring = try TokenFactory.ring(TokenFactory.jwk("k1"))
        for (issuer, audience, expected) in [
            ("https://other.example", TokenFactory.audience, TokenError.wrongIssuer), (TokenFactory.issuer, "billing", .wrongAudience),
        ] {
            let verifier = PartnerTokenVerifier(keys: ring, issuer: issuer, audience: audience)
            #expect(verifier.refusal(good) == expected)
        }
    }

    @Test("The first check that does not hold is the one that is told, in the order of the contract")
    func order() throws {
        // Each row mends one thing more than the row before.
        let verifier = try TokenFactory.verifier()
        let other = TokenFactory(secret: [UInt8](repeating: 9, count: 32))
        let bad = TokenFactory.payload(["iss": "1", "aud": "1", "sub": nil, "exp": "1", "iat": "\(now + 99)"])
        let forged = other.token(header: #"{"crit":[],"alg":"none","kid":"x","typ":"JWT"}"#, payload: "[]")
        let rows: [(String, TokenError)] = [
            (String(repeating: ".", count: 9000), .tokenTooLong),
            ("=.=", .malformedToken),
            (forged + "=", .badBase64),
            (other.token(header: "[]", payload: "[]"), .badHeader),
            (forged, .badPayload),
            (other.token(header: #"{"crit":[],"alg":"none","kid":"x","typ":"JWT"}"#, payload: bad), .wrongType),
            (other.token(header: #"{"crit":[],"alg":"none","kid":"x","typ":"at+jwt"}"#, payload: bad), .unknownKey),
            (other.token(header: #"{"crit":[],"alg":"none","kid":"k1","typ":"at+jwt"}"#, payload: bad), .wrongAlgorithm),
            (other.token(header: #"{"crit":[],"alg":"HS256","kid":"k1","typ":"at+jwt"}"#, payload: bad), .forbiddenHeader),
            (other.token(payload: bad), .badMAC),
            (TokenFactory().token(payload: bad), .wrongIssuer),
            (TokenFactory().token(payload: TokenFactory.payload(["aud": "1", "sub": nil, "exp": "1"])), .wrongAudience),
            (TokenFactory().token(payload: TokenFactory.payload(["sub": nil, "exp": "1"])), .missingClaim),
            (TokenFactory().token(payload: TokenFactory.payload(["exp": "1", "iat": "\(now + 99)"])), .expired),
            (TokenFactory().token(payload: TokenFactory.payload(["exp": "\(now + 9999)", "iat": "\(now + 99)"])), .notYetValid),
            (TokenFactory().token(payload: TokenFactory.payload(["exp": "\(now + 9999)"])), .lifetimeTooLong),
        ]
        for (token, expected) in rows { #expect(verifier.refusal(token) == expected) }
    }
}
