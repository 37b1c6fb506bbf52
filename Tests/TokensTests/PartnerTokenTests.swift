import OpenSSLCrypto
import StrictJSON
import Testing
import Tokens

private let now = TokenFactory.now

@Suite("Partner tokens")
struct PartnerTokenTests {
    private let factory = TokenFactory()

    // MARK: - Accepted

    @Test("A token in the issuer's layout is accepted, with what it says")
    func accepted() throws {
        let claims = try TokenFactory.verifier().claims(factory.token())
        #expect(claims.issuer == TokenFactory.issuer)
        #expect(claims.subject == "acme")
        #expect(claims.clientID == "acme")
        #expect(claims.tokenID == "t-1")
        #expect(claims.scopes == ["customers:read", "customers:write"])
        #expect(claims.roles == ["partner-writer"])
        #expect(claims.tenant == "acme")
        #expect(claims.issuedAt == now)
        #expect(claims.notBefore == now)
        #expect(claims.expires == now + 600)
    }

    @Test(
        "What may be absent or look otherwise is accepted",
        arguments: [
            TokenFactory.payload(["nbf": nil]),
            TokenFactory.payload(["scope": nil]), TokenFactory.payload(["scope": "\"\""]),
            TokenFactory.payload(["roles": nil]), TokenFactory.payload(["roles": "[]"]),
            TokenFactory.payload(["tenant": nil]),
            TokenFactory.payload(["aud": #"["provisioning"]"#]), TokenFactory.payload(["aud": #"["billing","provisioning"]"#]),
            TokenFactory.payload(["iss": #""https:\/\/gate.example""#]),  // the same string, escaped
            TokenFactory.payload([:], adding: #""acr":{"deep":[1,2,{"x":null}]}"#),
            TokenFactory.payload(["iat": "\(now + 15)", "exp": "\(now + 16)"]), TokenFactory.payload(["nbf": "\(now + 15)"]),
            TokenFactory.payload(["exp": "\(now + 1)"]), TokenFactory.payload(["exp": "\(now + 3600)"]),
            TokenFactory.payload(["iat": "0", "nbf": nil, "exp": "\(now + 1)"]),
        ])
    func alsoAccepted(payload: String) throws {
        let verifier = PartnerTokenVerifier(
            keys: try TokenFactory.ring(TokenFactory.jwk("k1")), issuer: TokenFactory.issuer, audience: TokenFactory.audience,
            maximumLifetime: payload.contains("\"iat\":0") ? now + 1 : 3600)
        #expect(verifier.refusal(factory.token(payload: payload)) == nil)
    }

    @Test(
        "A header may say more, escape its text and order its members as it likes",
        arguments: [
            #"{"typ":"at+jwt","kid":"k1","alg":"HS256"}"#, "{ \"alg\" : \"HS256\" ,\n\"typ\":\"at+jwt\",\"kid\":\"k1\" }",
            #"{"alg":"HS\u0032\u00356","typ":"at+jwt","kid":"\u006b1"}"#, #"{"alg":"HS256","typ":"at+jwt","kid":"k1","x5t":"AQ"}"#,
        ])
    func headers(header: String) throws {
        #expect(try TokenFactory.verifier().refusal(factory.token(header: header)) == nil)
    }

    @Test("Every algorithm verifies under a key of its own", arguments: TokenAlgorithm.allCases)
    func algorithms(_ algorithm: TokenAlgorithm) throws {
        let secret = [UInt8](repeating: 3, count: 64)
        let factory = TokenFactory(secret: secret, hash: algorithm.hash)
        let ring = try TokenFactory.ring(TokenFactory.jwk("k1", alg: algorithm.rawValue, secret: secret))
        let token = factory.token(header: #"{"alg":"\#(algorithm.rawValue)","typ":"at+jwt","kid":"k1"}"#)
        #expect(try TokenFactory.verifier(ring).refusal(token) == nil)
    }

    // MARK: - Changed

    @Test("An accepted token with any byte changed to any other character is refused")
    func everyByte() throws {
        let verifier = try TokenFactory.verifier()
        let token = Array(factory.token().utf8)
        try #require(verifier.refusal(token) == nil)
        for index in token.indices {
            for bit in 0..<8 {
                var changed = token
                changed[index] ^= 1 << bit
                #expect(verifier.refusal(changed) != nil, "byte \(index), bit \(bit)")
            }
            for character in [UInt8(ascii: "A"), UInt8(ascii: "."), UInt8(ascii: "="), UInt8(ascii: "_")] where token[index] != character {
                var changed = token
                changed[index] = character
                #expect(verifier.refusal(changed) != nil, "byte \(index) as \(character)")
            }
        }
    }

    @Test("An accepted token with any byte left out, doubled or inserted is refused")
    func everyCut() throws {
        let verifier = try TokenFactory.verifier()
        let token = Array(factory.token().utf8)
        for index in token.indices {
            var cut = token
            cut.remove(at: index)
            #expect(verifier.refusal(cut) != nil, "without byte \(index)")
            var doubled = token
            doubled.insert(token[index], at: index)
            #expect(verifier.refusal(doubled) != nil, "byte \(index) twice")
            #expect(verifier.refusal(Array(token.prefix(index))) != nil, "the first \(index) bytes")
            #expect(verifier.refusal(Array(token.suffix(index))) != nil, "the last \(index) bytes")
        }
    }

    @Test("An accepted token with any segment cut, extended, emptied or exchanged is refused")
    func everySegment() throws {
        let verifier = try TokenFactory.verifier()
        let segments = factory.token().split(separator: ".").map(String.init)
        let other = TokenFactory().token(payload: TokenFactory.payload(["sub": "\"globex\""])).split(separator: ".").map(String.init)
        for place in 0..<3 {
            let whole = segments[place]
            var variants = ["", whole + "A", whole + "AA", whole + "AAAA", "A" + whole, whole + "=", whole + "\n", whole + whole, "{}"]
            variants += (1...8).flatMap { [String(whole.dropLast($0)), String(whole.dropFirst($0))] }
            variants += segments.filter { $0 != whole }
            if other[place] != whole { variants.append(other[place]) }
            for variant in variants {
                var changed = segments
                changed[place] = variant
                #expect(verifier.refusal(changed.joined(separator: ".")) != nil, "segment \(place) as \(variant)")
            }
        }
    }

    @Test("A token under another key is refused", arguments: TokenAlgorithm.allCases, TokenAlgorithm.allCases)
    func swapped(signed: TokenAlgorithm, key: TokenAlgorithm) throws {
        let ring = try TokenFactory.ring(
            TokenFactory.jwk("k1", alg: key.rawValue, secret: [UInt8](repeating: 3, count: 64)),
            TokenFactory.jwk("k2", alg: key.rawValue, secret: [UInt8](repeating: 4, count: 64)))
        let verifier = try TokenFactory.verifier(ring)
        let factory = TokenFactory(secret: [UInt8](repeating: 3, count: 64), hash: signed.hash)
        for kid in ["k1", "k2"] {
            for named in TokenAlgorithm.allCases {
                let token = factory.token(header: #"{"alg":"\#(named.rawValue)","typ":"at+jwt","kid":"\#(kid)"}"#)
                let expected: TokenError? = named != key ? .wrongAlgorithm : signed != key || kid != "k1" ? .badMAC : nil
                #expect(verifier.refusal(token) == expected, "kid \(kid), alg \(named)")
            }
        }
    }

    // MARK: - Time

    @Test(
        "Times are judged to the second",
        arguments: [
            (0, nil), (599, nil), (600, TokenError.expired), (601, .expired), (100_000, .expired),
            (-15, nil), (-16, .notYetValid), (-100_000, .notYetValid),
        ] as [(Int64, TokenError?)])
    func clock(offset: Int64, expected: TokenError?) throws {
        #expect(try TokenFactory.verifier().refusal(factory.token(), at: now + offset) == expected)
    }

    @Test(
        "Claims that were verified before are judged again by the clock alone",
        arguments: [
            (0, nil), (599, nil), (600, TokenError.expired), (-15, nil), (-16, .notYetValid),
        ] as [(Int64, TokenError?)])
    func clockAgain(offset: Int64, expected: TokenError?) throws {
        let verifier = try TokenFactory.verifier()
        let claims = try verifier.claims(factory.token())
        do throws(TokenError) {
            try verifier.checkTime(of: claims, at: now + offset)
            #expect(expected == nil)
        } catch {
            #expect(error == expected)
        }
    }

    @Test("A retired key verifies until the last token that it can have signed has expired")
    func retired() throws {
        let ring = try TokenFactory.ring(
            TokenFactory.jwk("k1", adding: ",\"retired\":\(now)"), TokenFactory.jwk("k2", secret: [UInt8](repeating: 5, count: 32)))
        let verifier = try TokenFactory.verifier(ring)
        let last = factory.token(payload: TokenFactory.payload(["exp": "\(now + 3600)"]))
        #expect(verifier.refusal(last, at: now + 3599) == nil)
        // A token that somebody with the old key made later is one of an unknown key.
        let later = TokenFactory.payload(["iat": "\(now + 4000)", "nbf": nil, "exp": "\(now + 4600)"])
        #expect(verifier.refusal(factory.token(payload: later), at: now + 4000) == .unknownKey)
    }
}
