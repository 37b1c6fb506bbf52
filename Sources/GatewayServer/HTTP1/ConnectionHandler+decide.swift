import Access
import GatewayCore
import HTTPWire
import NIOCore

/// The listener of decision mode: every request asks about another.
extension ConnectionHandler {
    /// - Parameter isBelieved: whether the connection's other end may say which request it asks about.
    func handleDecide(isBelieved: Bool, _ bytes: Span<UInt8>, _ started: Int64) {
        guard isBelieved else {
            let admission = Admission(outcome: .refuse(.notAProxy), reason: Refusal.notAProxy.reason)
            return decide(Answer(Refusal.notAProxy.problem, requestID: text(requestID)), admission, bytes, started)
        }
        let snapshot = loop.gatekeeper.snapshot
        let facts = OutboundRequest.Facts(
            requestID: requestID, issuer: snapshot.settings.issuer, remote: remote, isSecure: peer.isSecure,
            now: loop.clock.seconds, traceIDs: (0, 0, 0), sessionCookies: [], isUpgrade: false,
            assertionUse: snapshot.assertionUse
        )
        guard let judged = decisionMode?.judge(parser.head, bytes, from: peer, by: &loop.gatekeeper, facts) else { return }
        var admission = judged.admission
        let fields = judged.fields
        loop.refuseUnrecorded(&admission)
        if let candidate = admission.candidate { noteShadow(candidate, of: admission) }
        switch admission.outcome {
        case .refuse(let refusal): decide(Answer(refusal.problem, requestID: text(requestID)), admission, bytes, started)
        default:
            let answer = Answer(status: 200, headers: fields)
            guard let signature = admission.signature else { return decide(answer, admission, bytes, started) }
            let exchange = Exchange(
                admission, snapshot: snapshot, responder: .nobody, requestID: requestID, path: admission.path,
                isHead: isHead(bytes), isKeepAlive: willKeepAlive && !parser.head.framing.hasBody, isHTTP10: parser.head.isHTTP10,
                started: started, framing: parser.head.framing, bodyLimit: 0
            )
            useNonce(of: signature, exchange) { $0.finish(exchange, answer) }
        }
    }

    /// Whether the answer has a body follows from the request that asks, not from the one that is asked about.
    private func isHead(_ bytes: Span<UInt8>) -> Bool { bytes.isEqual(parser.head.method, "HEAD") }

    private func decide(_ answer: Answer, _ admission: Admission, _ bytes: Span<UInt8>, _ started: Int64) {
        let keeps = willKeepAlive
        ResponseWriter.write(
            answer,
            .init(
                requestID: requestID, date: loop.clock.httpDate, isKeepAlive: keeps, isHead: isHead(bytes),
                originHeaders: admission.originHeaders
            ),
            by: &loop.scratch, to: &output
        )
        record(admission, bytes, status: answer.status, started)
        afterAnswer(keeps, admission, bytes, started)
    }
}

extension Admission {
    /// Of a request that was described: it has its own copy of the target.
    fileprivate var path: [UInt8] {
        guard case .rewritten(let target, let length) = target else { return [] }
        return Array(target[..<length])
    }
}
