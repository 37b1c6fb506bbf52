import Foundation
import GatewayCore
import StrictJSON
import Testing
import Tokens

/// Tokens minted by real NextAuth.js and Auth.js releases (`Tests/Vectors/nextauth.json`), as requests that a gateway judges.
@Suite("NextAuth vectors at the gateway")
struct SessionVectorTests {
    struct Vector: CustomTestStringConvertible, @unchecked Sendable {  // unchecked: a decoded file that nobody changes
        let json: [String: Any]
        var testDescription: String { id }
        var id: String { json["id"] as? String ?? "" }
        var isValid: Bool { json["expect"] as? String == "valid" }
        var cookieName: String { json["cookieName"] as? String ?? "" }
        var now: Int64 { (json["now"] as? NSNumber)?.int64Value ?? 0 }
        var token: String? { json["token"] as? String }
        var subject: String? { (json["claims"] as? [String: Any])?["sub"] as? String }
        var profile: SessionProfile? {
            switch json["profile"] as? String {
            case "authjs-v5": .authjsV5
            case "next-auth-v4": .nextauthV4
            case "next-auth-v3": .nextauthV3
            case "custom-hs256": .jwtHS256
            default: nil
            }
        }

        /// The profile alone, and the cookie's name where it is not the standard one.
        func desk(secure: AcceptedSessions.Secure = .both) throws -> Desk {
            let profile = try #require(profile)
            let isStandard = [profile.cookieName(secure: false), profile.cookieName(secure: true)].contains(cookieName)
            return try Desk(
                [profile], cookies: isStandard ? [] : [.init(name: cookieName, profile: profile)], secure: secure,
                secrets: json["secrets"] as? [String] ?? [], maximumAge: (json["maxAge"] as? NSNumber)?.int64Value ?? 3650 * 86_400)
        }

        /// The header lines that bring it as a real client would.
        var lines: [String] {
            var lines: [String] = []
            var cookies = (json["cookies"] as? [String: String] ?? [:]).map { "\($0)=\($1)" }
            if let token { cookies.append("\(cookieName)=\(token)") }
            if !cookies.isEmpty { lines.append("Cookie: theme=dark; " + cookies.joined(separator: "; ")) }
            if let authorization = json["authorization"] as? String { lines.append("Authorization: \(authorization)") }
            return lines
        }
    }

    static let vectors: [Vector] = {
        let url = URL(filePath: #filePath).appending(path: "../../Vectors/nextauth.json").standardized
        let file = (try? JSONSerialization.jsonObject(with: Data(contentsOf: url))) as? [String: Any]
        return (file?["vectors"] as? [[String: Any]] ?? []).map(Vector.init)
    }()

    @Test("every vector is there") func count() {
        #expect(Self.vectors.count == 42)
        #expect(Self.vectors.count(where: \.isValid) == 21)
    }

    @Test("as its request brings it, a token lets in whom it names or is refused as a session", arguments: vectors)
    func asSent(_ vector: Vector) throws {
        var desk = try vector.desk()
        let admission = try desk.admit(vector.lines.joined(separator: "\r\n"), at: vector.now)
        if vector.isValid {
            #expect(admission.outcomeText == vector.subject)
        } else {
            #expect(admission.outcomeText.hasPrefix("401 invalid_session "))
        }
    }

    @Test("as a bearer token on the connection of its cookie it is judged as there", arguments: vectors.filter { $0.token != nil })
    func asBearer(_ vector: Vector) throws {
        var desk = try vector.desk(secure: .auto)
        let isSecure = vector.cookieName.hasPrefix("__Secure-")
        let admission = try desk.admit("Authorization: Bearer \(try #require(vector.token))", isSecure: isSecure, at: vector.now)
        if vector.isValid {
            #expect(admission.outcomeText == vector.subject)
        } else {
            #expect(admission.outcomeText.hasPrefix("401 "))
        }
    }

    @Test(
        "a valid token is nobody's under another secret, on another profile and, for Auth.js, in another cookie",
        arguments: vectors.filter { $0.isValid && $0.token != nil })
    func elsewhere(_ vector: Vector) throws {
        let token = try #require(vector.token)
        var other = try Desk([try #require(vector.profile)], secure: .both, secrets: ["another"], maximumAge: 3650 * 86_400)
        #expect(try other.admit("Authorization: Bearer \(token)", at: vector.now).outcomeText.hasPrefix("401 "))
        for profile in SessionProfile.allCases where profile != vector.profile {
            var desk = try Desk(
                [profile], cookies: [.init(name: "any", profile: profile)], secrets: vector.json["secrets"] as? [String] ?? [],
                maximumAge: 3650 * 86_400)
            for line in ["Authorization: Bearer \(token)", "Cookie: any=\(token)"] {
                #expect(try desk.admit(line, at: vector.now).outcomeText.hasPrefix("401 "), "\(profile) \(line.prefix(13))")
            }
        }
        guard vector.profile == .authjsV5 else { return }
        var renamed = try Desk(
            [], cookies: [.init(name: "renamed", profile: .authjsV5)], secrets: vector.json["secrets"] as? [String] ?? [])
        #expect(try renamed.admit("Cookie: renamed=\(token)", at: vector.now).outcomeText.hasPrefix("401 invalid_session "))
    }
}
