package import OpenSSLCrypto
package import StrictJSON

/// Issues session tokens as the application would: for tests, demonstrations and support. The gateway itself never does.
package struct SessionIssuer: Sendable {
    package let profile: SessionProfile
    private let keys: SessionKeys

    /// - Parameter secrets: as for `SessionVerifier`; the first is used.
    package init(_ profile: SessionProfile, cookieName: String, secrets: [SecretBytes]) throws(SessionKeyError) {
        self.profile = profile
        keys = try SessionKeys(profile, cookieName: cookieName, secrets: secrets)
    }

    /// A token with these claims and `iat`, `exp` and `jti`, which replace those given, as in the reference.
    /// - Parameters:
    ///   - lifetime: seconds.
    ///   - now: unix seconds.
    package func issue(
        _ claims: [(String, JSONValue)], lifetime: Int64, at now: Int64, tokenID: String
    ) throws(CryptoError) -> String {
        let added: [(String, JSONValue)] = [("iat", .integer(now)), ("exp", .integer(now + lifetime)), ("jti", .string(tokenID))]
        let own = claims.filter { name, _ in !added.contains { $0.0 == name } }
        let payload = JSONValue.object(own + added).utf8()
        if let key = keys.signing { return signed(payload, key) }
        return try encrypted(payload, keys.content[0])  // every profile has a signing key or one for content
    }

    private func signed(_ payload: [UInt8], _ key: TokenKey) -> String {
        var header: [(String, JSONValue)] = [("alg", .string(key.algorithm.rawValue))]
        if profile != .nextauthV3 { header.append(("typ", "JWT")) }
        let input = Base64URL.encode(JSONValue.object(header).utf8()) + "." + Base64URL.encode(payload)
        return input + "." + Base64URL.encode(key.mac.authenticate(Array(input.utf8)))
    }

    private func encrypted(_ payload: [UInt8], _ key: SessionContentKey) throws(CryptoError) -> String {
        let header = key.headerSegment
        let vector: [UInt8]
        let sealed: (ciphertext: [UInt8], tag: [UInt8])
        switch key.cipher {
        case .cbcHMAC(let key):
            vector = RandomBytes.generate(AESCBCHMAC.ivByteCount)
            sealed = try key.seal(payload, iv: vector, aad: header)
        case .gcm(let bytes):
            vector = RandomBytes.generate(AESGCM.nonceByteCount)
            sealed = try AESGCM.seal(payload, key: bytes, nonce: vector, aad: header)
        }
        return String(decoding: header, as: UTF8.self) + ".." + Base64URL.encode(vector) + "."
            + Base64URL.encode(sealed.ciphertext) + "." + Base64URL.encode(sealed.tag)
    }
}
