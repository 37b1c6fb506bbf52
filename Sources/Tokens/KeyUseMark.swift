import Synchronization

/// When a key was last used: set by whoever signs or verifies with it, on any thread.
///
/// A token that is verified once and remembered counts once.
package final class KeyUseMark: Sendable {
    private let time = Atomic<Int64>(0)

    package init() {}

    /// Unix seconds; nil: not since it was loaded.
    package var last: Int64? {
        let time = time.load(ordering: .relaxed)
        return time == 0 ? nil : time
    }

    /// - Parameter now: unix seconds.
    package func note(at now: Int64) {
        // Most uses are within the second of the one before, and then write nothing.
        if time.load(ordering: .relaxed) < now { time.store(now, ordering: .relaxed) }
    }
}
