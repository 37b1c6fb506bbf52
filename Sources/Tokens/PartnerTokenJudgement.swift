import OpenSSLCrypto
import StrictJSON

/// One token on its way through the checks: each `judge` looks at what earlier ones found.
struct PartnerTokenJudgement {
    let now: Int64
    private var jws: UnverifiedJWS?
    private var headerBytes: [UInt8]?
    private var payloadBytes: [UInt8]?
    private var header: JOSEHeader?
    private var payload: JSONDocument?
    private(set) var key: TokenKey?
    private(set) var claims: PartnerClaims?

    init(now: Int64) { self.now = now }

    /// - Returns: true when the check holds; false when it has nothing to look at, since an earlier one did not hold.
    /// - Throws: when the check does not hold.
    mutating func judge(
        _ check: TokenCheck.Name, _ token: Span<UInt8>, by verifier: PartnerTokenVerifier
    ) throws(TokenError) -> Bool {
        switch check {
        case .length:
            guard token.count <= UnverifiedJWS.maximumByteCount else { throw .tokenTooLong }
        case .segments:
            guard token.count <= UnverifiedJWS.maximumByteCount else { return false }
            jws = try UnverifiedJWS(token)
        case .encoding:
            guard let jws else { return false }
            headerBytes = try Base64URL.decode(token.extracting(jws.header))
            payloadBytes = try Base64URL.decode(token.extracting(jws.payload))
            try jws.checkSignatureEncoding(of: token)
        case .header:
            guard let headerBytes else { return false }
            header = try JOSEHeader(headerBytes)
        case .payload:
            guard let payloadBytes else { return false }
            payload = try JSONDocument(object: payloadBytes, otherwise: .badPayload)
        case .type:
            guard let header else { return false }
            guard let type = header["typ"], type.isString("at+jwt") else { throw .wrongType }
        case .key:
            guard let header else { return false }
            key = try knownKey(header, verifier)
        case .algorithm:
            guard let header, let key else { return false }
            try header.checkAlgorithm(key.algorithm)
        case .extensions:
            guard let header else { return false }
            try header.checkExtensions()
        case .mac:
            guard let jws, let key else { return false }
            try jws.checkMAC(of: token, with: key)
        case .issuer:
            guard let payload else { return false }
            guard let issuer = payload.root["iss"], issuer.isString(verifier.issuer) else { throw .wrongIssuer }
        case .audience:
            guard let payload else { return false }
            try checkAudience(payload, verifier.audience)
        case .claims:
            guard let payload else { return false }
            claims = try PartnerClaims(payload.root)
        case .expiry:
            guard let claims else { return false }
            try claims.checkExpiry(at: now)
        case .start:
            guard let claims else { return false }
            try claims.checkStart(at: now, leeway: verifier.leeway)
        case .lifetime:
            guard let claims else { return false }
            try claims.checkLifetime(maximum: verifier.maximumLifetime)
        }
        return true
    }

    /// Looked up by exact match in the ring alone (CVE-2025-65945: whatever else the header says has no part in it). A retired key
    /// verifies until the last token it can have signed has expired.
    private func knownKey(_ header: JOSEHeader, _ verifier: PartnerTokenVerifier) throws(TokenError) -> TokenKey {
        guard let kid = header["kid"], let key = verifier.keys.key(named: kid) else { throw .unknownKey }
        if let retired = key.retired, now > retired + verifier.maximumLifetime + verifier.leeway { throw .unknownKey }
        return key
    }

    /// A string, or an array of nothing but strings that contains ours (RFC 7519 section 4.1.3).
    private func checkAudience(_ payload: JSONDocument, _ audience: String) throws(TokenError) {
        guard let given = payload.root["aud"] else { throw .wrongAudience }
        if given.isString(audience) { return }
        let list = given.elements
        guard list.allSatisfy({ $0.kind == .string }), list.contains(where: { $0.isString(audience) }) else { throw .wrongAudience }
    }
}

// MARK: - Details for people

extension PartnerTokenJudgement {
    /// What the check found, as far as it can be shown.
    func detail(of check: TokenCheck.Name, by verifier: PartnerTokenVerifier) -> String {
        switch check {
        case .length, .segments, .encoding, .header, .payload, .mac: ""
        case .type: shown(header?["typ"])
        case .key: shown(header?["kid"]) + (key?.retired.map { ", retired at \($0)" } ?? "")
        case .algorithm: shown(header?["alg"])
        case .extensions: JOSEHeader.forbidden.filter { header?[$0] != nil }.map { "`\($0)`" }.joined(separator: ", ")
        case .issuer: shown(payload?.root["iss"], expected: verifier.issuer)
        case .audience: shown(payload?.root["aud"], expected: verifier.audience)
        case .claims: claimProblem()
        case .expiry: claims.map { expiry($0) } ?? ""
        case .start: claims.map { "issued \(now - $0.issuedAt) s ago" } ?? ""
        case .lifetime: claims.map { "\($0.expires - $0.issuedAt) s, at most \(verifier.maximumLifetime) s" } ?? ""
        }
    }

    private func expiry(_ claims: PartnerClaims) -> String {
        claims.expires > now ? "expires in \(claims.expires - now) s" : "expired \(now - claims.expires) s ago"
    }

    /// The value as it stands in the token, and what it should be when it is something else.
    private func shown(_ element: JSONElement?, expected: String? = nil) -> String {
        guard let element else { return header == nil && payload == nil ? "" : "absent" }
        let text = String(decoding: element.document.bytes[element.rawRange], as: UTF8.self)
        if let expected, !element.isString(expected) { return "`\(text)`, expected `\(expected)`" }
        return "`\(text)`"
    }

    private func claimProblem() -> String {
        guard claims == nil, let payload else { return "" }
        let missing = ["exp", "iat", "sub", "jti", "client_id"].filter { payload.root[$0] == nil }
        if !missing.isEmpty { return "missing: " + missing.map { "`\($0)`" }.joined(separator: ", ") }
        return "a claim has the wrong type"
    }
}
