import StrictJSON

/// Verifies access tokens of partners (contract: "Presenting"): every check, in its order, against keys that were chosen beforehand.
///
/// A value without state: threads share it, and a change of keys is a new value. What the store and the registry know (revoked,
/// partner present and enabled) is judged behind it.
package struct PartnerTokenVerifier: Sendable {
    package let keys: KeyRing
    package let issuer: String
    package let audience: String
    /// Seconds from `iat` to `exp` that a token may have at most, inclusive.
    package let maximumLifetime: Int64
    /// Seconds that `iat` and `nbf` may lie in the future, inclusive. `exp` has none: an expired token is expired.
    package let leeway: Int64
    private let layout: PartnerTokenLayout

    package init(keys: KeyRing, issuer: String, audience: String, maximumLifetime: Int64 = 3600, leeway: Int64 = 15) {
        self.keys = keys
        self.issuer = issuer
        self.audience = audience
        self.maximumLifetime = maximumLifetime
        self.leeway = leeway
        layout = PartnerTokenLayout(keys: keys, issuer: issuer, audience: audience)
    }

    /// The token's claims, or the first check that does not hold.
    ///
    /// A token in our issuer's own layout is recognized without taking JSON apart; every other, and every token that is not accepted
    /// that way, goes through the checks one by one, which alone refuse.
    /// - Parameters:
    ///   - token: the bytes as they came, without the scheme.
    ///   - now: unix seconds.
    package func verify(_ token: Span<UInt8>, at now: Int64) throws(TokenError) -> VerifiedClaims {
        if let claims = layout.claims(of: token, at: now, by: self) { return VerifiedClaims(claims, issuer: issuer) }
        var judgement = PartnerTokenJudgement(now: now)
        for check in TokenCheck.Name.allCases {
            // All earlier checks held, so this one has what it looks at.
            guard try judgement.judge(check, token, by: self) else { throw .malformedToken }
        }
        guard let claims = judgement.claims else { throw .missingClaim }
        judgement.key?.use.note(at: now)
        return VerifiedClaims(claims, issuer: issuer)
    }

    /// Judges again what the passing of time changes, for claims that were verified before.
    package func checkTime(of verified: VerifiedClaims, at now: Int64) throws(TokenError) {
        try verified.claims.checkExpiry(at: now)
        try verified.claims.checkStart(at: now, leeway: leeway)
    }

    /// Each check of `verify`, in its order and by its code, and whether it holds; going on where one does not.
    ///
    /// For people who look for what is wrong with a token of theirs. No detail holds a key, or a MAC that was expected.
    package func checks(_ token: Span<UInt8>, at now: Int64) -> [TokenCheck] {
        var judgement = PartnerTokenJudgement(now: now)
        var checks: [TokenCheck] = []
        for name in TokenCheck.Name.allCases {
            do throws(TokenError) {
                let holds: Bool? = try judgement.judge(name, token, by: self) ? true : nil
                checks.append(TokenCheck(name: name, holds: holds, error: nil, detail: judgement.detail(of: name, by: self)))
            } catch {
                checks.append(TokenCheck(name: name, holds: false, error: error, detail: judgement.detail(of: name, by: self)))
            }
        }
        return checks
    }
}
