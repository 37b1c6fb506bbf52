package import Access
import Synchronization

/// What the admin address is told by the rest of the program, and asks of it: reloading, and how the last one went.
package final class Operations: Sendable {
    /// How one reload went.
    package struct Reload: Sendable {
        package enum Outcome: String, CaseIterable, Sendable {
            /// What is on disk is in force.
            case reloaded
            /// Something on disk cannot be used; what was in force before still is.
            case refused
        }

        package let outcome: Outcome
        package let diagnostics: [Diagnostic]
        /// Of the policy file as it is on disk; nil when it cannot be read.
        package let digestOnDisk: String?
        /// Unix seconds.
        package let at: Int64

        package init(outcome: Outcome, diagnostics: [Diagnostic], digestOnDisk: String?, at: Int64) {
            self.outcome = outcome
            self.diagnostics = diagnostics
            self.digestOnDisk = digestOnDisk
            self.at = at
        }
    }

    private struct State {
        var counts: [Reload.Outcome: UInt64] = [:]
        var last: Reload?
        /// Whether what was on disk when the gateway began to listen could not be used.
        var isStartBad = false
        var reload: (@Sendable () async -> Reload)?
        var samples: (@Sendable () async -> [LoopSample])?
    }

    package let version: String
    /// Unix seconds.
    package let started: Int64
    private let state = Mutex(State())

    package init(version: String = "unknown") {
        self.version = version
        started = WallClock.now() / 1_000_000_000
    }

    // MARK: What the program tells

    /// - Parameter isStart: whether it was part of starting.
    package func note(_ reload: Reload, isStart: Bool = false) {
        state.withLock { state in
            if !isStart { state.counts[reload.outcome, default: 0] += 1 }
            state.last = reload
            state.isStartBad = reload.outcome == .refused && (isStart || state.isStartBad)
        }
    }

    /// What `POST /reload` does.
    package func onReload(_ reload: @escaping @Sendable () async -> Reload) { state.withLock { $0.reload = reload } }

    func onSamples(_ samples: @escaping @Sendable () async -> [LoopSample]) { state.withLock { $0.samples = samples } }

    // MARK: What the admin address asks

    var lastReload: Reload? { state.withLock { $0.last } }
    /// Whether what is on disk is not what is in force.
    var isStale: Bool { lastReload?.outcome == .refused }
    var isStartBad: Bool { state.withLock { $0.isStartBad } }
    var reloadCounts: [(outcome: Reload.Outcome, count: UInt64)] {
        let counts = state.withLock { $0.counts }
        return Reload.Outcome.allCases.map { ($0, counts[$0] ?? 0) }
    }

    /// Nil when nobody can reload.
    func reload() async -> Reload? {
        let reload = state.withLock { $0.reload }
        return await reload?()
    }

    func samples() async -> [LoopSample] {
        let samples = state.withLock { $0.samples }
        return await samples?() ?? []
    }
}
