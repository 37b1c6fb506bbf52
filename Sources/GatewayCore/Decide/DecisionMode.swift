import Access
package import HTTPWire

/// Answers a proxy that asks whether it may let a request through: nginx `auth_request`, Traefik ForwardAuth, Caddy `forward_auth`.
package struct DecisionMode {
    private var parser: RequestHeadParser

    package init(limits: WireLimits) { parser = RequestHeadParser(limits: limits) }

    /// Judges the request that `head` describes.
    /// - Parameters:
    ///   - peer: who makes the request that is asked about.
    ///   - facts: for what is said of the caller.
    /// - Returns: the admission, to be recorded, with its own copy of the target; and for one that is allowed, once the nonce of its
    ///   signature is used, the fields that the proxy is to pass on.
    package mutating func judge(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, from peer: Gatekeeper.Peer, by gatekeeper: inout Gatekeeper,
        _ facts: OutboundRequest.Facts
    ) -> (admission: Admission, fields: [(String, String)]) {
        var admission = Admission(outcome: .refuse(.notFound), reason: .noRoute)
        do throws(Refusal) {
            let request = try DescribedRequest(head, bytes)
            admission = try judge(request, from: peer, by: &gatekeeper, at: facts.now)
            guard let grant = admission.grant else { return (admission, []) }
            return (admission, try proof(of: grant, admission, request.bytes.span, under: gatekeeper.snapshot, facts))
        } catch {
            admission.outcome = .refuse(error)
            admission.reason = error.reason
            return (admission, [])
        }
    }

    private mutating func judge(
        _ request: DescribedRequest, from peer: Gatekeeper.Peer, by gatekeeper: inout Gatekeeper, at now: Int64
    ) throws(Refusal) -> Admission {
        let bytes = request.bytes.span
        parser.reset()
        do throws(WireError) {
            guard try parser.parse(bytes), parser.head.byteCount == bytes.count else {
                throw .malformed("a description that is no request")
            }
        } catch { throw Refusal(error) }
        var admission = gatekeeper.admit(parser.head, bytes, from: peer, at: now)
        if case .asSent(let length) = admission.target {
            admission.target = .rewritten(bytes.array(parser.head.target), pathLength: length)
        }
        switch admission.onceFresh {
        case .refuse: break
        case .forward(let grant):
            if request.mayHaveBody, grant.route.signed == .required || admission.signature != nil { admission.refuse(.unseenBody) }
        // The gateway answers these itself, so nobody behind the proxy should.
        case .endpoint: admission.refuse(.notFound)
        case .options(let methods): admission.refuse(.methodNotAllowed(methods.subtracting(MethodSet(.options))))
        // What `onceFresh` gives is never another of its kind.
        case .ifFresh: admission.refuse(.unseenBody)
        }
        return admission
    }

    private func proof(
        of grant: Grant, _ admission: Admission, _ bytes: Span<UInt8>, under snapshot: Snapshot, _ facts: OutboundRequest.Facts
    ) throws(Refusal) -> [(String, String)] {
        var profile: UpstreamProfile?
        if case .upstream(let name) = grant.route.destination { profile = snapshot.upstreams[name] }
        let request = OutboundRequest(grant, caller: admission.caller, to: profile ?? .unsigned, policy: snapshot.policy)
        guard case .rewritten(let target, _) = admission.target else { throw .notFound }
        return try request.proof(parser.head, bytes, target: target.span, facts)
    }
}

extension Admission {
    fileprivate var grant: Grant? {
        if case .forward(let grant) = onceFresh { grant } else { nil }
    }

    /// What is allowed once the nonce of the signature, if there is one, was used.
    fileprivate var onceFresh: Outcome {
        if case .ifFresh(_, let then) = outcome { then } else { outcome }
    }

    fileprivate mutating func refuse(_ refusal: Refusal) {
        outcome = .refuse(refusal)
        reason = refusal.reason
    }
}

extension Refusal {
    fileprivate static let unseenBody = Refusal(
        .signatureRequired,
        Problem(
            .signature,
            "A signed request with a body is not judged here, where the body is not seen; it has to go through the gateway itself."
        )
    )

    /// For a connection to the listener of decision mode from elsewhere.
    package static let notAProxy = Refusal(
        .networkNotAllowed, Problem(.forbidden, "Only the proxies of `trustedProxies` may ask here for decisions.")
    )
}
