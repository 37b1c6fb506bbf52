import StrictJSON

/// The session tokens that a gateway takes: a verifier for each profile and cookie, in the order of the configuration.
///
/// A token goes to one verifier, found by the cookie it came in, and by its shape and what its header names where that leaves a choice.
/// It is never tried on the keys of another.
package struct SessionVerifiers: Sendable {
    package let all: [SessionVerifier]
    /// Each name once, in the order of the configuration.
    package let cookieNames: [String]
    /// By the index of the name.
    private let byCookie: [[SessionVerifier]]
    /// Whether a profile signs and does not encrypt.
    package let takesSigned: Bool

    package init(_ verifiers: [SessionVerifier]) {
        all = verifiers
        var names: [String] = []
        for verifier in verifiers where !names.contains(verifier.cookieName) { names.append(verifier.cookieName) }
        cookieNames = names
        byCookie = names.map { name in verifiers.filter { $0.cookieName == name } }
        takesSigned = verifiers.contains { $0.profile.isSigned }
    }

    /// The verifier for a token that came in a cookie. What the header says proves nothing: the verifier reads it again.
    /// - Parameter cookie: index into `cookieNames`.
    /// - Throws: as `verifier(forBearer:)`, where several profiles share the cookie's name.
    package func verifier(forCookie cookie: Int, token: Span<UInt8>) throws(TokenError) -> SessionVerifier {
        let candidates = byCookie[cookie]
        return candidates.count == 1 ? candidates[0] : try Self.verifier(for: token, among: candidates)
    }

    /// The verifier for a bearer token, which has no cookie name to go by.
    /// - Throws: what is wrong with the token's form; `.wrongAlgorithm` or `.unknownKey` when it is no token of any verifier here.
    package func verifier(forBearer token: Span<UInt8>) throws(TokenError) -> SessionVerifier { try Self.verifier(for: token, among: all) }

    private static func verifier(for token: Span<UInt8>, among candidates: [SessionVerifier]) throws(TokenError) -> SessionVerifier {
        if let jws = try? UnverifiedJWS(token, maximumByteCount: UnverifiedJWE.maximumByteCount) {
            return try verifier(forSigned: jws.decodedHeader(of: token), among: candidates)
        }
        let jwe = try UnverifiedJWE(token)
        // Auth.js names its key, so its own header is the whole answer, and is usually the one that comes.
        if let issuer = candidates.first(where: { $0.profile == .authjsV5 && $0.wrote(headerOf: token, jwe.header) }),
            !candidates.contains(where: { $0.profile == .nextauthV4 && $0.wrote(headerOf: token, jwe.header) })
        {
            return issuer
        }
        return try verifier(forEncrypted: jwe.decodedHeader(of: token), among: candidates)
    }

    private static func verifier(forEncrypted header: JOSEHeader, among candidates: [SessionVerifier]) throws(TokenError) -> SessionVerifier
    {
        if let kid = header["kid"] {
            guard let verifier = candidates.first(where: { $0.profile == .authjsV5 && $0.knows(keyID: kid) }) else { throw .unknownKey }
            return verifier
        }
        if header["zip"] != nil { return try first(.nextauthV3, among: candidates) }
        if header["enc"]?.isString("A256GCM") ?? false, let verifier = candidates.first(where: { $0.profile == .nextauthV4 }) {
            return verifier
        }
        return try first(.authjsV5, among: candidates)
    }

    /// By the algorithm. NextAuth v3 and jsonwebtoken both write HS512, and only the latter names the type.
    private static func verifier(forSigned header: JOSEHeader, among candidates: [SessionVerifier]) throws(TokenError) -> SessionVerifier {
        let algorithm = header["alg"]?.string
        if algorithm == TokenAlgorithm.HS256.rawValue { return try first(.jwtHS256, among: candidates) }
        guard algorithm == TokenAlgorithm.HS512.rawValue else { throw .wrongAlgorithm }
        let (likely, other): (SessionProfile, SessionProfile) = header["typ"] == nil ? (.nextauthV3, .jwtHS512) : (.jwtHS512, .nextauthV3)
        if let verifier = candidates.first(where: { $0.profile == likely }) { return verifier }
        return try first(other, among: candidates)
    }

    private static func first(_ profile: SessionProfile, among candidates: [SessionVerifier]) throws(TokenError) -> SessionVerifier {
        guard let verifier = candidates.first(where: { $0.profile == profile }) else { throw .wrongAlgorithm }
        return verifier
    }
}
