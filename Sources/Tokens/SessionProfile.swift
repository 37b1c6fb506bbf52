/// The kinds of session tokens: what issued them says how they are keyed, laid out and judged.
package enum SessionProfile: String, Sendable, CaseIterable {
    /// Auth.js v5 (`@auth/core` 0.18.1 and later): JWE, A256CBC-HS512 or A256GCM, the key salted by the cookie's name.
    case authjsV5 = "authjs-v5"
    /// NextAuth.js v4: JWE, A256GCM.
    case nextauthV4 = "nextauth-v4"
    /// NextAuth.js v3: JWS HS512 under a derived key, or that inside a JWE.
    case nextauthV3 = "nextauth-v3"
    /// `jwt.encode` overridden with a plain JWS; the secret itself is the key.
    case jwtHS256 = "jwt-hs256"
    case jwtHS512 = "jwt-hs512"

    /// The session cookie's name where nobody configured another.
    package func cookieName(secure: Bool) -> String {
        let base =
            switch self {
            case .authjsV5: "authjs.session-token"
            case .nextauthV4, .nextauthV3, .jwtHS256, .jwtHS512: "next-auth.session-token"
            }
        return secure ? "__Secure-" + base : base
    }

    /// Whether its tokens are signed (JWS), and not only encrypted.
    package var isSigned: Bool {
        switch self {
        case .authjsV5, .nextauthV4: false
        case .nextauthV3, .jwtHS256, .jwtHS512: true
        }
    }

    /// Characters beyond which the token is split over several cookies, each of this size but the last. (v3 never splits; a browser
    /// would refuse the cookie.)
    package var cookieChunkSize: Int {
        switch self {
        case .authjsV5: 3936
        case .nextauthV4, .nextauthV3, .jwtHS256, .jwtHS512: 3933
        }
    }

    /// Seconds that the clocks of issuer and gateway may differ, as the reference allows them.
    package var clockTolerance: Int64 {
        switch self {
        case .authjsV5, .nextauthV4: 15
        case .nextauthV3, .jwtHS256, .jwtHS512: 0
        }
    }
}
