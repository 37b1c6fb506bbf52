import OpenSSLCrypto
import Testing
import Tokens

private let now = TokenFactory.now

/// The quick way to read our own layout, held against the checks one by one.
@Suite("The issuer's layout")
struct PartnerTokenLayoutTests {
    /// Whether all checks hold, which never go the quick way, must be whether the token is accepted.
    private func agree(_ token: [UInt8], _ verifier: PartnerTokenVerifier, at time: Int64 = now, _ what: String) -> Bool {
        let first = verifier.checks(token.span, at: time).first { $0.holds != true }
        let refusal = verifier.refusal(token, at: time)
        if first?.error != refusal {
            Issue.record("\(what): verify says \(String(describing: refusal)), the checks \(String(describing: first))")
        }
        return refusal == nil
    }

    @Test("A payload with any byte changed, left out or inserted, and a MAC that holds, is read alike both ways")
    func mutations() throws {
        let verifier = try TokenFactory.verifier()
        let payload = Array(TokenFactory.payload().utf8)
        let characters = Array(#"" \,:{}[]0-9.aé"#.utf8) + [0x00, 0x1F, 0x7F, 0x80, 0xC3, 0xFF]
        var accepted = 0
        for index in 0...payload.count {
            var variants: [[UInt8]] = [Array(payload.prefix(index)), payload + Array(payload.prefix(index))]
            for character in characters {
                if index < payload.count {
                    var changed = payload
                    changed[index] = character
                    variants.append(changed)
                }
                var longer = payload
                longer.insert(character, at: index)
                variants.append(longer)
            }
            if index < payload.count {
                var shorter = payload
                shorter.remove(at: index)
                variants.append(shorter)
            }
            for variant in variants {
                let token = TokenFactory().token(header: Array(TokenFactory.header.utf8), payload: variant)
                if agree(Array(token.utf8), verifier, "\(String(decoding: variant, as: UTF8.self))") { accepted += 1 }
            }
        }
        // Other subjects, tenants and roles, and spaces between members, are fine; most changes are not.
        #expect((400..<3000).contains(accepted), "\(accepted)")
    }

    /// Claims that take the quick way and the same ones written so that they cannot: the claims must be the same.
    @Test(
        "Both ways give the same claims",
        arguments: [
            [:], ["scope": "\"\""], ["scope": "\"a\""], ["scope": "\"a b c d e f\""], ["roles": "[]"], ["roles": #"["a"]"#],
            ["roles": #"["a","b c","d"]"#], ["tenant": nil], ["tenant": #""t-2""#], ["sub": #""x y~z""#], ["iat": "0", "nbf": "0"],
            ["nbf": "0"], ["jti": #""01JDG4ZK8Q3V5N7W2X9Y0ABCDE""#], ["exp": "\(now + 1)"],
        ] as [[String: String?]])
    func sameClaims(replacements: [String: String?]) throws {
        let verifier = PartnerTokenVerifier(
            keys: try TokenFactory.ring(TokenFactory.jwk("k1")), issuer: TokenFactory.issuer, audience: TokenFactory.audience,
            maximumLifetime: 2 * now)
        let payload = TokenFactory.payload(replacements)
        let quick = try verifier.claims(TokenFactory().token(payload: payload))
        let slow = try verifier.claims(TokenFactory().token(payload: " " + payload))
        let reordered = try verifier.claims(
            TokenFactory().token(header: #"{"kid":"k1","typ":"at+jwt","alg":"HS256"}"#, payload: payload))
        #expect(quick == slow)
        #expect(quick == reordered)
    }

    @Test(
        "Values that the layout would never have are read alike both ways",
        arguments: [
            ["sub": #""a\"b""#], ["sub": #""ä""#], ["sub": #""\u0061""#], ["sub": #""""#], ["jti": #""a\\""#], ["iat": "01"], ["iat": "-0"],
            ["iat": "0"], ["iat": "00"], ["exp": "\(now + 600).0"], ["exp": "\(now + 600)e0"], ["exp": "253402300799"],
            ["exp": "253402300800"],
            ["exp": "999999999999"], ["exp": "1000000000000"], ["nbf": "253402300799"], ["roles": "[ ]"], ["roles": #"["a",]"#],
            ["roles": #"["a" ,"b"]"#], ["roles": #"["a""b"]"#], ["roles": #"[""]"#], ["roles": #"["a"]]"#], ["scope": #"" a""#],
            ["scope": #""a ""#], ["scope": #""a  b""#], ["scope": #""a\u0020b""#], ["tenant": #""""#], ["tenant": "null"],
        ] as [[String: String?]])
    func oddValues(replacements: [String: String?]) throws {
        let token = TokenFactory().token(payload: TokenFactory.payload(replacements))
        _ = agree(Array(token.utf8), try TokenFactory.verifier(), "\(replacements)")
    }

    @Test("Every time is judged alike both ways")
    func times() throws {
        let verifier = try TokenFactory.verifier()
        let token = Array(TokenFactory().token().utf8)
        for offset in [-3600, -17, -16, -15, -14, -1, 0, 1, 598, 599, 600, 601, 3600] as [Int64] {
            let isAccepted = agree(token, verifier, at: now + offset, "\(offset)")
            #expect(isAccepted == (-15..<600).contains(offset))
        }
        for (issued, expires) in [(0, 3600), (0, 3601), (-1, 3600), (15, 3615), (16, 3615), (15, 3616)] as [(Int64, Int64)] {
            let payload = TokenFactory.payload(["iat": "\(now + issued)", "nbf": "\(now)", "exp": "\(now + expires)"])
            _ = agree(Array(TokenFactory().token(payload: payload).utf8), verifier, "\(issued) to \(expires)")
        }
    }

    @Test("Another issuer, audience or key, and a third dot in the payload, are told alike both ways")
    func others() throws {
        let ring = try TokenFactory.ring(
            TokenFactory.jwk("k1"), TokenFactory.jwk("k2", secret: [UInt8](repeating: 7, count: 32)),
            TokenFactory.jwk("k3", secret: [UInt8](repeating: 8, count: 32), adding: ",\"retired\":\(now)"))
        let good = TokenFactory().token()
        for verifier in [
            PartnerTokenVerifier(keys: ring, issuer: TokenFactory.issuer, audience: "billing"),
            PartnerTokenVerifier(keys: ring, issuer: "https://gate.example.", audience: TokenFactory.audience),
            PartnerTokenVerifier(keys: ring, issuer: #"https://gate.example","aud":"provisioning"#, audience: ""),
        ] {
            #expect(!agree(Array(good.utf8), verifier, "another issuer or audience"))
        }
        let verifier = PartnerTokenVerifier(keys: ring, issuer: TokenFactory.issuer, audience: TokenFactory.audience)
        for (kid, byte, accepted) in [("k2", 7, true), ("k2", 8, false), ("k3", 8, true), ("k3", 7, false), ("k1", 7, false)]
            as [(String, UInt8, Bool)]
        {
            let token = TokenFactory(secret: [UInt8](repeating: byte, count: 32)).token(
                header: #"{"alg":"HS256","typ":"at+jwt","kid":"\#(kid)"}"#)
            #expect(agree(Array(token.utf8), verifier, "\(kid) \(byte)") == accepted)
        }
        let segments = good.split(separator: ".").map(String.init)
        for dotted in [segments[0] + "." + segments[1].prefix(40) + "." + segments[1].dropFirst(40), segments[0] + ".." + segments[1]] {
            #expect(!agree(Array(TokenFactory().sign(dotted).utf8), verifier, "a third dot"))
        }
    }
}
