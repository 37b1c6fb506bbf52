package import StrictJSON

/// Where a session's claims say who it is: for each the names to look under, the first that is there wins.
package struct SessionClaimNames: Sendable, Equatable {
    package var subject: [String]
    package var roles: [String]
    package var tenant: [String]

    /// A name is a member of the claims; if there is none of that name, its dots reach into objects: `user.companyId`.
    package init(
        subject: [String] = ["sub", "email"], roles: [String] = ["roles", "role"],
        tenant: [String] = ["tenant", "tenantId", "companyId"]
    ) {
        self.subject = subject
        self.roles = roles
        self.tenant = tenant
    }

    /// The first that is there. What is null is not there: NextAuth writes null for what a provider did not tell.
    static func first(of names: [String], in claims: JSONElement) -> JSONElement? {
        for name in names {
            if let element = claims[name] ?? reached(name, from: claims), !element.isNull { return element }
        }
        return nil
    }

    private static func reached(_ path: String, from claims: JSONElement) -> JSONElement? {
        guard path.utf8.contains(UInt8(ascii: ".")) else { return nil }
        var element = claims
        for name in path.split(separator: ".", omittingEmptySubsequences: false) {
            guard let next = element[String(name)] else { return nil }
            element = next
        }
        return element
    }
}

/// A session token that opened or verified, and whose times hold. Only Tokens makes one.
package struct VerifiedSession: Sendable {
    package let profile: SessionProfile
    /// Never empty: a token without it is no session (CVE-2023-48309), whatever opened it.
    package let subject: String
    package let roles: [String]
    package let tenant: String?
    /// `jti`, which changes with every refresh of the session.
    package let tokenID: String?
    /// Unix seconds, rounded down.
    package let issuedAt: Int64?
    /// Unix seconds, rounded down; the session counts until `clockTolerance` behind it.
    package let expires: Int64?
    /// By `exp`, `nbf` and `iat`, with the profile's tolerance and the maximum age counted in.
    package let period: ValidityPeriod
    /// All that the application put in.
    package let claims: JSONDocument

    // INVARIANT (verified by construction): internal, and called by `SessionVerifier.verify` alone.
    init(
        _ claims: JSONDocument, profile: SessionProfile, names: SessionClaimNames, times: SessionTimes, period: ValidityPeriod
    ) throws(TokenError) {
        self.profile = profile
        self.claims = claims
        self.period = period
        tokenID = claims.root["jti"]?.string
        issuedAt = times.issuedAt.map { Int64($0.rounded(.down)) }
        expires = times.expires.map { Int64($0.rounded(.down)) }
        guard let subject = SessionClaimNames.first(of: names.subject, in: claims.root) else { throw .missingClaim }
        self.subject = try Self.text(subject)
        roles = try SessionClaimNames.first(of: names.roles, in: claims.root).map(Self.texts) ?? []
        tenant = try SessionClaimNames.first(of: names.tenant, in: claims.root).map(Self.identifier)
    }

    private static func text(_ element: JSONElement) throws(TokenError) -> String {
        guard let text = element.string, !text.isEmpty else { throw .badClaim }
        return text
    }

    /// One role, or a list of them.
    private static func texts(_ element: JSONElement) throws(TokenError) -> [String] {
        if element.kind == .string { return [try text(element)] }
        guard element.kind == .array else { throw .badClaim }
        return try element.elements.map(text)
    }

    /// Text, or a whole number as a database hands it out, in its decimal digits.
    private static func identifier(_ element: JSONElement) throws(TokenError) -> String {
        if let number = element.integer { return String(number) }
        return try text(element)
    }
}

/// `iat`, `nbf` and `exp` of a session: numbers, fractions allowed, as JavaScript writes them.
struct SessionTimes {
    let issuedAt: Double?
    let notBefore: Double?
    let expires: Double?

    init(issuedAt: Double?, notBefore: Double?, expires: Double?) {
        self.issuedAt = issuedAt
        self.notBefore = notBefore
        self.expires = expires
    }

    init(_ claims: JSONElement) throws(TokenError) {
        issuedAt = try Self.time(claims["iat"])
        notBefore = try Self.time(claims["nbf"])
        expires = try Self.time(claims["exp"])
    }

    private static func time(_ element: JSONElement?) throws(TokenError) -> Double? {
        guard let element else { return nil }
        guard let value = element.integer.map(Double.init) ?? element.double, abs(value) <= Double(NumericDate.bounds.upperBound) else {
            throw .badClaim
        }
        return value
    }

    /// The rules of the reference (jose `jwt_claims_set`, jsonwebtoken `verify`), and those that a gateway adds: an end must be
    /// stated where that is required, and nothing is older than the maximum age.
    ///
    /// A clock of whole seconds can only see a fraction as the second behind it (`exp > n` is `ceil(exp) > n`) or before it.
    func period(of profile: SessionProfile, requireExpiry: Bool, maximumAge: Int64?) throws(TokenError) -> ValidityPeriod {
        var first = Int64.min
        var last = Int64.max
        if let expires {
            last = Int64(expires.rounded(.up)) + profile.clockTolerance - 1
        } else if requireExpiry {
            throw .missingClaim
        }
        if let notBefore { first = Int64(notBefore.rounded(.up)) - profile.clockTolerance }
        // v3 alone compares `iat` with the clock.
        if profile == .nextauthV3 {
            guard let issuedAt else { throw .missingClaim }
            first = max(first, Int64(issuedAt.rounded(.up)))
        }
        if let maximumAge {
            guard let issuedAt else { throw .missingClaim }
            last = min(last, Int64(issuedAt.rounded(.down)) + maximumAge)
        }
        return ValidityPeriod(first: first, last: last)
    }
}
