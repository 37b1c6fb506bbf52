package import Access
package import HTTPWire
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
    private var memory = TokenMemory()

    package init(_ snapshot: Snapshot) { self.snapshot = snapshot }

    /// Routes, authenticates and decides. Order of refusal: contract section 8.
    /// - Parameters:
    ///   - bytes: what the head's ranges point into.
    ///   - now: unix seconds.
    package mutating func admit(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, from peer: Peer, at now: Int64
    ) -> Admission {
        var admission = Admission(outcome: .refuse(.notFound), reason: .noRoute)
        do throws(Refusal) {
            guard let method = Method(name: bytes.extracting(head.method)) else { throw .unknownMethod }
            admission.method = method
            try checkHost(head, bytes)
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
        return admission
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
            admission.outcome = .options(allow.union(MethodSet(.options)))
            admission.reason = .isPublic
            return
        }
        admission.route = route
        if !route.isPublic { admission.caller = try authenticate(head, bytes, at: now) }
        if let caller = admission.caller { try checkNetwork(of: caller, peer) }
        let context = AccessContext(network: peer.address, isSigned: false, ownership: .unknown)
        switch snapshot.policy.decide(admission.caller?.principal, on: route, in: context) {
        case .deny(let denial): throw .denied(denial, on: route, by: snapshot.policy)
        case .allow(let grant):
            admission.bodyLimit = route.bodyLimit ?? snapshot.settings.bodyLimit
            try checkBody(head, bytes, limit: admission.bodyLimit, types: route.bodyTypes)
            admission.outcome = .forward(grant)
            admission.reason = route.isPublic ? .isPublic : .allowed
        }
    }

    private mutating func open(
        _ endpoint: Endpoint, _ method: Method, _ admission: inout Admission, _ head: borrowing RequestHead,
        _ bytes: Span<UInt8>, _ peer: Peer, _ now: Int64
    ) throws(Refusal) {
        let allow = endpoint.methods.union(MethodSet(.options))
        guard allow.contains(method) else { throw .methodNotAllowed(allow) }
        if method == .options {
            admission.outcome = .options(allow)
            admission.reason = .isPublic
            return
        }
        admission.reason = .isPublic
        if endpoint == .session {
            let caller = try authenticate(head, bytes, at: now)
            admission.caller = caller
            guard let caller else { throw .noCredential }
            try checkNetwork(of: caller, peer)
            admission.reason = .allowed
        }
        admission.bodyLimit = endpoint.bodyLimit
        try checkBody(head, bytes, limit: endpoint.bodyLimit, types: nil)
        admission.outcome = .endpoint(endpoint)
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

    /// Absent is nil; a credential that does not hold is final, never a reason to try another.
    private mutating func authenticate(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, at now: Int64
    ) throws(Refusal) -> AuthenticatedCaller? {
        let range: Range<Int>
        switch BearerCredential.find(head, bytes) {
        case .absent: return nil
        case .unusable(let reason): throw .badToken(reason)
        case .token(let found): range = found
        }
        let token = bytes.extracting(range)
        let hash = TokenMemory.hash(token)
        do throws(TokenError) {
            if let caller = memory.find(token, hash: hash) {
                try snapshot.verifier.checkTime(of: caller.claims, at: now)
                return caller
            }
            let caller = try PartnerTokenAuthenticator.authenticate(token, in: snapshot, at: now)
            memory.remember(token, hash: hash, as: caller)
            return caller
        } catch {
            throw .badToken(Reason(error))
        }
    }

    private func checkNetwork(of caller: AuthenticatedCaller, _ peer: Peer) throws(Refusal) {
        if caller.networks.isEmpty { return }
        guard let address = peer.address, caller.networks.contains(where: { $0.contains(address) }) else {
            throw Refusal(
                .networkNotAllowed, Problem(.forbidden, "This partner may not call from the address that the request came from.")
            )
        }
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
