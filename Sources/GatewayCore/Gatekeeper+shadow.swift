package import Access
import HTTPWire

/// What a candidate policy would decide otherwise than the one in force: allow what that refuses, or refuse what that allows.
package struct CandidateDecision: Sendable {
    package let reason: Reason
    /// Of the candidate; nil: it has none for the request.
    package let route: Route?

    package var isAllowed: Bool { reason == .allowed || reason == .isPublic }
}

extension Gatekeeper {
    /// Asks a candidate policy about a request that is decided, and notes where it would decide otherwise. Nothing else comes of it.
    ///
    /// A request that ended before the policy had a say is not asked about, nor one that was allowed and then refused for its body.
    mutating func askBeside(
        _ shadow: Policy, about admission: inout Admission, _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ peer: Peer, at now: Int64
    ) {
        guard let method = admission.method, method != .options, let target = admission.target else { return }
        switch admission.reason.stage {
        case .request, .afterwards: return
        case .route, .credential, .policy: break
        }
        let decision: CandidateDecision?
        switch target {
        case .asSent(let length):
            let start = head.target.isEmpty ? 0 : head.target.lowerBound
            decision = decide(shadow, admission, head, bytes, bytes.extracting(start..<start + length), method, peer, now)
        case .rewritten(let target, let length):
            decision = decide(shadow, admission, head, bytes, target.span.extracting(0..<length), method, peer, now)
        }
        if let decision, decision.isAllowed != admission.isAllowed { admission.candidate = decision }
    }

    private mutating func decide(
        _ shadow: Policy, _ admission: borrowing Admission, _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ path: Span<UInt8>,
        _ method: Method, _ peer: Peer, _ now: Int64
    ) -> CandidateDecision? {
        // The gateway's own endpoints need no route.
        guard Endpoint.at(path) == nil else { return nil }
        let route: Route
        switch shadow.lookup(method, path: path) {
        case .found(let found): route = found
        case .notFound: return CandidateDecision(reason: .noRoute, route: nil)
        case .methodNotAllowed: return CandidateDecision(reason: .methodNotAllowed, route: nil)
        }
        var context = AccessContext(network: peer.address, isSigned: false, ownership: .unknown)
        if route.isPublic { return CandidateDecision(reason: shadow.decide(nil, on: route, in: context).reason, route: route) }
        // One that did not hold does not hold here either.
        if admission.reason.stage == .credential { return CandidateDecision(reason: admission.reason, route: route) }
        var asked = copy admission
        do throws(Refusal) {
            // Not read yet where there was no route, or a public one.
            if asked.caller == nil, asked.reason != .noCredential { try authenticate(&asked, head, bytes, peer, at: now) }
            if let caller = asked.caller { try checkNetwork(of: caller, peer) }
        } catch {
            return CandidateDecision(reason: error.reason, route: route)
        }
        // A signature that does not hold was refused above; one on a route that was public is believed.
        context.isSigned = asked.caller != nil && RequestSignature.isPresent(head)
        if asked.caller != nil, asked.caller?.shadow == nil { return CandidateDecision(reason: .callerNotAllowed, route: route) }
        return CandidateDecision(reason: shadow.decide(asked.caller?.shadow, on: route, in: context).reason, route: route)
    }
}
