package import OpenSSLCrypto
package import StrictJSON

/// Verifies the session tokens of one profile as one cookie carries them.
///
/// Where the reference is lenient this is strict: one base64url, no `zip`, no extension, no duplicate member, an end and an age.
package struct SessionVerifier: Sendable {
    package let profile: SessionProfile
    /// The cookie's full name, prefix included; for Auth.js it is the salt. Never taken from the request.
    package let cookieName: String
    package let names: SessionClaimNames
    package let requireExpiry: Bool
    /// Seconds since `iat`, inclusive; nil: any age.
    package let maximumAge: Int64?
    private let keys: SessionKeys

    /// - Parameter secrets: the UTF-8 bytes of each, newest first; none empty.
    package init(
        _ profile: SessionProfile, cookieName: String, secrets: [SecretBytes], names: SessionClaimNames = SessionClaimNames(),
        requireExpiry: Bool = true, maximumAge: Int64? = 30 * 86_400
    ) throws(SessionKeyError) {
        self.profile = profile
        self.cookieName = cookieName
        self.names = names
        self.requireExpiry = requireExpiry
        self.maximumAge = maximumAge
        keys = try SessionKeys(profile, cookieName: cookieName, secrets: secrets)
    }

    /// - Parameters:
    ///   - token: the joined chunks of the cookie, or what the `Authorization` header brought.
    ///   - now: unix seconds.
    package func verify(_ token: Span<UInt8>, at now: Int64) throws(TokenError) -> VerifiedSession {
        let payload = try payload(of: token)
        let times = try SessionTimes(payload.root)
        let period = try times.period(of: profile, requireExpiry: requireExpiry, maximumAge: maximumAge)
        try period.check(at: now)
        return try VerifiedSession(payload, profile: profile, names: names, times: times, period: period)
    }

    /// The claims of a token that one of these keys made. That it counts, now or ever, or is anybody's session is not judged: for people
    /// who look for what is wrong with a token of theirs.
    package func payload(of token: Span<UInt8>) throws(TokenError) -> JSONDocument {
        switch profile {
        case .authjsV5, .nextauthV4: return try opened(token)
        case .jwtHS256, .jwtHS512: return try signed(token)
        case .nextauthV3:
            guard token.isJWE else { return try signed(token) }
            let inner = try unwrapped(token)
            return try signed(inner.span)
        }
    }

    /// Whether the header names a key of this verifier: the sure sign, in a bearer token, of the cookie name it was salted with.
    func knows(keyID: JSONElement) -> Bool {
        keys.content.contains { keyID.isString($0.thumbprint) }
    }

    /// Whether the header of an encrypted token names a key of this verifier.
    package func namesKey(headerOf token: Span<UInt8>) -> Bool {
        guard let jwe = try? UnverifiedJWE(token), let kid = try? jwe.decodedHeader(of: token)["kid"] else { return false }
        return knows(keyID: kid)
    }

    /// Whether this header segment is, byte for byte, what the issuer of this profile writes for one of these keys.
    func wrote(headerOf token: Span<UInt8>, _ header: Range<Int>) -> Bool {
        let header = token.extracting(header)
        return keys.content.contains { header.isEqual(to: $0.headerSegment) }
    }

    // MARK: - Encrypted

    private func opened(_ token: Span<UInt8>) throws(TokenError) -> JSONDocument {
        let jwe = try UnverifiedJWE(token)
        let header = token.extracting(jwe.header)
        // What the issuer itself writes is recognized as a whole: it holds every rule below and names this key, or the first.
        for key in keys.content where header.isEqual(to: key.headerSegment) {
            let plaintext = try key.open(jwe, of: token)
            return try JSONDocument(object: plaintext, otherwise: .badPayload)
        }
        let read = try jwe.decodedHeader(of: token)
        try read.checkExtensions()
        // A decompression bomb costs nothing when it is not unpacked.
        guard read["zip"] == nil else { throw .forbiddenHeader }
        let key = try key(for: read)
        let plaintext = try key.open(jwe, of: token)
        let payload = try JSONDocument(object: plaintext, otherwise: .badPayload)
        try checkReplicated(read, in: payload)
        return payload
    }

    /// The key that the header asks for, by rules that depend on nothing but names (reference, section 3.1 step 3).
    private func key(for header: JOSEHeader) throws(TokenError) -> SessionContentKey {
        guard let algorithm = header["alg"], algorithm.isString("dir"), let encryption = header["enc"],
            let first = keys.content.first(where: { encryption.isString($0.encryption) })
        else { throw .wrongAlgorithm }
        // v4 has one key and looks at no `kid`. Without `kid` the first secret alone is tried.
        guard profile == .authjsV5, let kid = header["kid"] else { return first }
        guard let named = keys.content.first(where: { encryption.isString($0.encryption) && kid.isString($0.thumbprint) }) else {
            throw .unknownKey
        }
        return named
    }

    /// Claims that the header repeats must be the same there (RFC 7519 section 5.3).
    private func checkReplicated(_ header: JOSEHeader, in payload: JSONDocument) throws(TokenError) {
        for name in ["iss", "sub", "aud"] {
            guard let replica = header[name] else { continue }
            guard let claim = payload.root[name], claim.kind == replica.kind, claim.utf8 == replica.utf8 else { throw .badClaim }
        }
    }

    // MARK: - Signed

    private func signed(_ token: Span<UInt8>) throws(TokenError) -> JSONDocument {
        guard let key = keys.signing else { throw .unknownKey }
        let jws = try VerifiedJWS.verify(token, with: key, maximumByteCount: UnverifiedJWE.maximumByteCount)
        // Our own access tokens and assertions have types of their own; what NextAuth and jsonwebtoken sign is `JWT` or nothing.
        if let type = jws.header["typ"], !type.isString("JWT") { throw .wrongType }
        return try JSONDocument(object: jws.payload, otherwise: .badPayload)
    }

    /// The JWS inside v3's encryption: always A256GCM, always deflated.
    private func unwrapped(_ token: Span<UInt8>) throws(TokenError) -> [UInt8] {
        let jwe = try UnverifiedJWE(token)
        let header = try jwe.decodedHeader(of: token)
        try header.checkExtensions()
        guard let zip = header["zip"], zip.isString("DEF") else { throw .forbiddenHeader }
        // Inflated behind the authentication tag alone, and bounded: nobody without the key gets here.
        let key = try key(for: header)
        let plaintext = try key.open(jwe, of: token)
        return try Inflate.inflate(plaintext.span, maximumByteCount: 250_000)
    }
}

extension Span<UInt8> {
    /// Four dots are a JWE's, two a JWS's; anything else is neither, and told so by whoever splits it.
    fileprivate var isJWE: Bool {
        var dots = 0
        for index in indices where self[index] == UInt8(ascii: ".") { dots += 1 }
        return dots == 4
    }

    fileprivate func isEqual(to other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        for index in other.indices where self[index] != other[index] { return false }
        return true
    }
}
