package import OpenSSLCrypto
import StrictJSON

/// A client's assertion about itself (`client_secret_jwt`; RFC 7523 section 3), read strictly and believed in nothing until it is signed.
package struct UnverifiedClientAssertion: Sendable {
    private let token: [UInt8]
    private let jws: UnverifiedJWS
    private let claims: JSONDocument
    /// `sub`: whose secret is to prove it.
    package let clientID: String

    /// The longest that is looked at, in bytes, inclusive.
    package static let maximumByteCount = 4096
    /// Seconds that an assertion may count, inclusive.
    package static let maximumLifetime: Int64 = 60
    /// Characters of a `jti`, inclusive.
    private static let tokenIDLength = 1...255

    /// - Throws: what stands in the way of looking for a key.
    package init(_ token: [UInt8]) throws(TokenError) {
        self.token = token
        jws = try UnverifiedJWS(token.span, maximumByteCount: Self.maximumByteCount)
        let header = try jws.decodedHeader(of: token.span)
        claims = try JSONDocument(object: jws.decodedPayload(of: token.span), otherwise: .malformedToken)
        try jws.checkSignatureEncoding(of: token.span)
        // An access token or any other of ours is no assertion (RFC 8725 section 3.11).
        if let type = header["typ"], !type.isString("JWT"), !type.isString("client-authentication+jwt") { throw .wrongType }
        try header.checkAlgorithm(.HS256)
        try header.checkExtensions()
        guard let subject = claims.root["sub"]?.string, !subject.isEmpty else { throw .missingClaim }
        clientID = subject
    }

    /// Whether this key made it. The work does not depend on the answer.
    package func isSigned(by key: HMACKey) -> Bool {
        guard let mac = try? Base64URL.decode(token.span.extracting(jws.signature)) else { return false }
        return key.isValid(mac.span, for: token.span.extracting(jws.signingInput))
    }

    /// What is to be known of an assertion whose claims hold.
    package struct Use: Sendable, Equatable {
        /// `jti`: to be used once for this client.
        package let tokenID: String
        /// Unix seconds from which the assertion is refused for its age.
        package let expires: Int64
    }

    /// Judges the claims; to be asked once the signature has held.
    ///
    /// `aud` is the issuer, as the only string: one that may name others, or the endpoint, can be had by another server and passed on
    /// (CVE-2025-27370, CVE-2025-27371).
    /// - Parameters:
    ///   - now: unix seconds.
    ///   - leeway: seconds that the client's clock may be ahead.
    package func check(issuer: String, at now: Int64, leeway: Int64 = 15) throws(TokenError) -> Use {
        let root = claims.root
        guard let named = root["iss"] else { throw .missingClaim }
        guard named.isString(clientID) else { throw .wrongIssuer }
        guard let audience = root["aud"] else { throw .missingClaim }
        guard audience.isString(issuer) else { throw .wrongAudience }
        guard let end = root["exp"], let id = root["jti"] else { throw .missingClaim }
        let expires = try NumericDate.whole(end)
        guard let tokenID = id.string, Self.tokenIDLength.contains(tokenID.utf8.count) else { throw .badClaim }
        guard expires > now else { throw .expired }
        guard expires <= now + Self.maximumLifetime + leeway else { throw .lifetimeTooLong }
        for name in ["iat", "nbf"] {
            guard let element = root[name] else { continue }
            let time = try NumericDate.whole(element)
            guard time <= now + leeway else { throw .notYetValid }
            guard name != "iat" || expires - time <= Self.maximumLifetime else { throw .lifetimeTooLong }
        }
        return Use(tokenID: tokenID, expires: expires)
    }
}
