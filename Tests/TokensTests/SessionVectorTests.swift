import Foundation
import OpenSSLCrypto
import StrictJSON
import Testing
import Tokens

/// Tokens minted by real NextAuth.js and Auth.js releases, unchanged (`Tests/Vectors/nextauth.json`).
@Suite("NextAuth vectors")
struct SessionVectorTests {
    struct Vector: CustomTestStringConvertible, @unchecked Sendable {  // unchecked: a decoded file that nobody changes
        let json: [String: Any]
        var id: String { json["id"] as? String ?? "" }
        var testDescription: String { id }
        var now: Int64 { (json["now"] as? NSNumber)?.int64Value ?? 0 }
        var cookieName: String { json["cookieName"] as? String ?? "" }
        var profile: SessionProfile? {
            switch json["profile"] as? String {
            case "authjs-v5": .authjsV5
            case "next-auth-v4": .nextauthV4
            case "next-auth-v3": .nextauthV3
            case "custom-hs256": .jwtHS256
            default: nil
            }
        }

        func verifier(profile: SessionProfile? = nil) throws -> SessionVerifier {
            try SessionVerifier(
                #require(profile ?? self.profile), cookieName: cookieName,
                secrets: (json["secrets"] as? [String] ?? []).map { SecretBytes(Array($0.utf8)) },
                maximumAge: (json["maxAge"] as? NSNumber)?.int64Value)
        }

        /// As a request brings it: the cookie first, then the header.
        func token() throws -> [UInt8] {
            if let token = json["token"] as? String { return Array(token.utf8) }
            let cookies = (json["cookies"] as? [String: String] ?? [:]).map { "\($0)=\($1)" }.joined(separator: "; ")
            if let token = try SessionCookie.token(named: cookieName, in: Array(cookies.utf8).span) { return token }
            let authorization = try #require(json["authorization"] as? String)
            return try PercentEncoding.decode(Array(authorization.dropFirst("Bearer ".count).utf8).span)
        }
    }

    /// The word of the file for why a token is invalid, and ours.
    private static let reasons: [String: Set<TokenError>] = [
        "expired": [.expired], "key": [.unknownKey, .badMAC], "salt": [.unknownKey, .badMAC], "tampered": [.badMAC],
        "enc": [.wrongAlgorithm], "alg": [.wrongAlgorithm, .malformedToken], "version": [.badMAC, .wrongAlgorithm],
    ]

    static let vectors: [Vector] = {
        let file = try? VectorFiles.json("nextauth.json")
        return (file?["vectors"] as? [[String: Any]] ?? []).map(Vector.init)
    }()

    @Test("Every vector is there")
    func count() {
        #expect(Self.vectors.count == 42)
        #expect(Self.vectors.count { $0.json["expect"] as? String == "valid" } == 21)
        #expect(Self.vectors.count { $0.json["expect"] as? String == "invalid" } == 21)
    }

    @Test("A token is accepted as the reference accepts it, or refused for the same reason", arguments: vectors)
    func vector(_ vector: Vector) throws {
        let token = try vector.token()
        let verifier = try vector.verifier()
        switch vector.json["expect"] as? String {
        case "valid":
            let session = try verifier.verify(token.span, at: vector.now)
            let expected = try #require(vector.json["claims"] as? NSDictionary)
            let found = try JSONSerialization.jsonObject(with: Data(session.claims.bytes)) as? NSDictionary
            #expect(found == expected)
            #expect(session.subject == expected["sub"] as? String)
        case "invalid":
            let reason = try #require(vector.json["reason"] as? String)
            do throws(TokenError) {
                _ = try verifier.verify(token.span, at: vector.now)
                Issue.record("accepted")
            } catch {
                let expected = try #require(Self.reasons[reason], "\(reason)")
                #expect(expected.contains(error), "\(reason): \(error)")
            }
        default: Issue.record("neither valid nor invalid")
        }
    }

    @Test(
        "A valid token is refused by the verifier of every other profile",
        arguments: vectors.filter { $0.json["expect"] as? String == "valid" })
    func otherProfiles(_ vector: Vector) throws {
        for profile in SessionProfile.allCases where profile != vector.profile {
            let verifier = try vector.verifier(profile: profile)
            let token = try vector.token()
            #expect((try? verifier.verify(token.span, at: vector.now)) == nil, "\(profile)")
        }
    }

    @Test("Keys and key ids are derived as the reference derives them")
    func derivations() throws {
        let derivations = try VectorFiles.json("nextauth.json")["derivations"] as? [[String: Any]] ?? []
        #expect(derivations.count == 8)
        for row in derivations {
            let text = { (name: String) in Array((row[name] as? String ?? "").utf8) }
            let derived = try HKDF.derive(
                secret: SecretBytes(text("secret")), salt: text("salt"), info: text("info"), byteCount: row["length"] as? Int ?? 0)
            let found = derived.withBytes { bytes in bytes.indices.map { String(format: "%02x", bytes[$0]) }.joined() }
            #expect(found == row["keyHex"] as? String, "\(row["comment"] ?? "")")
            guard let kid = row["kid"] as? String else { continue }
            let bytes = derived.withBytes { bytes in bytes.indices.map { bytes[$0] } }
            #expect(JWEFactory(key: bytes).thumbprint == kid)
        }
    }
}
