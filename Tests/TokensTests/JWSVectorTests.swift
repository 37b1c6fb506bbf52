import OpenSSLCrypto
import Testing
import Tokens

/// Foreign JWS vectors, unchanged, through the code that partner tokens go through.
@Suite("JWS vectors")
struct JWSVectorTests {
    private enum Outcome { case executed, skipped(String) }

    /// Cases whose expectation cannot be met by a verifier that does what it should, with the reason, as the README found them.
    private static let oddCases: [Int: String] = [
        367: "marked invalid, yet byte for byte the valid token of case 357: its padding is missing",
        370: "marked invalid, yet byte for byte the valid token of case 357: its padding is missing",
        372: "marked valid, yet `?` stands in a base64url segment: refused by design",
        373: "marked valid, yet `?` stands in a base64url segment: refused by design",
    ]

    @Test("Wycheproof: signatures")
    func signatures() throws {
        var tally = VectorTally()
        for row in try JWSCase.all(in: "json_web_signature_test.json") {
            switch try run(row) {
            case .executed: tally.executed += 1
            case .skipped(let reason): tally.skipped[reason, default: 0] += 1
            }
        }
        #expect(
            tally
                == VectorTally(
                    executed: 36,
                    skipped: [
                        "an asymmetric key: access tokens and sessions are MACed": 361,
                        "marked invalid, yet byte for byte the valid token of case 357: its padding is missing": 2,
                        "marked valid, yet `?` stands in a base64url segment: refused by design": 2,
                    ]))
        #expect(tally.total == 401)
    }

    private func run(_ row: JWSCase) throws -> Outcome {
        guard row.key["kty"] as? String == "oct" else { return .skipped("an asymmetric key: access tokens and sessions are MACed") }
        // One key is a ring of one.
        let ring = try KeyRing(jwks: VectorFiles.bytes(["keys": [row.key]]))
        let isAccepted = accepts(row.token, ring)
        if let reason = Self.oddCases[row.id] {
            // What happens instead of what the file says is held, too.
            #expect(isAccepted == !row.isValid, "case \(row.id)")
            return .skipped(reason)
        }
        #expect(isAccepted == row.isValid, "case \(row.id): \(row.comment)")
        return .executed
    }

    @Test("Wycheproof: key sets")
    func keySets() throws {
        var tally = VectorTally()
        for row in try JWSCase.all(in: "json_web_key_test.json") {
            let keys = row.key["keys"] as? [[String: Any]] ?? []
            guard row.isValid || keys.contains(where: { $0["kty"] as? String == "oct" }) else {
                tally.skipped["invalid by a rule about asymmetric keys; every such set is refused", default: 0] += 1
                #expect(throws: KeyRingError.self, "case \(row.id)") { try KeyRing(jwks: VectorFiles.bytes(row.key)) }
                continue
            }
            if row.isValid && keys.allSatisfy({ $0["kty"] as? String != "oct" }) {
                tally.skipped["an asymmetric key: access tokens and sessions are MACed", default: 0] += 1
                continue
            }
            let ring = try? KeyRing(jwks: VectorFiles.bytes(row.key))
            #expect((ring.map { accepts(row.token, $0) } ?? false) == row.isValid, "case \(row.id): \(row.comment)")
            tally.executed += 1
        }
        #expect(
            tally
                == VectorTally(
                    executed: 15,
                    skipped: [
                        "an asymmetric key: access tokens and sessions are MACed": 1,
                        "invalid by a rule about asymmetric keys; every such set is refused": 10,
                    ]))
        #expect(tally.total == 26)
    }

    /// Whether the token verifies under the ring's key of its `kid`.
    private func accepts(_ token: String?, _ ring: KeyRing) -> Bool {
        guard let token else { return false }
        let bytes = Array(token.utf8)
        guard let jws = try? UnverifiedJWS(bytes.span), let header = try? jws.decodedHeader(of: bytes.span) else { return false }
        guard let key = ring[kid: Array((header.keyID ?? "").utf8).span] else { return false }
        return (try? VerifiedJWS.verify(bytes.span, with: key)) != nil
    }

    // MARK: - RFC 7520 and RFC 7797

    private struct Cookbook {
        let key: TokenKey
        let payload: [UInt8]
        let compact: String?
        let signingInput: String
        let signature: String

        init(_ path: String) throws {
            let file = try VectorFiles.json("jose-cookbook/\(path)")
            let input = file["input"] as? [String: Any] ?? [:]
            let jwk = input["key"] as? [String: Any] ?? [:]
            key = TokenKey(
                id: jwk["kid"] as? String ?? "", algorithm: .HS256, secret: SecretBytes(try Base64URL.decode(jwk["k"] as? String ?? "")))
            payload = Array((input["payload"] as? String ?? "").utf8)
            compact = (file["output"] as? [String: Any])?["compact"] as? String
            let signing = file["signing"] as? [String: Any] ?? [:]
            signingInput = signing["sig-input"] as? String ?? ""
            signature = signing["sig"] as? String ?? ""
        }
    }

    @Test("RFC 7520 section 4.4 verifies and gives its payload")
    func integrityProtection() throws {
        let example = try Cookbook("jws/4_4.hmac-sha2_integrity_protection.json")
        let compact = try #require(example.compact)
        let verified = try VerifiedJWS.verify(Array(compact.utf8).span, with: example.key)
        #expect(verified.payload == example.payload)
        #expect(verified.header.keyID == example.key.id)
        #expect(compact == example.signingInput + "." + example.signature)
        // The same key as section 3.5 gives it, through a key file.
        let ring = try KeyRing(
            jwks: VectorFiles.bytes(["keys": [VectorFiles.json("jose-cookbook/jwk/3_5.symmetric_key_mac_computation.json")]]))
        #expect(accepts(compact, ring))
    }

    @Test("RFC 7520 section 4.5, detached content: refused as it stands, verifies with its content put back")
    func detached() throws {
        let example = try Cookbook("jws/4_5.signature_with_detached_content.json")
        let compact = try #require(example.compact)
        #expect(throws: TokenError.badMAC) { try VerifiedJWS.verify(Array(compact.utf8).span, with: example.key) }
        let attached = compact.replacing("..", with: "." + Base64URL.encode(example.payload) + ".")
        #expect(try VerifiedJWS.verify(Array(attached.utf8).span, with: example.key).payload == example.payload)
    }

    @Test("RFC 7520 section 4.6, the compact form of a header partly unprotected: verifies, without key id")
    func partlyProtected() throws {
        let example = try Cookbook("jws/4_6.protecting_specific_header_fields.json")
        #expect(example.compact == nil)
        let token = example.signingInput + "." + example.signature
        let verified = try VerifiedJWS.verify(Array(token.utf8).span, with: example.key)
        #expect(verified.header.keyID == nil)
    }

    @Test("RFC 7520 section 4.7, content only: without protected header there is no compact form to accept")
    func contentOnly() throws {
        let example = try Cookbook("jws/4_7.protecting_content_only.json")
        #expect(example.compact == nil)
        let token = example.signingInput + "." + example.signature
        #expect(throws: TokenError.badHeader) { try VerifiedJWS.verify(Array(token.utf8).span, with: example.key) }
    }

    @Test(
        "J-13: RFC 7797, unencoded payload: refused",
        arguments: [
            "rfc7797/4.2.hmac-sha2_b64_false.json", "rfc7797/hmac-sha2_b64_false.json",
        ])
    func unencoded(path: String) throws {
        let example = try Cookbook(path)
        let token = example.compact ?? example.signingInput + "." + example.signature
        #expect(throws: TokenError.self) { try VerifiedJWS.verify(Array(token.utf8).span, with: example.key) }
    }
}
