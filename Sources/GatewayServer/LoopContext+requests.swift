import Access
import GatewayCore
import HTTPWire

/// What happens to every request of the public address, whatever protocol it came by: it is admitted once and recorded once.
extension LoopContext {
    /// Decides about a request, as of the clock's last reading.
    func admit(_ head: borrowing RequestHead, _ bytes: Span<UInt8>, from peer: Gatekeeper.Peer) -> Admission {
        var admission = gatekeeper.admit(head, bytes, from: peer, at: clock.seconds)
        refuseUnrecorded(&admission)
        return admission
    }

    /// Refuses what may change something while it could not be told later that it was made.
    func refuseUnrecorded(_ admission: inout Admission) {
        // INVARIANT (nothing changes unrecorded): what the decision log could not tell later is not done now.
        if admission.isAllowed, services.decisions.refuses(admission.method) {
            admission.outcome = .refuse(.auditUnavailable)
            admission.reason = Refusal.auditUnavailable.reason
        }
    }

    /// Counts a request and writes down what became of it.
    /// - Parameter snapshot: that decided, which need not be in force any more.
    func record(_ admission: borrowing Admission, path: Span<UInt8>, under snapshot: Snapshot, _ facts: DecisionBuffer.Facts) {
        metrics.count(admission, status: facts.status, microseconds: facts.durationMicroseconds)
        let log = services.decisions
        // What everybody may do is no decision about anybody.
        if log.isOff || admission.isAllowedToTheEnd && (log.options.onlyDenied || admission.reason == .isPublic) { return }
        decisions.append(admission, path: path, policy: snapshot.policy, clock: clock, facts)
        if decisions.lines.count > DecisionBuffer.batchSize { flushDecisions() } else { flushDecisionsSoon() }
    }
}

extension Refusal {
    static let auditUnavailable = Refusal(
        .auditUnavailable,
        Problem(
            .storeUnavailable, "Nothing can be changed here at the moment, since it could not be recorded. Try again later.",
            headers: [("retry-after", "1")]
        )
    )
}

extension RequestHead {
    /// What can be recorded of a request that ended before its head was whole or good: the method if it is one, and the path if it is canonical
    /// or can be made so.
    func refused(_ refusal: Refusal, _ bytes: Span<UInt8>) -> (admission: Admission, path: [UInt8]) {
        var admission = Admission(outcome: .refuse(refusal), reason: refusal.reason)
        guard !method.isEmpty, method.upperBound <= bytes.count, target.upperBound <= bytes.count else { return (admission, []) }
        admission.method = Method(name: bytes.extracting(method))
        let target = bytes.extracting(target)
        switch try? RequestTarget.canonical(target) {
        case nil: return (admission, [])
        case .asSent(let length): return (admission, (0..<length).map { target[$0] })
        case .rewritten(let target, let length): return (admission, Array(target[..<length]))
        }
    }
}
