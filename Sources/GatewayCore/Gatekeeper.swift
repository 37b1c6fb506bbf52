package import Access
package import HTTPWire
package import SharedState
import Tokens

/// The whole decision about a request, as one synchronous call: no I/O, no `await`, no server library.
///
/// One for each event loop, since it remembers the tokens it has verified.
package struct Gatekeeper {
    /// What is known of a connection's other end.
    package struct Peer: Sendable {
        package let address: IPAddress?
        /// Whether what is sent and answered is encrypted on its way.
        package let isSecure: Bool

        package init(address: IPAddress?, isSecure: Bool = false) {
            self.address = address
            self.isSecure = isSecure
        }
    }

    package let snapshot: Snapshot
    /// What is refused whatever else holds; replaced whole when the store has learned of more.
    package var revocations: RevocationList
    private let rates: RateLimiter?
    private var judge: CredentialJudge

    /// Of this snapshot's tokens.
    package var tokenMemory: TokenMemoryCounts { judge.memoryCounts }

    /// - Parameter rates: of the whole node; nil: no rate holds.
    package init(_ snapshot: Snapshot, revocations: RevocationList = .empty, rates: RateLimiter? = nil) {
        self.snapshot = snapshot
        self.rates = rates
        self.revocations = revocations
        judge = CredentialJudge(snapshot)
    }

    /// Routes, authenticates and decides. Order of refusal: contract section 8.
    /// - Parameters:
    ///   - bytes: what the head's ranges point into.
    ///   - now: unix seconds.
    package mutating func admit(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, from peer: Peer, at now: Int64
    ) -> Admission {
        var admission = Admission(outcome: .refuse(.notFound), reason: .noRoute)
        settle(&admission, head, bytes, peer, now)
        if let shadow = snapshot.shadow { askBeside(shadow, about: &admission, head, bytes, peer, at: now) }
        return admission
    }

    private mutating func settle(
        _ admission: inout Admission, _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ peer: Peer, _ now: Int64
    ) {
        do throws(Refusal) {
            guard let method = Method(name: bytes.extracting(head.method)) else { throw .unknownMethod }
            admission.method = method
            admission.originHeaders = snapshot.origins.answerHeaders(head, bytes, isSecure: peer.isSecure)
            try checkHost(head, bytes)
            if method == .options, bytes.isEqual(head.target, "*") { return admission.answerForAll() }
            let target = try canonicalTarget(head, bytes)
            admission.target = target
            switch target {
            case .asSent(let length):
                let sent = head.target.isEmpty ? 0..<0 : head.target
                try decide(&admission, head, bytes, bytes.extracting(sent), pathLength: length, method, peer, now)
            case .rewritten(let target, let length):
                try decide(&admission, head, bytes, target.span, pathLength: length, method, peer, now)
            }
        } catch {
            admission.outcome = .refuse(error)
            admission.reason = error.reason
        }
    }

    private mutating func decide(
        _ admission: inout Admission, _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ target: Span<UInt8>,
        pathLength: Int, _ method: Method, _ peer: Peer, _ now: Int64
    ) throws(Refusal) {
        if pathLength < target.count, QueryGuard.namesToken(target.extracting(pathLength + 1..<target.count)) {
            throw .tokenInQuery
        }
        let path = target.extracting(0..<pathLength)
        if let endpoint = Endpoint.at(path) { return try open(endpoint, method, &admission, head, bytes, peer, now) }
        let route: Route
        switch snapshot.policy.lookup(method, path: path) {
        case .found(let found): route = found
        case .notFound: throw .notFound
        case .methodNotAllowed(let allow):
            guard method == .options else { throw .methodNotAllowed(allow.union(MethodSet(.options))) }
            return answerOptions(allow.union(MethodSet(.options)), &admission, head, bytes, peer)
        }
        admission.route = route
        if !route.isPublic { try authenticate(&admission, head, bytes, peer, at: now) }
        if let caller = admission.caller { try checkNetwork(of: caller, peer) }
        let signature = try checkSignature(admission, head, bytes, at: now)
        let context = AccessContext(network: peer.address, isSigned: signature != nil, ownership: .unknown)
        switch snapshot.policy.decide(admission.caller?.principal, on: route, in: context) {
        case .deny(let denial): throw .denied(denial, on: route, by: snapshot.policy, required: SignableMessage.required(of: head))
        case .allow(let grant):
            try checkRate(&admission, route, peer)
            admission.bodyLimit = route.bodyLimit ?? snapshot.settings.bodyLimit
            try checkBody(head, bytes, limit: admission.bodyLimit, types: route.bodyTypes)
            try checkRequired(head, method, route)
            admission.allow(.forward(grant), if: signature)
            admission.reason = route.isPublic ? .isPublic : .allowed
        }
    }

    private mutating func open(
        _ endpoint: Endpoint, _ method: Method, _ admission: inout Admission, _ head: borrowing RequestHead,
        _ bytes: Span<UInt8>, _ peer: Peer, _ now: Int64
    ) throws(Refusal) {
        let allow = endpoint.methods.union(MethodSet(.options))
        guard allow.contains(method) else { throw .methodNotAllowed(allow) }
        if method == .options { return answerOptions(allow, &admission, head, bytes, peer) }
        admission.reason = .isPublic
        if endpoint.needsCaller {
            try authenticate(&admission, head, bytes, peer, at: now)
            guard let caller = admission.caller else { throw .noCredential }
            try checkNetwork(of: caller, peer)
            admission.reason = .allowed
        }
        var signature: RequestSignature?
        // What is wrong with a signature is the answer of its check, not a refusal.
        if endpoint == .signatureCheck, let caller = admission.caller {
            admission.signatureReport = SignatureReport(head, bytes, target: admission.target, of: caller, in: snapshot, at: now)
        } else {
            signature = try checkSignature(admission, head, bytes, at: now)
        }
        try checkRate(&admission, nil, peer)
        admission.bodyLimit = endpoint.bodyLimit ?? snapshot.settings.bodyLimit
        try checkBody(head, bytes, limit: admission.bodyLimit, types: nil)
        admission.allow(.endpoint(endpoint), if: signature)
    }

    // MARK: The parts

    /// INVARIANT (path used = path decided): nobody behind this call parses the target again.
    private func canonicalTarget(_ head: borrowing RequestHead, _ bytes: Span<UInt8>) throws(Refusal) -> RequestTarget {
        // An absolute-form target may lack the path, which then is `/` (RFC 9112 section 3.2.2).
        if head.target.isEmpty { return .rewritten([UInt8(ascii: "/")], pathLength: 1) }
        do throws(MalformedTarget) { return try RequestTarget.canonical(bytes.extracting(head.target)) } catch {
            throw Refusal(error)
        }
    }

    private func checkHost(_ head: borrowing RequestHead, _ bytes: Span<UInt8>) throws(Refusal) {
        guard !snapshot.settings.hosts.isEmpty, let host = head.value(.host) else { return }
        if !HostList.contains(snapshot.settings.hosts, bytes.extracting(host)) { throw .misdirected }
    }

    mutating func authenticate(
        _ admission: inout Admission, _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ peer: Peer, at now: Int64
    ) throws(Refusal) {
        admission.caller = try judge.authenticate(head, bytes, isSecure: peer.isSecure, refusing: revocations, at: now)
        guard let caller = admission.caller, caller.isCookieSession, let method = admission.method else { return }
        try snapshot.origins.checkSite(of: method, head, bytes, isSecure: peer.isSecure)
    }

    private func answerOptions(
        _ allow: MethodSet, _ admission: inout Admission, _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ peer: Peer
    ) {
        admission.outcome = .options(allow)
        admission.reason = .isPublic
        admission.originHeaders += snapshot.origins.preflightHeaders(head, bytes, allow, isSecure: peer.isSecure)
    }

    func checkNetwork(of caller: AuthenticatedCaller, _ peer: Peer) throws(Refusal) {
        if caller.networks.isEmpty { return }
        guard let address = peer.address, caller.networks.contains(where: { $0.contains(address) }) else {
            throw Refusal(
                .networkNotAllowed, Problem(.forbidden, "This partner may not call from the address that the request came from.")
            )
        }
    }

    /// Nil when the request is not signed. A signature that is present must hold everywhere, but for its nonce and the body, which are still to
    /// be asked; a request without a credential is refused for that, wherever it matters.
    private func checkSignature(
        _ admission: borrowing Admission, _ head: borrowing RequestHead, _ bytes: Span<UInt8>, at now: Int64
    ) throws(Refusal) -> RequestSignature? {
        guard let caller = admission.caller, RequestSignature.isPresent(head) else { return nil }
        return try RequestSignature.judge(head, bytes, target: admission.target, of: caller, in: snapshot, at: now)
    }

    /// - Parameter route: nil: an endpoint of the gateway.
    private func checkRate(_ admission: inout Admission, _ route: Route?, _ peer: Peer) throws(Refusal) {
        guard let rates, let rate = Rate(of: admission.caller?.principal, on: route, from: peer, otherwise: snapshot.settings.rate) else {
            return
        }
        let verdict = rates.take(rate.key, rate.limit)
        admission.originHeaders += rate.headers(verdict)
        if !verdict.isAllowed { throw .rateLimited(verdict, rate) }
    }

    /// The headers without which a route takes no request that may change something. The provisioning module asks for them itself: there, not
    /// found wins.
    private func checkRequired(_ head: borrowing RequestHead, _ method: Method, _ route: Route) throws(Refusal) {
        guard route.idempotencyRequired || route.preconditionRequired, case .upstream = route.destination else { return }
        switch method {
        case .get, .head, .options: return
        case .post, .put, .patch, .delete: break
        }
        if route.idempotencyRequired, head.value(.idempotencyKey)?.isEmpty ?? true { throw .idempotencyKeyRequired }
        if route.preconditionRequired, head.value(.ifMatch)?.isEmpty ?? true { throw .preconditionRequired }
    }

    /// What can be said of a body before it is read.
    private func checkBody(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, limit: Int, types: [String]?
    ) throws(Refusal) {
        switch head.framing {
        case .none, .length(0): return
        case .length(let count): if count > limit { throw .bodyTooLarge(limit: limit) }
        case .chunked: break
        }
        guard let types else { return }
        guard let value = head.value(.contentType), MediaType.isOne(of: types, bytes.extracting(value)) else {
            throw .unsupportedMediaType(types)
        }
    }
}

extension Reason {
    /// The words are the same; a test holds the lists against each other.
    init(_ error: TokenError) { self = Reason(rawValue: error.rawValue) ?? .malformedToken }
    init(_ refusal: ClientSecretCheck.Refusal) { self = Reason(rawValue: refusal.rawValue) ?? .wrongSecret }
}
