import Access
import HTTPWire
import SharedState
import Tokens

/// Who makes a request: finds its credentials and judges them. One for each event loop and snapshot, since it remembers what held.
///
/// INVARIANT (found is final): a credential that is found and does not hold refuses the request; only absence looks further.
struct CredentialJudge {
    let snapshot: Snapshot
    private var memory = TokenMemory()

    init(_ snapshot: Snapshot) { self.snapshot = snapshot }

    var memoryCounts: TokenMemoryCounts { memory.counts }

    /// - Parameters:
    ///   - isSecure: whether the connection is.
    ///   - now: unix seconds.
    /// - Returns: nil when there is no credential at all.
    /// - Throws: 401 for what does not hold, 400 for credentials of different principals.
    mutating func authenticate(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, isSecure: Bool, refusing revoked: RevocationList, at now: Int64
    ) throws(Refusal) -> AuthenticatedCaller? {
        let group = snapshot.sessions.group(isSecure: isSecure)
        let session = try cookieSession(head, bytes, group, isSecure: isSecure, at: now)
        if let session, session.isRevoked(by: revoked) { throw session.refusal(.revoked) }
        let bearer = try bearer(head, bytes, group, isSecure: isSecure, beside: session, at: now)
        if let bearer, bearer.isRevoked(by: revoked) { throw bearer.refusal(.revoked) }
        guard let session else { return bearer }
        if let bearer, !bearer.isSame(as: session) { throw .ambiguousCredentials }
        return session
    }

    // MARK: Cookies

    private mutating func cookieSession(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ group: AcceptedSessions.Group, isSecure: Bool, at now: Int64
    ) throws(Refusal) -> AuthenticatedCaller? {
        let found: SessionCookies.Found
        do throws(TokenError) { found = try SessionCookies.find(head, bytes, named: group.cookies) } catch {
            throw .badSession(Reason(error))
        }
        switch found {
        case .absent: return nil
        case .whole(let cookie, let range):
            return try session(bytes.extracting(range), cookie, group, isSecure: isSecure, at: now)
        case .made(let tokens):
            var first: AuthenticatedCaller?
            for made in tokens {
                let caller = try session(made.token.span, made.cookie, group, isSecure: isSecure, at: now)
                if let first, !first.isSame(as: caller) { throw .ambiguousCredentials }
                first = first ?? caller
            }
            return first
        }
    }

    private mutating func session(
        _ token: Span<UInt8>, _ cookie: Int, _ group: AcceptedSessions.Group, isSecure: Bool, at now: Int64
    ) throws(Refusal) -> AuthenticatedCaller {
        let arrival = TokenArrival.cookie(cookie, isSecure: isSecure)
        let hash = TokenMemory.hash(token, arrival)
        do throws(TokenError) {
            if let caller = memory.find(token, arrival, hash: hash) {
                try caller.checkTime(in: snapshot, at: now)
                return caller
            }
            guard let verifiers = group.verifiers else { throw .unknownKey }
            let session = try verifiers.verifier(forCookie: cookie, token: token).verify(token, at: now)
            if let caller = try SessionAuthenticator.authenticate(session, isCookie: true, in: snapshot) {
                memory.remember(token, arrival, hash: hash, as: caller)
                return caller
            }
        } catch {
            throw .badSession(Reason(error))
        }
        throw .badSession(.callerNotAllowed)
    }

    // MARK: Bearer tokens

    /// - Parameter session: what the cookie brought. It decides alone (reference, section 6): beside it, an `Authorization` header that
    ///   holds no token of any shape is no credential, while a token that does not hold or is another's refuses the request.
    private mutating func bearer(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ group: AcceptedSessions.Group, isSecure: Bool,
        beside session: AuthenticatedCaller?, at now: Int64
    ) throws(Refusal) -> AuthenticatedCaller? {
        let range: Range<Int>
        switch BearerCredential.find(head, bytes) {
        case .absent: return nil
        case .unusable(let reason):
            if session != nil, reason == .malformedToken { return nil }
            throw .badToken(reason)
        case .token(let found): range = found
        }
        let token = bytes.extracting(range)
        let arrival = TokenArrival.bearer(isSecure: isSecure)
        let hash = TokenMemory.hash(token, arrival)
        if let caller = memory.find(token, arrival, hash: hash) {
            do throws(TokenError) { try caller.checkTime(in: snapshot, at: now) } catch {
                throw caller.refusal(Reason(error))
            }
            return caller
        }
        let shape: BearerCredential.Shape
        let takesSigned = group.verifiers?.takesSigned ?? false
        // NextAuth undoes percent-encoding here, so its clients may do it. Not remembered: one session has no end of such spellings.
        if let plain = unescaped(token) {
            if !group.isEmpty, BearerCredential.shape(of: plain.span, takesSignedSessions: takesSigned) == .session {
                return try bearerSession(plain.span, group, at: now)
            }
            shape = .none
        } else {
            shape = BearerCredential.shape(of: token, takesSignedSessions: takesSigned)
        }
        switch shape {
        case .partnerToken:
            do throws(TokenError) {
                let caller = try PartnerTokenAuthenticator.authenticate(token, in: snapshot, at: now)
                memory.remember(token, arrival, hash: hash, as: caller)
                return caller
            } catch {
                throw .badToken(Reason(error))
            }
        case .session where !group.isEmpty:
            let caller = try bearerSession(token, group, at: now)
            memory.remember(token, arrival, hash: hash, as: caller)
            return caller
        case .session, .none:
            if session != nil { return nil }
            throw .badToken(.malformedToken)
        }
    }

    private func bearerSession(_ token: Span<UInt8>, _ group: AcceptedSessions.Group, at now: Int64) throws(Refusal) -> AuthenticatedCaller
    {
        do throws(TokenError) {
            guard let verifiers = group.verifiers else { throw .unknownKey }
            let session = try verifiers.verifier(forBearer: token).verify(token, at: now)
            if let caller = try SessionAuthenticator.authenticate(session, isCookie: false, in: snapshot) { return caller }
        } catch {
            throw .badSession(Reason(error))
        }
        throw .badSession(.callerNotAllowed)
    }

    /// Nil when nothing is percent-encoded; nothing when it is not as it must be (GHSA-xmf8-cvqr-rfgj).
    private func unescaped(_ token: Span<UInt8>) -> [UInt8]? {
        for index in token.indices where token[index] == UInt8(ascii: "%") { return (try? PercentEncoding.decode(token)) ?? [] }
        return nil
    }
}
