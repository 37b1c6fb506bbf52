import GatewayConfiguration
import OpenSSLCrypto
import StrictJSON
import Tokens

/// Finds out what a token is and why it is no session here (the failure modes that people meet with NextAuth.js and Auth.js).
///
/// A gateway never tries a token on the keys of another profile. This does, since a person with the key files asks what is wrong.
struct SessionDiagnosis {
    /// What opened the token.
    struct Opening {
        let profile: SessionProfile
        /// The cookie it is for, as far as the key tells: for Auth.js alone.
        let cookieName: String?
        /// Of the secret, from 0, newest first.
        let secret: Int
        let claims: JSONDocument
    }

    enum Shape: String {
        case encrypted, signed
        case none = "no token"
    }

    let shape: Shape
    /// As it stands there, believed or not.
    let header: JSONDocument?
    let opening: Opening?
    /// Whether the header names one of our keys for this cookie, and its content does not belong to it.
    private let namesKeyOfCookie: String?
    private let token: [UInt8]
    private let settings: SessionSettings
    private let secretCount: Int
    private let triedNames: [String]

    /// - Parameter cookie: the name of the cookie it came in, when that is known.
    init(of token: [UInt8], cookie: String?, settings: SessionSettings, secrets: [SecretBytes]) {
        self.token = token
        self.settings = settings
        secretCount = secrets.count
        let segments = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        shape = segments.count == 5 && segments[1].isEmpty ? .encrypted : segments.count == 3 ? .signed : .none
        header = (try? Base64URL.decode(Array(segments[0]).span)).flatMap { try? JSONDocument($0) }.flatMap {
            $0.root.kind == .object ? $0 : nil
        }
        triedNames = Self.names(cookie, settings)
        (opening, namesKeyOfCookie) = Self.open(token, triedNames + Self.otherPurposes, secrets)
    }

    /// Cookies of Auth.js that are encrypted like sessions and are none (CVE-2023-48309).
    private static let otherPurposes = ["authjs", "__Secure-authjs"].flatMap { base in
        ["state", "pkce.code_verifier", "nonce", "challenge"].map { "\(base).\($0)" }
    }

    private static func names(_ cookie: String?, _ settings: SessionSettings) -> [String] {
        var names: [String] = []
        let standard = SessionProfile.allCases.flatMap { [$0.cookieName(secure: false), $0.cookieName(secure: true)] }
        for name in [cookie].compactMap(\.self) + settings.cookies.map(\.name) + standard where !names.contains(name) { names.append(name) }
        return names
    }

    private static func open(
        _ token: [UInt8], _ names: [String], _ secrets: [SecretBytes]
    ) -> (opening: Opening?, namesKeyOfCookie: String?) {
        var namesKeyOfCookie: String?
        for profile in SessionProfile.allCases {
            // Only the key of Auth.js depends on the name.
            for name in profile == .authjsV5 ? names : [""] {
                for (index, secret) in secrets.enumerated() {
                    guard let verifier = try? SessionVerifier(profile, cookieName: name, secrets: [secret]) else { continue }
                    do throws(TokenError) {
                        let claims = try verifier.payload(of: token.span)
                        let cookieName = profile == .authjsV5 ? name : nil
                        return (Opening(profile: profile, cookieName: cookieName, secret: index, claims: claims), nil)
                    } catch {
                        if profile == .authjsV5, error == .badMAC, verifier.namesKey(headerOf: token.span) { namesKeyOfCookie = name }
                    }
                }
            }
        }
        return (nil, namesKeyOfCookie)
    }

    // MARK: What is most likely wrong

    /// - Parameters:
    ///   - error: why a gateway refuses it.
    ///   - cookie: the name of the cookie it came in, when that is known.
    ///   - now: unix seconds.
    func explanation(of error: TokenError, cookie: String?, at now: Int64) -> String {
        guard let opening else { return unopened }
        let count = secretCount == 1 ? "" : " (secret \(opening.secret + 1) of \(secretCount))"
        if let name = opening.cookieName {
            if Self.otherPurposes.contains(name) { return "This is the cookie `\(name)` of a sign-in under way, not a session." }
            if let cookie, name != cookie {
                return
                    "The secret is right\(count), but the token was made for the cookie `\(name)`, not `\(cookie)`: Auth.js salts the key with the cookie's name."
            }
        }
        guard settings.profiles.contains(where: { $0.profile == opening.profile }) else {
            let list = settings.profiles.map(\.rawValue).joined(separator: ", ")
            return "This is a token of \(opening.profile.rawValue), and `sessions.profiles` has \(list.isEmpty ? "none" : list)."
        }
        if opening.secret > 0, [.unknownKey, .badMAC, .wrongAlgorithm].contains(error) {
            return
                "The token was made with secret \(opening.secret + 1) of \(secretCount); without a key id in its header only the first is tried."
        }
        switch error {
        case .expired: return expiry(opening, at: now)
        case .notYetValid: return "The token counts from a later time on: compare the clocks of application and gateway."
        case .missingClaim: return missing(opening)
        case .badClaim:
            return
                "A claim that the gateway reads has the wrong type: times must be numbers, the subject text, roles text or a list of texts, "
                + "the tenant a word of letters, digits and `._:@-`."
        case .unknownKey, .badMAC, .wrongAlgorithm:
            return opening.cookieName.map {
                "The secret is right\(count), but no cookie `\($0)` is accepted: name it in `sessions.cookies`."
            }
                ?? "The secret is right\(count), but the cookie is not one of this profile: name it in `sessions.cookies`."
        default: return "The token opens\(count), but its form is not what NextAuth.js and Auth.js write (\(error.code))."
        }
    }

    private func expiry(_ opening: Opening, at now: Int64) -> String {
        if let end = opening.claims.root["exp"]?.integer, end <= now {
            return
                "The session ended at \(UnixTime.text(end)). The application renews it when it asks for the session; `getToken` alone does not."
        }
        return "The token was issued longer ago than `sessions.maximumAge` (\(settings.maximumAge)) allows."
    }

    private func missing(_ opening: Opening) -> String {
        let names = settings.subjectClaims.map { $0.joined(separator: ".") }
        let claims = opening.claims.root
        if settings.requireExpiry, claims["exp"] == nil {
            return "The token never ends: it has no `exp`. Set `expiresIn` where it is signed, or `sessions.requireExpiry: false`."
        }
        if claims["iat"] == nil { return "The token does not say when it was issued (`iat`)." }
        if claims["value"] != nil {
            return "The token names nobody: it is a cookie of a sign-in under way (CVE-2023-48309), not a session."
        }
        return "The token names nobody: none of the claims \(names.joined(separator: ", ")) is in it (`sessions.claims.subject`)."
    }

    private var unopened: String {
        let text = String(decoding: token, as: UTF8.self)
        if token.isEmpty { return "There is no token." }
        if let whole = unsplit(text) { return whole }
        guard let header else { return "The first part is no header: the token begins in the middle, as when its first chunk is missing." }
        return shape == .signed ? unverified(header.root) : sealed(header.root)
    }

    /// What does not even have the right number of parts.
    private func unsplit(_ text: String) -> String? {
        let dots = text.utf8.count { $0 == UInt8(ascii: ".") }
        if shape != .none { return nil }
        if dots == 0 {
            if text.utf8.count <= 128 {
                return "This is an opaque id: the application keeps its sessions in a database (`session.strategy: \"database\"`). "
                    + "A gateway can only read those of the strategy `jwt`."
            }
            return "This is a piece of a token, or none at all: every token has dots. A chunk alone is no token; join `.0`, `.1` and so on."
        }
        if dots > 4 {
            return "This is more than one token: the whole cookie and chunks, or chunks of different ages, were put together. "
                + "Delete the application's session cookies in the browser and sign in again."
        }
        if text.hasPrefix("ey") { return "The token is cut off: a chunk is missing behind it, or the browser dropped part of the cookie." }
        return "The token begins in the middle: its first chunk is missing."
    }

    private func unverified(_ header: JSONElement) -> String {
        if header["typ"]?.isString("at+jwt") == true {
            return "This is an access token of a partner: `gatehouse token inspect` judges those."
        }
        let algorithm = header["alg"]?.string ?? "none"
        switch algorithm {
        case "HS256", "HS512":
            return
                "The token is signed with another secret\(secretsTried). (Of the profiles, nextauth-v3, jwt-hs256 and jwt-hs512 are signed.)"
        case "HS384": return "The token is signed with HS384, which no profile takes."
        case "none": return "The token is not signed at all."
        default:
            return "The token is signed with \(algorithm): it is an identity provider's access or ID token, not the application's session."
        }
    }

    private func sealed(_ header: JSONElement) -> String {
        if let name = namesKeyOfCookie {
            return "The header names the key of the cookie `\(name)`, so secret and name are right, and the rest was changed on its way: "
                + "chunks mixed up or of different ages, or the cookie cut off."
        }
        let algorithm = header["alg"]?.string ?? "none"
        let encryption = header["enc"]?.string ?? "none"
        guard algorithm == "dir" else { return "The token is encrypted with \(algorithm): neither NextAuth.js nor Auth.js writes that." }
        switch encryption {
        case "A256CBC-HS512":
            return "The token is one of Auth.js v5, made with another secret\(secretsTried), or for a cookie of another name "
                + "(tried: \(triedNames.joined(separator: ", "))): Auth.js salts the key with the name. `--cookie` tries one more."
        case "A256GCM":
            return
                "The token is one of NextAuth.js v4 (or of Auth.js before 0.23), made with another secret\(secretsTried); or chunks were mixed up."
        default: return "The token is encrypted with \(encryption): neither NextAuth.js nor Auth.js writes that."
        }
    }

    private var secretsTried: String { secretCount == 1 ? "" : " than the \(secretCount) that are known" }
}
