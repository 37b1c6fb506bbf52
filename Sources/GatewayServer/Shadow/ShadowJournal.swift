import Access
import GatewayCore
import Logging

/// Tells where the candidate policy would decide otherwise: each is counted, and a few a second are logged.
struct ShadowJournal {
    /// Records in one second of one event loop.
    private static let limit = 5

    private let counts: ShadowCounts.OfLoop
    private var second: Int64 = .min
    private var written = 0
    /// Since the last record, above the limit.
    private var suppressed = 0

    init(_ counts: ShadowCounts) {
        self.counts = counts.makeLoop()
    }

    /// - Parameters:
    ///   - snapshot: that decided.
    ///   - now: unix seconds.
    mutating func note(
        _ candidate: CandidateDecision, of admission: borrowing Admission, requestID: [UInt8], snapshot: Snapshot, logger: Logger,
        at now: Int64
    ) {
        let route = admission.route?.id ?? candidate.route?.id ?? ""
        let (live, shadow) = candidate.isAllowed ? ("deny", "allow") : ("allow", "deny")
        counts.add(.init(route: route, live: live, shadow: shadow))
        if second != now { (second, written) = (now, 0) }
        guard written < Self.limit else {
            suppressed += 1
            return
        }
        written += 1
        var metadata: Logger.Metadata = [
            "event": "shadow", "request_id": "\(String(decoding: requestID, as: UTF8.self))", "route": "\(route)", "live": "\(live)",
            "live_reason": "\(admission.reason.rawValue)", "shadow": "\(shadow)", "shadow_reason": "\(candidate.reason.rawValue)",
            "policy": "\(snapshot.policy.digest)", "shadow_policy": "\(snapshot.shadow?.digest ?? "")",
        ]
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        suppressed = 0
        logger.warning("the candidate policy would decide otherwise", metadata: metadata)
    }
}
