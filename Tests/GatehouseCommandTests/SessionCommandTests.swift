import Foundation
import GatewayTesting
import StrictJSON
import Testing
import Tokens

@Suite(.ownThread) struct SessionCommandTests {
    private let place: Workplace
    private static let secret = "7f2c0a94e5b84d6b9a3157d2c86e40f1"

    init() throws {
        place = try Workplace()
        try place.run("init", environment: ["AUTH_SECRET_2": Self.secret, "AUTH_SECRET_1": "the-secret-before-that-one-0123456789"])
    }

    private func mint(_ arguments: String...) throws -> String {
        let result = try place.run(["session", "mint", "--subject", "ada"] + arguments)
        #expect(result.status == 0, "\(result.error)")
        return result.output.trimmingCharacters(in: .newlines)
    }

    private func configure(_ sessions: String) throws { try place.write("policies/gateway.yaml", "sessions: \(sessions)\n") }

    // MARK: mint and inspect

    @Test(arguments: SessionProfile.allCases)
    func aMintedSessionHoldsUnderInspection(profile: SessionProfile) throws {
        try configure("{ profiles: [\(profile.rawValue)] }")
        let token = try mint(
            "--profile", profile.rawValue, "--role", "provisioning-admin", "--role", "partner-writer", "--claim", "tenant=acme", "--claim",
            "user.age=7")
        let result = try place.run("session", "inspect", "--json", token)
        #expect(result.status == 0)
        let json = try result.json()
        #expect(json["valid"]?.bool == true)
        #expect(json["error"]?.isNull == true)
        #expect(json["likely"]?.isNull == true)
        #expect(json["profile"]?.string == profile.rawValue)
        #expect(json["claims"]?["sub"]?.string == "ada")
        #expect(json["claims"]?["user"]?["age"]?.integer == 7)
        #expect((json["claims"]?["exp"]?.integer ?? 0) - (json["claims"]?["iat"]?.integer ?? 0) == 3600)
        let principal = try #require(json["principal"])
        #expect(principal["subject"]?.string == "ada")
        #expect(principal["tenant"]?.string == "acme")
        #expect(principal["roles"]?.elements.compactMap(\.string) == ["provisioning-admin"])
        #expect(principal["dropped_roles"]?.elements.compactMap(\.string) == ["partner-writer"])
        #expect(principal["scopes"]?.elements.compactMap(\.string) == ["customers:delete"])

        let table = try place.run("session", "inspect", "-", "--cookie", profile.cookieName(secure: false), input: token + "\n")
        #expect(table.status == 0)
        #expect(table.output.contains("dropped, since caller staff may not carry them: partner-writer"))
        #expect(table.output.hasSuffix("valid\n"))
        // A header as a browser's developer tools show it.
        let header = "Cookie: theme=dark; \(profile.cookieName(secure: false))=\(token); a=b"
        #expect(try place.run("session", "inspect", "--cookie", profile.cookieName(secure: false), input: header).status == 0)
        #expect(!result.output.contains(Self.secret) && !table.output.contains(Self.secret))
    }

    @Test func whatIsMintedForACookieIsSaltedWithItsName() throws {
        try configure("{ cookies: [{ name: my.session, profile: authjs-v5 }] }")
        let json = try place.run(
            "session", "mint", "--profile", "authjs-v5", "--subject", "ada", "--cookie", "my.session", "--lifetime", "10m", "--json"
        ).json()
        #expect(json["cookie"]?.string == "my.session")
        #expect(json["expires_in"]?.integer == 600)
        let token = try #require(json["token"]?.string)
        #expect(json["cookie_header"]?.string == "my.session=\(token)")
        #expect(try place.run("session", "inspect", "--cookie", "my.session", token).status == 0)
        let long = try place.run(
            "session", "mint", "--profile", "authjs-v5", "--subject", "ada", "--claim", "x=\(String(repeating: "a", count: 4000))", "--json"
        ).json()
        let pieces = try #require(long["cookie_header"]?.string)
        #expect(pieces.hasPrefix("authjs.session-token.0=") && pieces.contains("; authjs.session-token.1="))
        #expect(try place.run("session", "inspect", "--cookie", "authjs.session-token", input: pieces).status == 0)
    }

    @Test func claimsGoWhereTheConfigurationLooksForThem() throws {
        try configure("{ claims: { subject: [user.id], roles: [user.roles], tenant: [user.org.id] } }")
        let token = try mint(
            "--profile", "authjs-v5", "--role", "provisioning-admin", "--claim", "user.org.id=42", "--claim", "user.name=\"7\"")
        let json = try place.run("session", "inspect", "--json", token).json()
        #expect(json["claims"]?["user"]?["id"]?.string == "ada")
        #expect(json["claims"]?["user"]?["org"]?["id"]?.integer == 42)
        #expect(json["claims"]?["user"]?["name"]?.string == "7")
        #expect(json["principal"]?["tenant"]?.string == "42")
        #expect(json["principal"]?["roles"]?.elements.compactMap(\.string) == ["provisioning-admin"])
    }

    @Test func theMintWarnsOfWhatThisGatewayWouldNotTake() throws {
        let foreign = try place.run("session", "mint", "--profile", "jwt-hs256", "--subject", "ada")
        #expect(foreign.status == 0)
        #expect(foreign.error == "warning: this gateway does not accept it: `gatehouse session inspect` says why\n")
        let role = try place.run("session", "mint", "--profile", "authjs-v5", "--subject", "ada", "--role", "root")
        #expect(role.error == "warning: role `root` is not one that caller `staff` may carry: it is dropped\n")
        #expect(try place.run("session", "mint", "--profile", "authjs-v5", "--subject", "ada", "--role", "provisioning-admin").error == "")
    }

    @Test(arguments: [
        ["--profile", "authjs-v5"], ["--subject", "ada"], ["--profile", "authjs-v6", "--subject", "ada"],
        ["--profile", "authjs-v5", "--subject", ""],
        ["--profile", "authjs-v5", "--subject", "ada", "--claim", "x"], ["--profile", "authjs-v5", "--subject", "ada", "--claim", "=x"],
        ["--profile", "authjs-v5", "--subject", "ada", "--lifetime", "0s"],
        ["--profile", "authjs-v5", "--subject", "ada", "--lifetime", "soon"],
        ["--profile", "authjs-v5", "--subject", "ada", "--cookie", ""],
        ["--profile", "authjs-v5", "--subject", "ada", "--claim", "exp=5"],
    ])
    func whatCannotBeMeantIsAUsageError(arguments: [String]) throws {
        #expect(try place.run(["session", "mint"] + arguments).status == 64)
    }

    @Test func withoutASecretNothingIsMintedOrJudged() throws {
        try place.write("keys/session-secrets", "")
        for arguments in [["mint", "--profile", "authjs-v5", "--subject", "ada"], ["inspect", "x"]] {
            let result = try place.run(["session"] + arguments)
            #expect(result.status == 78)
            #expect(result.error.contains("keys/session-secrets has no secret"))
        }
    }

    // MARK: what is wrong

    private func likely(_ token: String, _ arguments: String..., error: String? = nil) throws -> String {
        let result = try place.run(["session", "inspect", "--json"] + arguments, input: token)
        #expect(result.status == 1, "\(result.error)")
        let json = try result.json()
        #expect(json["valid"]?.bool == false)
        if let error { #expect(json["error"]?.string == error) }
        return json["likely"]?.string ?? ""
    }

    @Test func anotherSecretOrCookieNameIsSaid() throws {
        let other = try Workplace()
        try other.run("init", environment: ["AUTH_SECRET": "somebody-elses-secret-0123456789abcdef"])
        func foreign(_ profile: String) throws -> String {
            try other.run("session", "mint", "--profile", profile, "--subject", "ada").output.trimmingCharacters(in: .newlines)
        }
        #expect(
            try likely(foreign("authjs-v5"), error: "unknown_key").hasPrefix(
                "The token is one of Auth.js v5, made with another secret than the 2 that are known, or for a cookie of another name"))
        #expect(
            try likely(foreign("nextauth-v4"), error: "bad_mac").hasPrefix(
                "The token is one of NextAuth.js v4 (or of Auth.js before 0.23), made with another secret"))
        #expect(try likely(foreign("jwt-hs256"), error: "wrong_algorithm").hasPrefix("The token is signed with another secret"))
        let renamed = try mint("--profile", "authjs-v5", "--cookie", "my.session")
        #expect(try likely(renamed).hasPrefix("The token is one of Auth.js v5, made with another secret"))
        #expect(
            try likely(renamed, "--cookie", "my.session")
                == "The secret is right (secret 1 of 2), but no cookie `my.session` is accepted: name it in `sessions.cookies`.")
        let plain = try mint("--profile", "authjs-v5")
        #expect(
            try likely(plain, "--cookie", "__Secure-authjs.session-token")
                == "The secret is right (secret 1 of 2), but the token was made for the cookie `authjs.session-token`, not `__Secure-authjs.session-token`: Auth.js salts the key with the cookie's name."
        )
        let secure = try place.run(
            "session", "inspect", "--json", input: try mint("--profile", "authjs-v5", "--cookie", "__Secure-authjs.session-token"))
        #expect(secure.status == 0)
        #expect(try secure.json()["secure_only"]?.bool == true)
        #expect(
            try likely(mint("--profile", "authjs-v5", "--cookie", "authjs.state"))
                == "This is the cookie `authjs.state` of a sign-in under way, not a session.")
    }

    @Test func aTokenOfAnotherReleaseIsSaid() throws {
        try configure("{ profiles: [authjs-v5] }")
        #expect(try likely(mint("--profile", "nextauth-v4")) == "This is a token of nextauth-v4, and `sessions.profiles` has authjs-v5.")
        #expect(try likely(mint("--profile", "jwt-hs256")) == "This is a token of jwt-hs256, and `sessions.profiles` has authjs-v5.")
        try configure("{ profiles: [nextauth-v4] }")
        #expect(try likely(mint("--profile", "authjs-v5")) == "This is a token of authjs-v5, and `sessions.profiles` has nextauth-v4.")
    }

    @Test func whatIsNoTokenIsSaid() throws {
        let token = try mint("--profile", "authjs-v5")
        let other = try mint("--profile", "authjs-v5", "--claim", "x=1")
        let rows: [(String, String)] = [
            ("7c9e6679-7425-40de-944b-e07fc1f90ae7", "This is an opaque id: the application keeps its sessions in a database"),
            ("", "There is no token."), (token + other, "This is more than one token:"),
            (String(token.dropLast(60)), "The token is cut off"),
            (String(token.prefix(200)), "The token is cut off"), (String(token.dropFirst(250)), "The token begins in the middle"),
            (String(token.prefix(130)), "This is a piece of a token"),
            (String(token.dropLast(12)) + "AAAAAAAAAAAA", "The header names the key of the cookie `authjs.session-token`"),
            ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "The token is not signed at all."),
            ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA", "The token is signed with RS256: it is an identity provider's"),
        ]
        for (text, says) in rows {
            #expect(try likely(text).hasPrefix(says), "\(text.prefix(40))")
        }
        try place.run("partner", "add", "acme", "--name", "Acme", "--role", "partner-writer")
        let partner = try place.run("token", "mint", "--partner", "acme").output
        #expect(try likely(partner).hasPrefix("This is an access token of a partner"))
        let twice = try place.run("session", "inspect", "--cookie", "s", input: "s=\(token); s=\(token)")
        #expect(twice.status == 1)
        #expect(twice.error.contains("do not make one token"))
        #expect(try place.run("session", "inspect", "--cookie", "s", input: "t=\(token)").error == "error: there is no cookie `s`\n")
    }

    @Test func aTokenThatOpensAndDoesNotCountSaysWhy() throws {
        let token = try mint("--profile", "authjs-v5")
        let short = try mint("--profile", "jwt-hs256", "--lifetime", "1s")
        try configure("{ claims: { subject: [email] } }")
        #expect(
            try likely(token, error: "missing_claim")
                == "The token names nobody: none of the claims email is in it (`sessions.claims.subject`).")
        try configure("{ maximumAge: 1s }")
        try #require(try waitUntilItEnds(token) == "expired")
        #expect(try likely(token, error: "expired").hasPrefix("The token was issued longer ago than `sessions.maximumAge` (1s) allows."))
        try configure("{ profiles: [jwt-hs256] }")
        try #require(try waitUntilItEnds(short) == "expired")
        #expect(try likely(short, error: "expired").hasPrefix("The session ended at 20"))
        try configure("{}")
        #expect(
            try likely(mint("--profile", "authjs-v5", "--claim", "tenant=a b"), error: "bad_claim").hasPrefix(
                "A claim that the gateway reads"))
        #expect(
            try likely(mint("--profile", "authjs-v5", "--claim", "roles=7"), error: "bad_claim").hasPrefix("A claim that the gateway reads")
        )
    }

    /// The error once its time is over; bounded.
    private func waitUntilItEnds(_ token: String) throws -> String? {
        for _ in 0..<400 {
            let error = try place.run("session", "inspect", "--json", input: token).json()["error"]?.string
            if error != nil { return error }
        }
        return nil
    }

    // MARK: revoke

    @Test func aRevocationIsKeptAndListed() throws {
        #expect(try place.run("session", "revocations").output == "No sessions are revoked.\n")
        #expect(try place.run("session", "revocations", "--json").json()["revocations"]?.elements.isEmpty == true)
        let revoked = try place.run("session", "revoke", "--subject", "ada@example.com", "--json")
        #expect(revoked.status == 0)
        #expect(try revoked.json()["subject"]?.string == "ada@example.com")
        let text = try place.run("session", "revoke", "--subject", "bob")
        #expect(text.output.hasPrefix("Sessions of bob that were issued up to 20"))
        try place.run("session", "revoke", "--subject", "bob")
        let list = try place.run("session", "revocations", "--json").json()["revocations"]?.elements ?? []
        #expect(Set(list.compactMap { $0["subject"]?.string }) == ["ada@example.com", "bob"])
        #expect(list.count == 2)
        let table = try place.run("session", "revocations")
        #expect(table.output.contains("ada@example.com"))
        #expect(try place.run("session", "revoke").status == 64)
        #expect(try place.run("session", "revoke", "--subject", "").status == 64)
    }
}
