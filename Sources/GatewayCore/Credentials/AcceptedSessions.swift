package import OpenSSLCrypto
package import Tokens

/// Which session tokens this gateway takes, and under which cookie names. Immutable, part of a snapshot.
package struct AcceptedSessions: Sendable {
    /// Which of the standard cookie names count.
    package enum Secure: Sendable {
        /// Those with `__Secure-` on a secure connection and the plain ones elsewhere.
        case auto
        case both
    }

    /// A cookie that carries tokens of a profile beside the standard ones.
    package struct Cookie: Sendable {
        package let name: String
        package let profile: SessionProfile

        package init(name: String, profile: SessionProfile) {
            self.name = name
            self.profile = profile
        }
    }

    /// What holds on a connection of one kind.
    struct Group: Sendable {
        /// In the order of the configuration; looked for even where no key can judge what they hold.
        let cookies: [SessionCookieName]
        /// Nil: every session is refused, since there is no secret.
        let verifiers: SessionVerifiers?

        static let empty = Group(cookies: [], verifiers: nil)

        /// Whether any session could be presented at all.
        var isEmpty: Bool { cookies.isEmpty }
    }

    private let plain: Group
    private let secure: Group

    /// No session is one.
    package static let none = AcceptedSessions(plain: .empty, secure: .empty)

    private init(plain: Group, secure: Group) {
        self.plain = plain
        self.secure = secure
    }

    /// - Parameters:
    ///   - profiles: in the order in which they are looked for.
    ///   - cookies: beside the standard names of the profiles; these count on every connection.
    ///   - secrets: the UTF-8 bytes of each, newest first. Empty: INVARIANT (no secret, no session) what is presented as a session is refused.
    ///   - requireExpiry: whether a token without `exp` is refused.
    ///   - maximumAge: seconds since `iat`.
    /// - Throws: when a secret cannot be used.
    package init(
        profiles: [SessionProfile], cookies: [Cookie] = [], secure: Secure = .auto, secrets: [SecretBytes],
        names: SessionClaimNames = SessionClaimNames(), requireExpiry: Bool = true, maximumAge: Int64 = 30 * 86_400
    ) throws(SessionKeyError) {
        let unsecured = profiles.map { Cookie(name: $0.cookieName(secure: false), profile: $0) }
        let secured = profiles.map { Cookie(name: $0.cookieName(secure: true), profile: $0) }
        func group(_ standard: [Cookie]) throws(SessionKeyError) -> Group {
            var pairs: [Cookie] = []
            for cookie in standard + cookies where !pairs.contains(where: { $0.name == cookie.name && $0.profile == cookie.profile }) {
                pairs.append(cookie)
            }
            var verifiers: [SessionVerifier] = []
            for pair in pairs where !secrets.isEmpty {
                verifiers.append(
                    try SessionVerifier(
                        pair.profile, cookieName: pair.name, secrets: secrets, names: names, requireExpiry: requireExpiry,
                        maximumAge: maximumAge))
            }
            var cookieNames: [String] = []
            for pair in pairs where !cookieNames.contains(pair.name) { cookieNames.append(pair.name) }
            return Group(
                cookies: cookieNames.map { SessionCookieName($0) }, verifiers: secrets.isEmpty ? nil : SessionVerifiers(verifiers))
        }
        switch secure {
        case .auto: self.init(plain: try group(unsecured), secure: try group(secured))
        case .both:
            let both = try group(zip(unsecured, secured).flatMap { [$0, $1] })
            self.init(plain: both, secure: both)
        }
    }

    /// Those of every profile, accepted or not: another application's session is no upstream's business either.
    package static let standardBareNames = ["authjs.session-token", "next-auth.session-token"]

    /// The further names of cookies that may hold a session, without `__Secure-` and `__Host-`: no upstream receives one.
    package var bareCookieNames: [String] {
        var names: [String] = []
        for cookie in plain.cookies + secure.cookies {
            let prefix = ["__Secure-", "__Host-"].first { cookie.text.hasPrefix($0) } ?? ""
            let name = String(cookie.text.dropFirst(prefix.count))
            if !names.contains(name), !Self.standardBareNames.contains(name) { names.append(name) }
        }
        return names
    }

    func group(isSecure: Bool) -> Group { isSecure ? secure : plain }

    /// Judges a token as it would be judged on a connection of that kind, for people who look for what is wrong with it.
    /// - Parameters:
    ///   - cookie: the name of the cookie it came in; nil: as a bearer token.
    ///   - now: unix seconds.
    package func judge(
        _ token: Span<UInt8>, cookie: String?, isSecure: Bool, at now: Int64
    ) throws(TokenError) -> (session: VerifiedSession, cookieName: String) {
        let group = group(isSecure: isSecure)
        guard let verifiers = group.verifiers else { throw .unknownKey }
        let verifier: SessionVerifier
        if let cookie {
            guard let index = verifiers.cookieNames.firstIndex(of: cookie) else { throw .unknownKey }
            verifier = try verifiers.verifier(forCookie: index, token: token)
        } else {
            verifier = try verifiers.verifier(forBearer: token)
        }
        return (try verifier.verify(token, at: now), verifier.cookieName)
    }
}
