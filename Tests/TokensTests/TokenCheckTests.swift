import OpenSSLCrypto
import Testing
import Tokens

private let now = TokenFactory.now

@Suite("Checks as they are shown")
struct TokenCheckTests {
    private func checks(_ token: String, at time: Int64 = now, ring: KeyRing? = nil) throws -> [TokenCheck] {
        try TokenFactory.verifier(ring).checks(Array(token.utf8).span, at: time)
    }

    @Test("A good token holds every check, in the order of the contract")
    func good() throws {
        let checks = try checks(TokenFactory().token())
        #expect(
            checks.map(\.name.rawValue) == [
                "length", "segments", "encoding", "header", "payload", "type", "key", "algorithm", "extensions", "mac", "issuer",
                "audience",
                "claims", "expiry", "start", "lifetime",
            ])
        #expect(checks.allSatisfy { $0.holds == true && $0.error == nil })
        #expect(checks.first { $0.name == .expiry }?.detail == "expires in 600 s")
        #expect(checks.first { $0.name == .key }?.detail == "`k1`")
    }

    @Test("What does not hold is told for each check, not only the first")
    func several() throws {
        let payload = TokenFactory.payload(["iss": #""https://other.example""#, "exp": "\(now - 5)"])
        let checks = try checks(TokenFactory().token(payload: payload))
        let failing = checks.filter { $0.holds == false }
        #expect(failing.map(\.name) == [.issuer, .expiry])
        #expect(failing.map(\.error) == [.wrongIssuer, .expired])
        #expect(failing.first?.detail == "`https://other.example`, expected `https://gate.example`")
        #expect(failing.last?.detail == "expired 5 s ago")
    }

    @Test("A check without anything to look at is neither held nor failed")
    func notReached() throws {
        let unknown = try checks(TokenFactory().token(header: #"{"alg":"HS256","typ":"at+jwt","kid":"other"}"#))
        #expect(unknown.filter { $0.holds == nil }.map(\.name) == [.algorithm, .mac])
        #expect(unknown.filter { $0.holds == false }.map(\.error) == [.unknownKey])
        let long = try checks(String(repeating: ".", count: 10_000))
        #expect(long.filter { $0.holds == nil }.count == TokenCheck.Name.allCases.count - 1)
        let missing = try checks(TokenFactory().token(payload: TokenFactory.payload(["sub": nil, "jti": nil])))
        #expect(missing.filter { $0.holds == nil }.map(\.name) == [.expiry, .start, .lifetime])
        #expect(missing.first { $0.name == .claims }?.detail == "missing: `sub`, `jti`")
    }

    @Test("The first check that fails is what verifying says, for every byte of a token changed")
    func agrees() throws {
        let verifier = try TokenFactory.verifier()
        let token = Array(TokenFactory().token().utf8)
        for index in token.indices {
            for bit in 0..<8 {
                var changed = token
                changed[index] ^= 1 << bit
                let first = verifier.checks(changed.span, at: now).first { $0.holds != true }
                #expect(first?.error == verifier.refusal(changed), "byte \(index), bit \(bit)")
                #expect(first?.holds == false)
            }
        }
        for offset in [-100_000, -16, -15, 0, 599, 600, 100_000] as [Int64] {
            let first = verifier.checks(token.span, at: now + offset).first { $0.holds != true }
            #expect(first?.error == verifier.refusal(token, at: now + offset))
        }
    }

    @Test("No check shows a key or a MAC that was expected")
    func secrets() throws {
        let secret = TokenFactory().secret
        let forged = TokenFactory(secret: [UInt8](repeating: 9, count: 32)).token()
        let expected = String(TokenFactory().token().split(separator: ".")[2])
        let shown = try checks(forged).map { "\($0)" }.joined()
        #expect(try checks(forged).first { $0.name == .mac }?.error == .badMAC)
        #expect(!shown.contains(expected))
        #expect(!shown.contains(Base64URL.encode(secret)))
        #expect(!shown.contains(String(decoding: secret, as: UTF8.self)))
    }
}
