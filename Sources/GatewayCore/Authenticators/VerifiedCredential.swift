import Access
import SharedState
import Tokens

/// What stands behind a principal: all that has to be judged again on every request while the credential is remembered.
enum VerifiedCredential: Sendable {
    case partnerToken(VerifiedClaims)
    /// - Parameters:
    ///   - issuedAt: unix seconds.
    ///   - isCookie: whether a browser sends it by itself, whichever page a request comes from.
    case session(ValidityPeriod, issuedAt: Int64?, isCookie: Bool)
}

extension AuthenticatedCaller {
    package var isCookieSession: Bool {
        if case .session(_, _, let isCookie) = credential { isCookie } else { false }
    }

    /// - Parameter now: unix seconds.
    func checkTime(in snapshot: Snapshot, at now: Int64) throws(TokenError) {
        switch credential {
        case .partnerToken(let claims): try snapshot.verifier.checkTime(of: claims, at: now)
        case .session(let period, _, _): try period.check(at: now)
        }
    }

    func isRevoked(by list: RevocationList) -> Bool {
        switch credential {
        case .partnerToken(let claims): list.refusesToken(id: claims.tokenID)
        case .session(_, let issuedAt, _): list.refusesSession(of: principal.subject, issuedAt: issuedAt)
        }
    }

    /// How the caller of the API is told that the credential does not hold any more.
    func refusal(_ reason: Reason) -> Refusal {
        switch credential {
        case .partnerToken: .badToken(reason)
        case .session: .badSession(reason)
        }
    }

    /// Whether both stand for the same principal, with the same roles: then it makes no difference which one is used.
    func isSame(as other: AuthenticatedCaller) -> Bool {
        let (one, two) = (principal, other.principal)
        return one.caller === two.caller && one.subject == two.subject && one.tenant == two.tenant && one.roles == two.roles
    }
}
