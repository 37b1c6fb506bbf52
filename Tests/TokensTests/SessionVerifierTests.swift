import OpenSSLCrypto
import StrictJSON
import Testing

@testable import Tokens

private let now = JWEFactory.now
private let cbc = #"{"alg":"dir","enc":"A256CBC-HS512"}"#
private let gcm = #"{"alg":"dir","enc":"A256GCM"}"#

private func verifier(
    _ profile: SessionProfile = .authjsV5, cookie: String = JWEFactory.cookie, secrets: [String] = [JWEFactory.secret],
    names: SessionClaimNames = SessionClaimNames(), requireExpiry: Bool = true, maximumAge: Int64? = 30 * 86_400
) throws -> SessionVerifier {
    try SessionVerifier(
        profile, cookieName: cookie, secrets: secrets.map { SecretBytes(Array($0.utf8)) }, names: names, requireExpiry: requireExpiry,
        maximumAge: maximumAge)
}

private func issuer(_ profile: SessionProfile, secret: String = JWEFactory.secret) throws -> SessionIssuer {
    try SessionIssuer(profile, cookieName: JWEFactory.cookie, secrets: [SecretBytes(Array(secret.utf8))])
}

@Suite("Sessions")
struct SessionVerifierTests {
    private func issued(_ profile: SessionProfile, lifetime: Int64 = 3600, at time: Int64 = now) throws -> String {
        try issuer(profile).issue(
            [("sub", "user_01"), ("roles", ["support"]), ("tenant", "acme")], lifetime: lifetime, at: time, tokenID: "j")
    }

    // MARK: - Accepted

    @Test("What is issued verifies and says who it is", arguments: SessionProfile.allCases)
    func roundTrip(_ profile: SessionProfile) throws {
        let session = try verifier(profile).verify(Array(try issued(profile).utf8).span, at: now)
        #expect(session.profile == profile)
        #expect(session.subject == "user_01")
        #expect(session.roles == ["support"])
        #expect(session.tenant == "acme")
        #expect(session.issuedAt == now)
        #expect(session.expires == now + 3600)
    }

    @Test("The issuer's own header and the same one in other words are read alike", arguments: [64, 32])
    func headers(count: Int) throws {
        let factory = try JWEFactory.v5(count)
        let enc = count == 64 ? "A256CBC-HS512" : "A256GCM"
        let verifier = try verifier()
        for header in [
            #"{"alg":"dir","enc":"\#(enc)","kid":"\#(factory.thumbprint)"}"#, #"{"alg":"dir","enc":"\#(enc)"}"#,
            #"{"enc":"\#(enc)","alg":"dir"}"#, #"{ "alg":"d\u0069r","enc":"\#(enc)","kid":"\#(factory.thumbprint)" }"#,
            #"{"alg":"dir","enc":"\#(enc)","typ":"JWT"}"#,
        ] {
            #expect(verifier.refusal(try factory.token(header: header)) == nil, "\(header)")
        }
    }

    // MARK: - Changed

    @Test("A token with any byte changed is refused", arguments: SessionProfile.allCases)
    func everyByte(_ profile: SessionProfile) throws {
        let verifier = try verifier(profile)
        let token = Array(try issued(profile).utf8)
        try #require(verifier.refusal(token) == nil)
        for index in token.indices {
            for bit in 0..<7 {
                var changed = token
                changed[index] ^= 1 << bit
                #expect(verifier.refusal(changed) != nil, "byte \(index), bit \(bit)")
            }
            var cut = token
            cut.remove(at: index)
            #expect(verifier.refusal(cut) != nil, "without byte \(index)")
            #expect(verifier.refusal(Array(token.prefix(index))) != nil, "the first \(index) bytes")
        }
    }

    @Test("A token of one profile, cookie or secret is none of another", arguments: SessionProfile.allCases, SessionProfile.allCases)
    func swapped(made: SessionProfile, judged: SessionProfile) throws {
        let token = try issued(made)
        if made != judged { #expect(try verifier(judged).refusal(token) != nil) }
        #expect(try verifier(judged, secrets: ["another"]).refusal(token) != nil)
    }

    @Test(
        "S-01: a token salted for another cookie is no session",
        arguments: [
            "", "authjs.state", "authjs.pkce.code_verifier", "authjs.csrf-token", "__Secure-authjs.session-token", "authjs.session-token.0",
        ])
    func salt(cookie: String) throws {
        let factory = try JWEFactory.v5(cookie: cookie)
        #expect(try verifier().refusal(factory.token(header: cbc)) == .badMAC)
        #expect(
            try verifier().refusal(factory.token(header: #"{"alg":"dir","enc":"A256CBC-HS512","kid":"\#(factory.thumbprint)"}"#))
                == .unknownKey)
    }

    @Test(
        "S-01: what opens but names nobody is no session (CVE-2023-48309)",
        arguments: [
            #"{"value":"state","iat":1789999999,"exp":1790000900,"jti":"x"}"#,
            #"{"sub":null,"email":null,"iat":1789999999,"exp":1790000900}"#,
            #"{"iat":1789999999,"exp":1790000900}"#,
        ])
    func nobody(claims: String) throws {
        #expect(try verifier(.nextauthV4).refusal(JWEFactory.v4().token(header: gcm, claims)) == .missingClaim)
    }

    @Test("S-06: a key is chosen by its id; without one, the first secret alone is tried")
    func rotation() throws {
        let verifier = try verifier(secrets: ["new", "old"])
        for (secret, isFirst) in [("new", true), ("old", false)] {
            for count in [64, 32] {
                let factory = try JWEFactory.v5(count, secret: secret)
                let enc = count == 64 ? "A256CBC-HS512" : "A256GCM"
                #expect(
                    verifier.refusal(try factory.token(header: #"{"alg":"dir","enc":"\#(enc)","kid":"\#(factory.thumbprint)"}"#)) == nil)
                #expect(verifier.refusal(try factory.token(header: #"{"alg":"dir","enc":"\#(enc)"}"#)) == (isFirst ? nil : .badMAC))
                // The id of the other length's key, and ids that are none.
                let other = try JWEFactory.v5(count == 64 ? 32 : 64, secret: secret).thumbprint
                for kid in ["\"\(other)\"", "\"\"", "null", "7", "[\"\(factory.thumbprint)\"]", "\"\(factory.thumbprint.dropLast())\""] {
                    let token = try factory.token(header: #"{"alg":"dir","enc":"\#(enc)","kid":\#(kid)}"#)
                    #expect(verifier.refusal(token) == .unknownKey, "\(kid)")
                }
            }
        }
        // v4 never rotates: the second secret is none of its keys.
        #expect(
            try TokensTests.verifier(.nextauthV4, secrets: ["new", "old"]).refusal(JWEFactory.v4(secret: "old").token(header: gcm))
                == .badMAC)
    }

    @Test(
        "J-09 and others: a header that asks for anything else is refused before any key is used",
        arguments: [
            (#"{"alg":"PBES2-HS256+A128KW","enc":"A256CBC-HS512","p2c":2147483648}"#, TokenError.wrongAlgorithm),
            (#"{"alg":"dir","enc":"A256CBC-HS512","zip":"DEF"}"#, .forbiddenHeader),
            (#"{"alg":"dir","enc":"A256CBC-HS512","zip":null}"#, .forbiddenHeader),
            (#"{"alg":"dir","enc":"A256CBC-HS512","crit":["exp"]}"#, .forbiddenHeader),
            (#"{"alg":"dir","enc":"A256CBC-HS512","crit":[]}"#, .forbiddenHeader),
            (#"{"alg":"dir","enc":"A256CBC-HS512","jwk":{}}"#, .forbiddenHeader),
            (#"{"alg":"dir","enc":"A256CBC-HS512","jku":"https://attacker.example"}"#, .forbiddenHeader),
            (#"{"alg":"A256KW","enc":"A256CBC-HS512"}"#, .wrongAlgorithm), (#"{"alg":"DIR","enc":"A256CBC-HS512"}"#, .wrongAlgorithm),
            (#"{"alg":"none","enc":"A256CBC-HS512"}"#, .wrongAlgorithm), (#"{"enc":"A256CBC-HS512"}"#, .wrongAlgorithm),
            (#"{"alg":"dir"}"#, .wrongAlgorithm), (#"{"alg":"dir","enc":"A128CBC-HS256"}"#, .wrongAlgorithm),
            (#"{"alg":"dir","enc":"A192CBC-HS384"}"#, .wrongAlgorithm), (#"{"alg":"dir","enc":"none"}"#, .wrongAlgorithm),
            (#"{"alg":"dir","enc":null}"#, .wrongAlgorithm), (#"{"alg":["dir"],"enc":"A256CBC-HS512"}"#, .wrongAlgorithm),
            (#"{"alg":"dir","enc":"A256GCM"}"#, .badMAC),  // the right name for another key's content
            (#"{"alg":"dir","enc":"A256CBC-HS512","alg":"dir"}"#, .duplicateMember), ("[]", .badHeader), ("", .badHeader),
        ])
    func header(header: String, expected: TokenError) throws {
        #expect(try verifier().refusal(JWEFactory.v5().token(header: header)) == expected)
    }

    @Test(
        "J-06: a payload that is no JSON object is refused",
        arguments: [
            ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyXzAxIn0.", TokenError.badPayload), ("[]", .badPayload), ("\"user_01\"", .badPayload),
            ("", .badPayload), ("null", .badPayload), ("{}{}", .badPayload), (#"{"sub":"a","sub":"b"}"#, .duplicateMember),
        ])
    func payload(payload: String, expected: TokenError) throws {
        #expect(try verifier().refusal(JWEFactory.v5().token(header: cbc, payload)) == expected)
        #expect(try verifier().refusal(JWEFactory.v5().token(header: cbc, [0xFF] + Array(payload.utf8))) == .badPayload)
    }

    @Test("J-07: a tag, IV or ciphertext of another length is refused, and no segment but the empty one is the encrypted key")
    func lengths() throws {
        let verifier = try verifier()
        let segments = try JWEFactory.v5().token(header: cbc).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        for place in 2...4 {
            let bytes = try Base64URL.decode(segments[place])
            for count in [0, 1, 12, 15, 16, 17, 31, 32, 33] where count != bytes.count {
                var changed = segments
                changed[place] = Base64URL.encode(Array((bytes + bytes).prefix(count)))
                #expect(verifier.refusal(changed.joined(separator: ".")) == .badMAC, "segment \(place), \(count) bytes")
            }
            var changed = segments
            changed[place] += "="
            #expect(verifier.refusal(changed.joined(separator: ".")) == .badBase64)
        }
        var changed = segments
        changed[1] = "AAAA"
        #expect(verifier.refusal(changed.joined(separator: ".")) == .malformedToken)
        for text in ["", ".", "....", segments.joined(separator: ".") + ".", segments.dropLast().joined(separator: ".")] {
            #expect(verifier.refusal(text) != nil, "\(text)")
        }
    }

    @Test("J-10: nothing over 64 KiB is split", arguments: SessionProfile.allCases)
    func length(_ profile: SessionProfile) throws {
        #expect(try verifier(profile).refusal([UInt8](repeating: UInt8(ascii: "."), count: 65_537)) == .tokenTooLong)
        #expect(try verifier(profile).refusal([UInt8](repeating: UInt8(ascii: "."), count: 65_536)) == .malformedToken)
    }

    @Test(
        "A claim that the header repeats must be the same there",
        arguments: [
            (#""sub":"user_01""#, nil), (#""iss":"a""#, TokenError.badClaim), (#""sub":"user_02""#, .badClaim), (#""sub":null"#, .badClaim),
            (#""aud":["a"]"#, .badClaim),
        ] as [(String, TokenError?)])
    func replicated(member: String, expected: TokenError?) throws {
        #expect(try verifier().refusal(JWEFactory.v5().token(header: #"{"alg":"dir","enc":"A256CBC-HS512",\#(member)}"#)) == expected)
    }

    // MARK: - Signed profiles

    @Test(
        "J-02, J-17: a signed session has its one algorithm and no other type",
        arguments: [
            (#"{"alg":"HS256"}"#, nil), (#"{"alg":"HS256","typ":"JWT"}"#, nil), (#"{"alg":"HS256","typ":"JWT","kid":"x"}"#, nil),
            (#"{"alg":"HS256","typ":"at+jwt"}"#, TokenError.wrongType), (#"{"alg":"HS256","typ":null}"#, .wrongType),
            (#"{"alg":"HS384"}"#, .wrongAlgorithm), (#"{"alg":"HS512"}"#, .wrongAlgorithm), (#"{"alg":"none"}"#, .wrongAlgorithm),
            (#"{"alg":"ES256"}"#, .wrongAlgorithm), (#"{"alg":"EdDSA"}"#, .wrongAlgorithm), (#"{"alg":"hs256"}"#, .wrongAlgorithm),
            (#"{"alg":"HS256","crit":["b64"],"b64":true}"#, .forbiddenHeader), (#"{"alg":"HS256","jwk":{}}"#, .forbiddenHeader),
            ("{}", .wrongAlgorithm),
        ] as [(String, TokenError?)])
    func signedHeader(header: String, expected: TokenError?) throws {
        let token = TokenFactory(secret: Array(JWEFactory.secret.utf8)).token(header: header, payload: JWEFactory.claims)
        #expect(try verifier(.jwtHS256).refusal(token) == expected)
    }

    // MARK: - Times and claims

    private func claims(_ members: String) throws -> TokenError? {
        try verifier().refusal(JWEFactory.v5().token(header: cbc, "{\"sub\":\"u\",\(members)}"))
    }

    @Test(
        "Times are judged as the reference judges them, and end and age are required",
        arguments: [
            ("\"iat\":\(now),\"exp\":\(now + 1)", nil), ("\"iat\":\(now),\"exp\":\(now - 14)", nil),
            ("\"iat\":\(now),\"exp\":\(now - 15)", TokenError.expired), ("\"iat\":\(now),\"exp\":\(now - 16).5", .expired),
            ("\"iat\":\(now),\"exp\":\(now - 15).5", nil), ("\"iat\":\(now).25,\"exp\":\(now + 60).75", nil),
            ("\"iat\":\(now + 100_000),\"exp\":\(now + 200_000)", nil),  // a future `iat` is let be
            ("\"iat\":\(now),\"exp\":\(now + 60),\"nbf\":\(now + 15)", nil),
            ("\"iat\":\(now),\"exp\":\(now + 60),\"nbf\":\(now + 16)", .notYetValid),
            ("\"iat\":\(now)", .missingClaim), ("\"exp\":\(now + 60)", .missingClaim),
            ("\"iat\":\(now - 30 * 86_400),\"exp\":\(now + 60)", nil), ("\"iat\":\(now - 30 * 86_400 - 1),\"exp\":\(now + 60)", .expired),
            ("\"iat\":\(now),\"exp\":\"\(now + 60)\"", .badClaim), ("\"iat\":\(now),\"exp\":null", .badClaim),
            ("\"iat\":null,\"exp\":\(now + 60)", .badClaim), ("\"iat\":\"x\",\"exp\":\(now + 60)", .badClaim),
            ("\"iat\":\(now),\"exp\":1e300", .badClaim), ("\"iat\":\(now),\"exp\":\(now + 60),\"nbf\":true", .badClaim),
            ("\"iat\":\(now),\"exp\":-2147483648", .expired),
        ] as [(String, TokenError?)])
    func times(members: String, expected: TokenError?) throws {
        #expect(try claims(members) == expected)
    }

    @Test(
        "v3 compares `iat` with the clock and allows no difference of clocks",
        arguments: [
            (now, now + 1, nil), (now, now, TokenError.expired), (now + 1, now + 60, .notYetValid),
            (now - 30 * 86_400, now + 1, nil), (now - 30 * 86_400 - 1, now + 1, .expired),
        ] as [(Int64, Int64, TokenError?)])
    func v3Times(issued: Int64, expires: Int64, expected: TokenError?) throws {
        let token = try issuer(.nextauthV3).issue([("sub", "u")], lifetime: expires - issued, at: issued, tokenID: "j")
        #expect(try verifier(.nextauthV3).refusal(token) == expected)
    }

    @Test("An end and an age need not be stated where the configuration says so")
    func lenient() throws {
        let lenient = try verifier(requireExpiry: false, maximumAge: nil)
        #expect(lenient.refusal(try JWEFactory.v5().token(header: cbc, #"{"sub":"u"}"#)) == nil)
        #expect(lenient.refusal(try JWEFactory.v5().token(header: cbc, #"{"sub":"u","exp":1}"#)) == .expired)
        #expect(lenient.refusal(try JWEFactory.v5().token(header: cbc, #"{"sub":"u","exp":"1"}"#)) == .badClaim)
    }

    struct Mapping: Sendable, CustomTestStringConvertible {
        let claims: String
        var names = SessionClaimNames()
        var subject: String? = "u"
        var roles: [String] = []
        var tenant: String?
        var testDescription: String { claims }
    }

    @Test(
        "The first name that is there says who it is",
        arguments: [
            Mapping(claims: #""sub":"u","email":"e@x""#), Mapping(claims: #""email":"e@x""#, subject: "e@x"),
            Mapping(claims: #""sub":null,"email":"e@x""#, subject: "e@x"), Mapping(claims: #""sub":"","email":"e@x""#, subject: nil),
            Mapping(claims: #""sub":7,"email":"e@x""#, subject: nil), Mapping(claims: #""sub":["u"]"#, subject: nil),
            Mapping(claims: #""sub":"u","roles":["a","b"]"#, roles: ["a", "b"]), Mapping(claims: #""sub":"u","role":"a""#, roles: ["a"]),
            Mapping(claims: #""sub":"u","role":"a","roles":["b"]"#, roles: ["b"]),
            Mapping(claims: #""sub":"u","roles":null,"role":"a""#, roles: ["a"]),
            Mapping(claims: #""sub":"u","roles":[1]"#, subject: nil), Mapping(claims: #""sub":"u","roles":{"a":true}"#, subject: nil),
            Mapping(claims: #""sub":"u","roles":7"#, subject: nil), Mapping(claims: #""sub":"u","roles":[""]"#, subject: nil),
            Mapping(claims: #""sub":"u","tenant":"t""#, tenant: "t"), Mapping(claims: #""sub":"u","companyId":42"#, tenant: "42"),
            Mapping(claims: #""sub":"u","tenantId":"a","companyId":"b""#, tenant: "a"),
            Mapping(claims: #""sub":"u","tenant":1.5"#, subject: nil),
            Mapping(claims: #""sub":"u","tenant":{}"#, subject: nil), Mapping(claims: #""sub":"u","tenant":"""#, subject: nil),
            Mapping(
                claims: #""user":{"id":"u","org":{"id":"t"},"roles":["a"]},"sub":"x""#,
                names: SessionClaimNames(subject: ["user.id"], roles: ["user.roles"], tenant: ["user.org.id"]), roles: ["a"], tenant: "t"),
            Mapping(claims: #""user.id":"u","user":{"id":"x"}"#, names: SessionClaimNames(subject: ["user.id"])),
            Mapping(claims: #""user":"u""#, names: SessionClaimNames(subject: ["user.id", "user.", ".user", "user"])),
        ])
    func mapping(_ row: Mapping) throws {
        let token = try JWEFactory.v5().token(header: cbc, "{\(row.claims),\"iat\":\(now),\"exp\":\(now + 60)}")
        let session = try? verifier(names: row.names).verify(Array(token.utf8).span, at: now)
        #expect(session?.subject == row.subject)
        guard let session else { return }
        #expect(session.roles == row.roles)
        #expect(session.tenant == row.tenant)
    }

    // MARK: - Secrets and choice

    @Test("S-02: without a secret, or with an empty one, there is no verifier", arguments: SessionProfile.allCases)
    func noSecret(_ profile: SessionProfile) {
        #expect(throws: SessionKeyError.self) { try verifier(profile, secrets: []) }
        #expect(throws: SessionKeyError.self) { try verifier(profile, secrets: [""]) }
        #expect(throws: SessionKeyError.self) { try verifier(profile, secrets: ["a", ""]) }
    }

    @Test("A bearer token goes to the one verifier of its shape")
    func bearer() throws {
        let secure = "__Secure-authjs.session-token"
        let all = SessionVerifiers([
            try verifier(.authjsV5), try verifier(.authjsV5, cookie: secure), try verifier(.nextauthV4), try verifier(.nextauthV3),
            try verifier(.jwtHS256),
        ])
        for profile in [SessionProfile.authjsV5, .nextauthV4, .nextauthV3, .jwtHS256] {
            let token = Array(try issued(profile).utf8)
            #expect(try all.verifier(forBearer: token.span).profile == profile)
        }
        let salted = try SessionIssuer(.authjsV5, cookieName: secure, secrets: [SecretBytes(Array(JWEFactory.secret.utf8))])
        let token = Array(try salted.issue([("sub", "u")], lifetime: 60, at: now, tokenID: "j").utf8)
        #expect(try all.verifier(forBearer: token.span).cookieName == secure)
        #expect(all.cookieNames == [JWEFactory.cookie, secure])
        #expect(try all.verifier(forCookie: 1, token: token.span).cookieName == secure)
        let foreign = Array(try JWEFactory.v5(secret: "other").token(header: #"{"alg":"dir","enc":"A256CBC-HS512","kid":"x"}"#).utf8)
        #expect(throws: TokenError.unknownKey) { try all.verifier(forBearer: foreign.span) }
        let none = SessionVerifiers([try verifier(.nextauthV4)])
        #expect(throws: TokenError.wrongAlgorithm) { try none.verifier(forBearer: Array(try issued(.jwtHS256).utf8).span) }
        for text in ["", "%", "%E0%A4", "a.b", "a.b.c.d", "a.b.c.d.e.f", "7c9e6679-7425-40de-944b-e07fc1f90ae7"] {
            #expect(throws: TokenError.self, "S-03: \(text)") { try all.verifier(forBearer: Array(text.utf8).span) }
        }
    }

    @Test(
        "Profiles that share a cookie's name are told apart by the shape of the token, and nothing is tried on the key of another",
        arguments: [
            (SessionProfile.nextauthV4, SessionProfile.nextauthV4), (.nextauthV3, .nextauthV3), (.jwtHS256, .jwtHS256),
            (.jwtHS512, .jwtHS512),
        ])
    func sharedCookie(made: SessionProfile, judged: SessionProfile) throws {
        let all = SessionVerifiers(try [.nextauthV4, .nextauthV3, .jwtHS256, .jwtHS512].map { try verifier($0) })
        #expect(all.cookieNames == [JWEFactory.cookie])
        let token = Array(try issued(made).utf8)
        #expect(try all.verifier(forCookie: 0, token: token.span).profile == judged)
        // Without the profile it is nobody's.
        let others = SessionVerifiers(try [.nextauthV4, .nextauthV3, .jwtHS256, .jwtHS512].filter { $0 != made }.map { try verifier($0) })
        let chosen = try? others.verifier(forCookie: 0, token: token.span)
        #expect(chosen?.profile != made)
        #expect((try? chosen?.verify(token.span, at: now)) == nil)
    }

    @Test("The whole seconds in which a session counts are those in which the rules hold", arguments: SessionProfile.allCases)
    func period(_ profile: SessionProfile) throws {
        for (issued, notBefore, expires) in [
            (1000.0, nil, 1100.0), (1000.5, nil, 1100.5), (1000.0, 1050.25, 1200.75), (1000.999, 990, 1099.001),
        ] as [(Double, Double?, Double)] {
            let times = SessionTimes(issuedAt: issued, notBefore: notBefore, expires: expires)
            for age in [nil, 50, 1000] as [Int64?] {
                let period = try times.period(of: profile, requireExpiry: true, maximumAge: age)
                for now in Int64(900)...1300 {
                    let (clock, tolerance) = (Double(now), Double(profile.clockTolerance))
                    let holds =
                        expires > clock - tolerance && notBefore.map { $0 <= clock + tolerance } ?? true
                        && (profile != .nextauthV3 || issued <= clock) && age.map { clock - issued <= Double($0) } ?? true
                    #expect(((try? period.check(at: now)) != nil) == holds, "\(profile) \(expires) \(age ?? -1) at \(now)")
                }
            }
        }
    }
}
