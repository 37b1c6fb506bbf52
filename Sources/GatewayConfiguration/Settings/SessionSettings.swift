import Access
import StrictJSON

/// The `sessions` of the configuration: which NextAuth/Auth.js tokens are accepted.
package struct SessionSettings: Sendable {
    package enum Profile: String, CaseIterable, Sendable {
        case authjsV5 = "authjs-v5"
        case nextauthV4 = "nextauth-v4"
        case nextauthV3 = "nextauth-v3"
        case jwtHS256 = "jwt-hs256"
        case jwtHS512 = "jwt-hs512"
    }

    /// Which cookie names count: those with `__Secure-` where the connection is secure and plain ones elsewhere, or both.
    package enum Secure: String, CaseIterable, Sendable { case auto, both }

    package struct Cookie: Sendable, Hashable {
        /// A token (RFC 6265 section 4.1.1).
        package let name: String
        package let profile: Profile
    }

    /// A claim's place: names from the outside in.
    package typealias ClaimPath = [String]

    /// Without one, no session is accepted.
    package let profiles: [Profile]
    /// Extra and renamed cookies.
    package let cookies: [Cookie]
    package let secure: Secure
    /// Path of the file of secrets.
    package let secrets: String
    /// The first that is present wins.
    package let subjectClaims: [ClaimPath]
    package let rolesClaims: [ClaimPath]
    package let tenantClaims: [ClaimPath]
    package let requireExpiry: Bool
    /// By `iat`.
    package let maximumAge: TimeSpan
    /// Beside the gateway's own.
    package let allowedOrigins: [Origin]

    /// - Parameter keys: the keys folder, where the secrets are when nothing else is said.
    init(_ reader: inout SettingsReader, keys: String) {
        let section = reader.section(
            "sessions",
            keys: ["profiles", "cookies", "secure", "secrets", "claims", "requireExpiry", "maximumAge", "allowedOrigins"]
        )
        let profiles = reader.list("profiles", in: section, default: [Choice(Profile.authjsV5), Choice(.nextauthV4)]).map(\.value)
        self.profiles = profiles
        cookies = Self.cookies(&reader, section, profiles)
        secure = reader.value("secure", in: section, default: Choice(Secure.auto)).value
        secrets = reader.value("secrets", in: section, default: PlainText("\(keys)/session-secrets")).text
        let claims = reader.section("claims", in: section, keys: ["subject", "roles", "tenant"])
        subjectClaims = Self.paths("subject", &reader, claims, ["sub", "email"])
        rolesClaims = Self.paths("roles", &reader, claims, ["roles", "role"])
        tenantClaims = Self.paths("tenant", &reader, claims, ["tenant", "tenantId", "companyId"])
        requireExpiry = reader.value("requireExpiry", in: section, default: Flag(true)).value
        maximumAge = reader.value("maximumAge", in: section, default: .days(30), range: .seconds(1)...(.days(3660)))
        allowedOrigins = reader.list("allowedOrigins", in: section, default: [Origin]())
    }

    private static func paths(
        _ name: String, _ reader: inout SettingsReader, _ section: SettingsReader.Section, _ names: [String]
    ) -> [ClaimPath] {
        reader.list(name, in: section, default: names.map { DottedPath(names: [$0]) }, mayBeEmpty: name != "subject").map(\.names)
    }

    private static func cookies(
        _ reader: inout SettingsReader, _ section: SettingsReader.Section, _ profiles: [Profile]
    ) -> [Cookie] {
        var cookies: [Cookie] = []
        for item in reader.items("cookies", in: section) {
            let entry = reader.section(item, keys: ["name", "profile"])
            let name = reader.required("name", in: entry, as: CookieName.self)
            let profile = reader.required("profile", in: entry, as: Choice<Profile>.self)
            guard let name, let profile else { continue }
            if cookies.contains(where: { $0.name == name.text }) { reader.problem("is there twice: `\(name.text)`", entry, "name") }
            if !profiles.contains(profile.value) {
                reader.problem("is not one of `sessions.profiles`", entry, "profile")
            }
            cookies.append(Cookie(name: name.text, profile: profile.value))
        }
        return cookies
    }
}

/// A claim, or one inside an object: `user.tenant`.
struct DottedPath: SettingValue {
    let names: [String]

    init(names: [String]) { self.names = names }

    init(parsing text: String) throws(ValueError) {
        names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !names.contains(""), text.utf8.count <= 256 else { throw ValueError("must be names of claims with dots between them") }
    }

    var shown: JSONValue { .string(names.joined(separator: ".")) }
}

struct CookieName: SettingValue {
    let text: String

    init(parsing text: String) throws(ValueError) {
        // token = 1*<any CHAR except CTLs or separators> (RFC 6265 section 4.1.1, RFC 2616 section 2.2)
        let isToken = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !#"()<>@,;:\"/[]?={}"#.utf8.contains($0) }
        guard isToken, (1...256).contains(text.utf8.count) else { throw ValueError("must be the name of a cookie") }
        self.text = text
    }

    var shown: JSONValue { .string(text) }
}
