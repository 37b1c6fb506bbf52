import Access
import GatewayCore
import SharedState
import StrictJSON
import Testing
import Tokens

@Suite("Sessions at the gateway")
struct SessionTests {
    private let now = Desk.now
    private let name = "authjs.session-token"

    // MARK: Who it is

    @Test("a session is its subject with the roles that its caller may carry", arguments: SessionProfile.allCases)
    func principal(_ profile: SessionProfile) throws {
        var desk = try Desk([profile])
        let token = try Desk.session(profile, [("tenant", "acme")], roles: ["support", "partner-writer", "root", "Support"])
        for line in [
            "Cookie: \(profile.cookieName(secure: false))=\(token)", "Authorization: Bearer \(token)", "Authorization: bEARER \(token)",
        ] {
            // Twice: opened, then remembered.
            for _ in 1...2 {
                let admission = try desk.admit(line)
                let caller = try #require(admission.caller)
                let principal = caller.principal
                #expect(principal.subject == "user_01")
                #expect(principal.caller.name == "staff")
                #expect(principal.tenant == "acme")
                #expect(principal.partner == nil)
                #expect(principal.tokenID == "j-1")
                #expect(principal.expires == now + 3600)
                let policy = desk.gatekeeper.snapshot.policy
                #expect(policy.names(of: principal.roles) == ["support"])
                #expect(policy.names(of: principal.scopes) == ["customers:read"])
                let body = try JSONDocument(caller.sessionBody).root
                #expect(body["profile"]?.string == profile.rawValue)
                let record = try JSONDocument(Array("{".utf8) + caller.logFragment + Array("}".utf8)).root
                #expect(record["subject"]?.string == "user_01")
                #expect(record["token_id"]?.string == "j-1")
            }
        }
    }

    @Test("a session that ends later than its age allows ends with its age")
    func age() throws {
        var desk = try Desk(maximumAge: 100)
        let token = try Desk.session(lifetime: 3600)
        #expect(try desk.admit("Cookie: \(name)=\(token)").caller?.principal.expires == now + 100)
        for (later, holds) in [(0, true), (100, true), (101, false), (3600, false)] as [(Int64, Bool)] {
            let text = try desk.admit("Cookie: \(name)=\(token)", at: now + later).outcomeText
            #expect(text == (holds ? "user_01" : "401 invalid_session expired"), "\(later)")
        }
    }

    @Test("a remembered session ends when it ends, with the tolerance of its release", arguments: SessionProfile.allCases)
    func remembered(_ profile: SessionProfile) throws {
        var desk = try Desk([profile])
        let cookie = "Cookie: \(profile.cookieName(secure: false))=\(try Desk.session(profile, lifetime: 60))"
        let last = now + 60 + profile.clockTolerance - 1
        for (time, text) in [(now, "user_01"), (last, "user_01"), (last + 1, "401 invalid_session expired"), (now, "user_01")] {
            #expect(try desk.admit(cookie, at: time).outcomeText == text)
        }
    }

    @Test(
        "what opens and does not say who, until when or since when is no session (S-01)",
        arguments: [
            ([("value", "state")], nil, "missing_claim"), ([("email", .null)], nil, "missing_claim"), ([("sub", 7)], nil, "bad_claim"),
            ([], "", "bad_claim"), ([], "a\nb", "bad_claim"), ([], "a\u{202E}b", "bad_claim"),
            ([], .string(String(repeating: "a", count: 513)), "bad_claim"),
            ([("tenant", "a b")], "u", "bad_claim"), ([("tenant", "a\r\nb")], "u", "bad_claim"), ([("tenant", "é")], "u", "bad_claim"),
            ([("tenant", ["acme"])], "u", "bad_claim"), ([("roles", ["support", 7])], "u", "bad_claim"),
            ([("nbf", .integer(Desk.now + 16))], "u", "not_yet_valid"),
            ([("nbf", "0")], "u", "bad_claim"),
        ] as [([(String, JSONValue)], JSONValue?, String)])
    func claims(claims: [(String, JSONValue)], subject: JSONValue?, reason: String) throws {
        var desk = try Desk()
        // The roles that the mint adds would be a second member of the name.
        let roles = claims.contains { $0.0 == "roles" }
        let token = try SessionIssuer(.authjsV5, cookieName: name, secrets: [Desk.bytes(Desk.secret)]).issue(
            (subject.map { [("sub", $0)] } ?? []) + (roles ? [] : [("roles", ["support"])]) + claims, lifetime: 60, at: now, tokenID: "j")
        #expect(try desk.admit("Cookie: \(name)=\(token)").outcomeText == "401 invalid_session \(reason)")
        #expect(try desk.admit("Authorization: Bearer \(token)").outcomeText == "401 invalid_session \(reason)")
    }

    @Test("without a secret every session is refused, and nothing else is (S-02)")
    func noSecret() throws {
        var desk = try Desk(secrets: [])
        let token = try Desk.session()
        for line in ["Cookie: \(name)=\(token)", "Authorization: Bearer \(token)"] {
            #expect(try desk.admit(line).outcomeText == "401 invalid_session unknown_key")
            #expect(try desk.admit(line, path: "/c").outcomeText == "401 invalid_session unknown_key")
            #expect(try desk.admit(line, path: "/open").outcomeText == "nobody")
        }
        #expect(try desk.admit("Cookie: \(name)=x").outcomeText == "401 invalid_session unknown_key")
        #expect(try desk.admit("Cookie: theme=dark").outcomeText == "401 unauthenticated no_credential")
        #expect(try desk.admit("Authorization: Bearer \(desk.partnerToken())").outcomeText == "acme")
    }

    @Test("without a profile no cookie is looked at, and no bearer token but a partner's counts")
    func noProfile() throws {
        var desk = try Desk([])
        let token = try Desk.session()
        #expect(try desk.admit("Cookie: \(name)=\(token)").outcomeText == "401 unauthenticated no_credential")
        #expect(try desk.admit("Authorization: Bearer \(token)").outcomeText == "401 invalid_token malformed_token")
        #expect(
            try desk.admit("Authorization: Bearer \(token)", "Cookie: \(name)=\(token)").outcomeText == "401 invalid_token malformed_token")
    }

    @Test("a policy without a caller for sessions takes none")
    func noCaller() throws {
        let policy = """
            policy: 1
            scopes: { a: A }
            roles: { partner-writer: { grants: [a] } }
            callers: { partner: { via: partner-token, roles: [partner-writer] } }
            routes: [{ id: list, methods: [GET], path: /c, needs: [a], to: provisioning }]
            """
        var desk = try Desk(policy: policy)
        let token = try Desk.session()
        for line in ["Cookie: \(name)=\(token)", "Authorization: Bearer \(token)"] {
            #expect(try desk.admit(line).outcomeText == "401 invalid_session caller_not_allowed")
            #expect(try desk.admit(line, path: "/c").outcomeText == "401 invalid_session caller_not_allowed")
        }
    }

    @Test("roles that do not count leave a session that may do nothing")
    func noRoles() throws {
        var desk = try Desk()
        let token = try Desk.session(roles: ["partner-writer", "Support", "support ", "sup"])
        #expect(try desk.admit("Cookie: \(name)=\(token)").outcomeText == "user_01")
        #expect(try desk.admit("Cookie: \(name)=\(token)", path: "/c").outcomeText == "403 insufficient_scope missing_scope")
    }

    // MARK: Which cookie

    @Test("the standard names follow the connection, and `both` takes both")
    func secure() throws {
        let plain = try Desk.session()
        let secure = try Desk.session(cookie: "__Secure-\(name)")
        let rows: [(AcceptedSessions.Secure, Bool, plain: Bool, secure: Bool)] = [
            (.auto, false, true, false), (.auto, true, false, true), (.both, false, true, true), (.both, true, true, true),
        ]
        for row in rows {
            var desk = try Desk(secure: row.0)
            for (token, cookie, holds) in [(plain, name, row.plain), (secure, "__Secure-\(name)", row.secure)] {
                let inCookie = try desk.admit("Cookie: \(cookie)=\(token)", isSecure: row.1).outcomeText
                #expect(inCookie == (holds ? "user_01" : "401 unauthenticated no_credential"), "\(row) \(cookie)")
                let asBearer = try desk.admit("Authorization: Bearer \(token)", isSecure: row.1).outcomeText
                #expect(asBearer == (holds ? "user_01" : "401 invalid_session unknown_key"), "\(row) \(cookie)")
            }
            // The key is the name's: the same token under the other name is nobody's.
            for (token, cookie, looksAtIt) in [(plain, "__Secure-\(name)", row.secure), (secure, name, row.plain)] {
                let text = try desk.admit("Cookie: \(cookie)=\(token)", isSecure: row.1).outcomeText
                #expect(text == (looksAtIt ? "401 invalid_session unknown_key" : "401 unauthenticated no_credential"), "\(row) \(cookie)")
            }
        }
    }

    @Test("a configured cookie counts beside the standard ones, on every connection", arguments: [false, true])
    func configured(isSecure: Bool) throws {
        var desk = try Desk(cookies: [.init(name: "my.session", profile: .authjsV5), .init(name: "old", profile: .nextauthV4)])
        let token = try Desk.session(cookie: "my.session")
        let old = try Desk.session(.nextauthV4, subject: "user_02")
        #expect(try desk.admit("Cookie: my.session=\(token)", isSecure: isSecure).outcomeText == "user_01")
        #expect(try desk.admit("Cookie: old=\(old)", isSecure: isSecure).outcomeText == "user_02")
        #expect(try desk.admit("Cookie: My.Session=\(token)", isSecure: isSecure).outcomeText == "401 unauthenticated no_credential")
        #expect(try desk.admit("Cookie: old=\(token)", isSecure: isSecure).outcomeText == "401 invalid_session wrong_algorithm")
        #expect(try desk.admit("Cookie: my.session=\(old)", isSecure: isSecure).outcomeText == "401 invalid_session bad_mac")
        #expect(desk.gatekeeper.snapshot.sessions.bareCookieNames == ["my.session", "old"])
    }

    @Test("a session that is remembered from one place is not found in another (D-01)")
    func arrivals() throws {
        var desk = try Desk([.authjsV5, .nextauthV4], cookies: [.init(name: "other", profile: .authjsV5)], secure: .both)
        let token = try Desk.session()
        let four = try Desk.session(.nextauthV4)
        let names = [name, "__Secure-\(name)", "next-auth.session-token", "__Secure-next-auth.session-token", "other"]
        for _ in 1...2 {
            for cookie in names {
                let text = try desk.admit("Cookie: \(cookie)=\(token)").outcomeText
                #expect(cookie == name ? text == "user_01" : text.hasPrefix("401 invalid_session "), "\(cookie)")
                let isFour = cookie.hasSuffix("next-auth.session-token")
                let fourText = try desk.admit("Cookie: \(cookie)=\(four)").outcomeText
                #expect(isFour ? fourText == "user_01" : fourText.hasPrefix("401 invalid_session "), "\(cookie)")
            }
            #expect(try desk.admit("Authorization: Bearer \(token)").outcomeText == "user_01")
        }
        // Nor is a partner's token a session because it was a bearer token before.
        let partner = desk.partnerToken()
        #expect(try desk.admit("Authorization: Bearer \(partner)").outcomeText == "acme")
        for cookie in names { #expect(try desk.admit("Cookie: \(cookie)=\(partner)").outcomeText.hasPrefix("401 invalid_session ")) }
        // And what a cookie session may not do without Origin, the same token may as a bearer, in whichever order they come.
        for _ in 1...2 {
            #expect(try desk.admit("Cookie: \(name)=\(token)", path: "/c", method: "POST").outcomeText == "403 cross_site cross_site")
            #expect(try desk.admit("Authorization: Bearer \(token)", path: "/c", method: "POST").outcomeText == "user_01")
        }
    }

    // MARK: Bearer tokens

    @Test("a bearer token is tried on the keys of its shape alone")
    func dispatch() throws {
        var all = try Desk([.authjsV5, .nextauthV4, .nextauthV3, .jwtHS256, .jwtHS512])
        for profile in SessionProfile.allCases {
            let token = try Desk.session(profile)
            #expect(try all.admit("Authorization: Bearer \(token)").outcomeText == "user_01", "\(profile)")
            var without = try Desk(SessionProfile.allCases.filter { $0 != profile })
            let text = try without.admit("Authorization: Bearer \(token)").outcomeText
            #expect(text.hasPrefix("401 invalid_session "), "\(profile): \(text)")
        }
        #expect(try all.admit("Authorization: Bearer \(all.partnerToken())").outcomeText == "acme")
        // A signed session where none is taken is a bad partner token.
        var encrypted = try Desk()
        #expect(try encrypted.admit("Authorization: Bearer \(try Desk.session(.jwtHS256))").outcomeText == "401 invalid_token wrong_type")
    }

    @Test(
        "what is no token of any shape is refused alone and nothing beside a session (S-03)",
        arguments: [
            "Bearer", "Bearer %", "Bearer %E0%A4", "Bearer junk", "Bearer  two  spaces", "Bearer\ttab", "Bearer a.b", "Bearer a.b.c.d",
            "Bearer a.b.c.d.e.f",
            "Basic YTpi", "bearer", "Digest x", "Bearer 7c9e6679-7425-40de-944b-e07fc1f90ae7",
        ])
    func shapeless(value: String) throws {
        var desk = try Desk([.authjsV5, .jwtHS256])
        #expect(try desk.admit("Authorization: \(value)").outcomeText == "401 invalid_token malformed_token")
        let cookie = "Cookie: \(name)=\(try Desk.session())"
        #expect(try desk.admit("Authorization: \(value)", cookie).outcomeText == "user_01")
    }

    @Test("a bearer session may be percent-encoded, as NextAuth reads it, and a partner's token may not")
    func percent() throws {
        var desk = try Desk([.authjsV5, .jwtHS256])
        func encoded(_ token: String) -> String { token.replacing(".", with: "%2e") }
        #expect(try desk.admit("Authorization: Bearer \(encoded(try Desk.session()))").outcomeText == "user_01")
        #expect(try desk.admit("Authorization: Bearer \(encoded(try Desk.session(.jwtHS256)))").outcomeText == "user_01")
        #expect(try desk.admit("Authorization: Bearer \(encoded(desk.partnerToken()))").outcomeText == "401 invalid_token malformed_token")
        #expect(try desk.admit("Authorization: Bearer \(encoded(try Desk.session())) x").outcomeText.hasPrefix("401 "))
        #expect(try desk.admit("Authorization: Bearer \(encoded(try Desk.session()))%").outcomeText.hasPrefix("401 "))
        // One round, and no more.
        let twice = encoded(try Desk.session()).replacing("%", with: "%25")
        #expect(try desk.admit("Authorization: Bearer \(twice)").outcomeText.hasPrefix("401 "))
    }

    @Test("a bearer session over 8 KiB is refused before it is looked at")
    func tooLong() throws {
        var desk = try Desk()
        let token = try Desk.session(.authjsV5, [("padding", .string(String(repeating: "a", count: 7000)))])
        #expect(token.utf8.count > 8192)
        #expect(try desk.admit("Authorization: Bearer \(token)").outcomeText == "401 invalid_token token_too_long")
        let cookies = stride(from: 0, to: token.count, by: 3936).enumerated().map { index, start in
            "\(name).\(index)=\(token.dropFirst(start).prefix(3936))"
        }
        #expect(try desk.admit("Cookie: \(cookies.joined(separator: "; "))").outcomeText == "user_01")
        #expect(
            try desk.admit("Authorization: Bearer \(token)", "Cookie: \(cookies.joined(separator: "; "))").outcomeText
                == "401 invalid_token token_too_long")
    }

    // MARK: Several credentials

    @Test("credentials of different principals are refused, of the same one they are fine (S-07)")
    func several() throws {
        var desk = try Desk([.authjsV5, .nextauthV4])
        let one = try Desk.session(subject: "user_01", roles: ["support"])
        let two = try Desk.session(subject: "user_02", roles: ["support"])
        let admin = try Desk.session(subject: "user_01", roles: ["provisioning-admin"])
        let tenant = try Desk.session(.authjsV5, [("tenant", "acme")], subject: "user_01", roles: ["support"])
        let four = try Desk.session(.nextauthV4, subject: "user_01", roles: ["support"])
        let otherFour = try Desk.session(.nextauthV4, subject: "user_02", roles: ["support"])
        let ended = try Desk.session(subject: "user_01", lifetime: 60, at: now - 3600)
        let partner = desk.partnerToken()
        let (v5, v4) = ("Cookie: \(name)=", "Cookie: next-auth.session-token=")
        let both = { (a: String, b: String) in "Cookie: \(self.name)=\(a); next-auth.session-token=\(b)" }
        let bearer = "Authorization: Bearer "
        let ambiguous = "400 ambiguous_credentials ambiguous_credentials"
        let rows: [([String], String)] = [
            ([v5 + one, bearer + one], "user_01"), ([v5 + one, bearer + four], "user_01"), ([v4 + four, bearer + one], "user_01"),
            ([both(one, four)], "user_01"), ([both(one, four), bearer + one], "user_01"),
            ([v5 + one, bearer + two], ambiguous), ([v5 + one, bearer + admin], ambiguous), ([v5 + one, bearer + tenant], ambiguous),
            ([v5 + one, bearer + partner], ambiguous), ([both(one, otherFour)], ambiguous), ([both(one, four), bearer + two], ambiguous),
            // Each that is found has to hold.
            ([v5 + one, bearer + ended], "401 invalid_session expired"), ([v5 + ended, bearer + one], "401 invalid_session expired"),
            ([v5 + one, bearer + one.dropLast(2) + "AA"], "401 invalid_session bad_mac"),
            ([v5 + one, bearer + partner.dropLast(2) + "AA"], "401 invalid_token bad_mac"),
            ([v5 + "junk", bearer + one], "401 invalid_session malformed_token"),
            ([v5 + "junk", bearer + partner], "401 invalid_session malformed_token"),
            ([both(one, "junk")], "401 invalid_session malformed_token"), ([both("junk", four)], "401 invalid_session malformed_token"),
            ([both(ended, four)], "401 invalid_session expired"), ([v5 + one, bearer + "a.b.c"], "401 invalid_token bad_base64"),
        ]
        for (lines, text) in rows {
            // In either order, before and after they are remembered.
            for lines in [lines, lines.reversed(), lines] {
                #expect(try desk.admit(lines.joined(separator: "\r\n")).outcomeText == text, "\(text)")
            }
        }
        #expect(try desk.admit(v5 + one, bearer + two, path: "/open").outcomeText == "nobody", "a public route reads no credential")
    }

    // MARK: Revocation

    @Test("sessions of a subject that were issued up to its revocation are refused, remembered or not, and others are not")
    func revoked() throws {
        var desk = try Desk()
        let lines = { (token: String) in ["Cookie: \(self.name)=\(token)", "Authorization: Bearer \(token)"] }
        let before = try Desk.session(at: now - 10)
        let exactly = try Desk.session(at: now)
        let after = try Desk.session(at: now + 1)
        let other = try Desk.session(subject: "user_02", at: now - 10)
        for token in [before, exactly, after, other] {
            for line in lines(token) { #expect(try desk.admit(line, at: now + 5).reason == .allowed) }
        }
        desk.revocations = RevocationList([Revocation(.sessions(subject: "user_01"), at: now, until: now + 1000)])
        for line in lines(before) + lines(exactly) {
            #expect(try desk.admit(line, at: now + 5).outcomeText == "401 invalid_session revoked")
            #expect(try desk.admit(line, path: "/c", at: now + 5).outcomeText == "401 invalid_session revoked")
        }
        for line in lines(after) { #expect(try desk.admit(line, at: now + 5).outcomeText == "user_01") }
        for line in lines(other) { #expect(try desk.admit(line, at: now + 5).outcomeText == "user_02") }
        desk.revocations = .empty
        for line in lines(before) { #expect(try desk.admit(line, at: now + 5).outcomeText == "user_01") }
    }

    @Test("a partner token is refused by its id")
    func revokedToken() throws {
        var desk = try Desk()
        let (one, two) = (desk.partnerToken(tokenID: "t-1"), desk.partnerToken(tokenID: "t-2"))
        #expect(try desk.admit("Authorization: Bearer \(one)").outcomeText == "acme")
        desk.revocations = RevocationList([Revocation(.token(id: "t-1"), at: now, until: now + 600)])
        #expect(try desk.admit("Authorization: Bearer \(one)").outcomeText == "401 invalid_token revoked")
        #expect(try desk.admit("Authorization: Bearer \(two)").outcomeText == "acme")
    }
}
