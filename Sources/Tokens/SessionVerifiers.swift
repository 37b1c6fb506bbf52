import StrictJSON

/// The session tokens a gateway takes: one verifier for each cookie, in the order of the configuration.
///
/// A token goes to one verifier, found by the cookie it came in or, in an `Authorization` header, by its shape and what its header
/// names; it is never tried on the keys of another.
package struct SessionVerifiers: Sendable {
    package let all: [SessionVerifier]

    package init(_ verifiers: [SessionVerifier]) { all = verifiers }

    package func verifier(forCookie name: String) -> SessionVerifier? { all.first { $0.cookieName == name } }

    /// The verifier for a bearer token, which has no cookie name to go by. The header that is read here proves nothing: the verifier
    /// reads it again.
    /// - Throws: what is wrong with the token's form; `.wrongAlgorithm` or `.unknownKey` when it is no token of any verifier here.
    package func verifier(forBearer token: Span<UInt8>) throws(TokenError) -> SessionVerifier {
        if let jws = try? UnverifiedJWS(token, maximumByteCount: UnverifiedJWE.maximumByteCount) {
            let header = try jws.decodedHeader(of: token)
            return try first { verifier in
                switch verifier.profile {
                case .jwtHS256: header["alg"]?.isString("HS256") ?? false
                case .jwtHS512, .nextauthV3: header["alg"]?.isString("HS512") ?? false
                case .authjsV5, .nextauthV4: false
                }
            }
        }
        let jwe = try UnverifiedJWE(token)
        let header = try jwe.decodedHeader(of: token)
        if let kid = header["kid"] {
            guard let verifier = all.first(where: { $0.profile == .authjsV5 && $0.knows(keyID: kid) }) else { throw .unknownKey }
            return verifier
        }
        if header["zip"] != nil { return try first { $0.profile == .nextauthV3 } }
        if header["enc"]?.isString("A256GCM") ?? false, let verifier = all.first(where: { $0.profile == .nextauthV4 }) {
            return verifier
        }
        return try first { $0.profile == .authjsV5 }
    }

    private func first(where takes: (SessionVerifier) -> Bool) throws(TokenError) -> SessionVerifier {
        guard let verifier = all.first(where: takes) else { throw .wrongAlgorithm }
        return verifier
    }
}
