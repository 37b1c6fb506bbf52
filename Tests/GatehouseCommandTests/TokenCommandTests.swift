import Foundation
import GatewayTesting
import StrictJSON
import Testing
import Tokens

@Suite(.ownThread) struct TokenCommandTests {
    private let place: Workplace

    init() throws {
        place = try Workplace()
        try place.run("init")
        try place.run("partner", "add", "acme", "--name", "Acme", "--role", "partner-writer", "--tenant", "acme-eu")
    }

    private func mint(_ more: String...) throws -> String {
        let result = try place.run(["token", "mint", "--partner", "acme"] + more)
        #expect(result.status == 0)
        #expect(result.error == "")
        return result.output.trimmingCharacters(in: .newlines)
    }

    private func checks(_ result: CommandResult) throws -> [String: Bool?] {
        var checks: [String: Bool?] = [:]
        for check in try result.json()["checks"]?.elements ?? [] {
            checks[check["check"]?.string ?? ""] = .some(check["holds"]?.bool)
        }
        return checks
    }

    @Test func aMintedTokenIsOneOfRFC9068AndHoldsUnderInspection() throws {
        let token = try mint()
        let segments = token.split(separator: ".")
        #expect(segments.count == 3)
        let header = try JSONDocument(try Base64URL.decode(String(segments[0]))).root
        #expect(header["alg"]?.string == "HS256")
        #expect(header["typ"]?.string == "at+jwt")
        let claims = try JSONDocument(try Base64URL.decode(String(segments[1]))).root
        #expect(
            Set(claims.members.map(\.name)) == ["iss", "aud", "sub", "client_id", "iat", "nbf", "exp", "jti", "scope", "roles", "tenant"])
        #expect(claims["iss"]?.string == "http://127.0.0.1:8080")
        #expect(claims["aud"]?.string == "provisioning")
        #expect(claims["tenant"]?.string == "acme-eu")
        #expect(claims["scope"]?.string == "customers:read customers:write")
        #expect((claims["exp"]?.integer ?? 0) - (claims["iat"]?.integer ?? 0) == 600)

        let result = try place.run("token", "inspect", "--json", token)
        #expect(result.status == 0)
        let json = try result.json()
        #expect(json["valid"]?.bool == true)
        #expect(json["claims"]?["client_id"]?.string == "acme")
        #expect(json["effective_scopes"]?.elements.compactMap(\.string) == ["customers:read", "customers:write"])
        let checks = try checks(result)
        #expect(checks.count == 19)
        // Only what the store of a running gateway knows is not judged.
        #expect(checks.filter { $0.value != true }.keys.sorted() == ["revocation"])

        let table = try place.run("token", "inspect", "-", input: token + "\n")
        #expect(table.status == 0)
        #expect(table.output.contains("mac         yes"))
        #expect(table.output.hasSuffix("valid\n"))
        #expect(try place.run("token", "inspect", input: token).status == 0)
    }

    @Test func scopeLifetimeIssuerAndAudienceCanBeGiven() throws {
        let token = try mint("--scope", "customers:read", "--lifetime", "1h", "--issuer", "https://g.example", "--audience", "things")
        let claims = try JSONDocument(try Base64URL.decode(String(token.split(separator: ".")[1]))).root
        #expect(claims["scope"]?.string == "customers:read")
        #expect(claims["iss"]?.string == "https://g.example")
        #expect((claims["exp"]?.integer ?? 0) - (claims["iat"]?.integer ?? 0) == 3600)
        #expect(try place.run("token", "inspect", token, "--issuer", "https://g.example", "--audience", "things").status == 0)
        let elsewhere = try place.run("token", "inspect", "--json", token)
        #expect(elsewhere.status == 1)
        #expect(try checks(elsewhere).filter { $0.value == false }.keys.sorted() == ["audience", "issuer"])
        let json = try place.run("token", "mint", "--partner", "acme", "--lifetime", "5m", "--json").json()
        #expect(json["token_type"]?.string == "Bearer")
        #expect(json["expires_in"]?.integer == 300)
        #expect(json["access_token"]?.string?.hasPrefix("ey") == true)
    }

    @Test(
        arguments: [
            (["--partner", "acne"], 1, "error: no partner `acne` (did you mean `acme`?)\n"),
            (
                ["--partner", "acme", "--scope", "customers:delete"], 1,
                "error: partner `acme` may not have the scope `customers:delete` (it may have: customers:read, customers:write)\n"
            ),
            (
                ["--partner", "acme", "--scope", "customers:raed"], 1,
                "error: partner `acme` may not have the scope `customers:raed` (did you mean `customers:read`?)\n"
            ),
            (["--partner", "acme", "--lifetime", "2h"], 64, nil),
            (["--partner", "acme", "--lifetime", "0s"], 64, nil),
            (["--partner", "acme", "--lifetime", "forever"], 64, nil),
            ([], 64, nil),
        ] as [([String], Int32, String?)])
    func whatAPartnerMayNotHaveIsNotMinted(arguments: [String], status: Int32, says: String?) throws {
        let result = try place.run(["token", "mint"] + arguments)
        #expect(result.status == status)
        #expect(result.output == "")
        if let says { #expect(result.error == says) }
    }

    @Test func aDisabledOrRemovedPartnersTokensDoNotHold() throws {
        let token = try mint()
        try place.run("partner", "disable", "acme")
        #expect(try place.run("token", "mint", "--partner", "acme").status == 1)
        let disabled = try place.run("token", "inspect", "--json", token)
        #expect(disabled.status == 1)
        #expect(try disabled.json()["valid"]?.bool == false)
        #expect(try checks(disabled).filter { $0.value == false }.keys.sorted() == ["enabled"])
        try place.run("partner", "remove", "acme")
        let removed = try place.run("token", "inspect", "--json", token)
        #expect(removed.status == 1)
        #expect(try checks(removed).filter { $0.value == false }.keys.sorted() == ["partner"])
    }

    @Test func aChangedTokenSaysWhichCheckDoesNotHold() throws {
        let token = try mint()
        let segments = token.split(separator: ".").map(String.init)
        let header = Base64URL.encode(Array(#"{"alg":"none","typ":"at+jwt","kid":"x"}"#.utf8))
        for (changed, failing) in [
            ("\(segments[0]).\(segments[1]).\(String(segments[2].reversed()))", "mac"),
            ("\(header).\(segments[1]).\(segments[2])", "key"),
            ("\(segments[0]).\(segments[1])", "segments"),
            (token + "=", "encoding"),
            (String(repeating: "x", count: 9000), "length"),
        ] {
            let result = try place.run("token", "inspect", "--json", changed)
            #expect(result.status == 1)
            #expect(try checks(result)[failing] == .some(false), "\(failing)")
            #expect(try result.json()["valid"]?.bool == false)
        }
        let nothing = try place.run("token", "inspect", input: "")
        #expect(nothing.status == 1)
        #expect(nothing.output.hasSuffix("not valid\n"))
    }

    @Test func whatATokenSaysNeverReachesTheTerminalRaw() throws {
        let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"at+jwt","kid":"[31mred"}"#.utf8))
        let payload = Base64URL.encode(Array("{\"sub\":\"a\\u001b[2J\\nvalid\\u202e\",\"\\u001b[1m\":1}".utf8))
        let result = try place.run("token", "inspect", "\(header).\(payload).AAAA")
        #expect(result.status == 1)
        #expect(!result.output.contains("\u{1B}"))
        #expect(!result.output.contains("\u{202E}"))
        #expect(!result.output.split(separator: "\n").contains("valid"))
    }

    @Test func noKeyIsEverPrinted() throws {
        let token = try mint()
        var printed = ""
        for arguments in [
            ["token", "inspect", token], ["token", "inspect", "--json", token], ["token", "inspect", token + "x"], ["config", "show"],
        ] {
            let result = try place.run(arguments)
            printed += result.output + result.error
        }
        var secrets = [try place.read("keys/seal.key"), try place.read("keys/session-secrets")].map { String($0.prefix(43)) }
        for name in ["tokens", "assertion"] {
            for match in try place.read("keys/\(name).jwks.json").matches(of: /"[kd]": "([A-Za-z0-9_-]+)"/) {
                secrets.append(String(match.1))
            }
        }
        #expect(secrets.count == 4)
        for secret in secrets {
            // Asked outside of the macro, which would print it.
            let isThere = printed.contains(secret.prefix(20))
            #expect(!isThere)
        }
    }

    @Test func keysThatCannotBeUsedEndACommandWith78() throws {
        let token = try mint()
        try place.write("keys/tokens.jwks.json", "{")
        for arguments in [["token", "mint", "--partner", "acme"], ["token", "inspect", token]] {
            let result = try place.run(arguments)
            #expect(result.status == 78)
            #expect(result.error.contains("keys/tokens.jwks.json"))
        }
    }
}
