package import GatewayCore
package import OpenSSLCrypto
package import Tokens

extension SessionSettings.Profile {
    package var profile: SessionProfile {
        switch self {
        case .authjsV5: .authjsV5
        case .nextauthV4: .nextauthV4
        case .nextauthV3: .nextauthV3
        case .jwtHS256: .jwtHS256
        case .jwtHS512: .jwtHS512
        }
    }
}

extension SessionSettings {
    /// As the token side takes them: a dotted path is one text.
    package var claimNames: SessionClaimNames {
        SessionClaimNames(subject: subjectClaims.map(Self.text), roles: rolesClaims.map(Self.text), tenant: tenantClaims.map(Self.text))
    }

    /// These settings with the secrets of the keys folder; without any, every session is refused.
    /// - Throws: when a secret cannot be used.
    package func accepted(secrets: [SecretBytes]) throws(SessionKeyError) -> AcceptedSessions {
        try AcceptedSessions(
            profiles: profiles.map(\.profile), cookies: cookies.map { AcceptedSessions.Cookie(name: $0.name, profile: $0.profile.profile) },
            secure: secure == .both ? .both : .auto, secrets: secrets, names: claimNames, requireExpiry: requireExpiry,
            maximumAge: maximumAge.seconds
        )
    }

    /// Seconds after which no session counts any more, whatever it says. At least the 30 days that NextAuth itself gives a session, since
    /// a maximum age that was raised again must not revive what was revoked meanwhile.
    package var longestLife: Int64 { max(maximumAge.seconds, TimeSpan.days(30).seconds) }

    private static func text(_ path: ClaimPath) -> String { path.joined(separator: ".") }
}
