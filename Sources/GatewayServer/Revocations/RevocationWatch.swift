package import Logging
package import SharedState
import Synchronization

/// Keeps the list of revocations as the store has it, and hands each new one on.
///
/// While the store cannot be asked the last list stays in force, and `state` says how old it is.
package final class RevocationWatch: Sendable {
    /// What is known, for `/status`.
    package struct State: Sendable {
        package var list = RevocationList.empty
        /// Unix seconds of the last answer of the store; nil before the first.
        package var read: Int64?
        fileprivate var version: Int64 = 0
    }

    /// A revocation holds on every node within one second, so the store is asked more often than that.
    private static let interval = Duration.milliseconds(250)

    private let store: any RevocationStore
    private let logger: Logger
    private let current = Mutex(State())

    package init(_ store: any RevocationStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    package var state: State { current.withLock { $0 } }

    /// Asks the store once.
    /// - Returns: the new list; nil when nothing has changed.
    /// - Throws: `unavailable`.
    package func refresh() async throws(SharedStateError) -> RevocationList? {
        let known = state
        let changes = try await store.changes(since: known.version)
        let now = WallClock.now() / 1_000_000_000
        return current.withLock { state in
            state.read = now
            // Another call may have learned of the same changes, or of later ones; applying them twice changes nothing.
            guard let changes else { return nil }
            state.version = max(state.version, changes.version)
            state.list = state.list.adding(changes.revocations, at: now)
            return state.list
        }
    }

    /// Stores a revocation and learns of it.
    /// - Returns: the list that has it.
    /// - Throws: `unavailable`.
    package func revoke(_ revocation: Revocation, at now: Int64) async throws(SharedStateError) -> RevocationList {
        try await store.revoke(revocation, at: now)
        // Whoever was first, the list that is known now has it; handing it on twice changes nothing.
        return try await refresh() ?? state.list
    }

    /// Asks several times a second until the task is cancelled, and hands every new list to `deliver`.
    package func run(_ deliver: @Sendable (RevocationList) async throws -> Void) async {
        var isReachable = true
        while (try? await Task.sleep(for: Self.interval)) != nil {
            do {
                if let list = try await refresh() {
                    try await deliver(list)
                    logger.info("revocations changed", metadata: ["event": "revocations", "count": "\(list.count)"])
                }
                if !isReachable { logger.info("the store answers again", metadata: ["event": "revocations"]) }
                isReachable = true
            } catch {
                if isReachable, !Task.isCancelled {
                    logger.error(
                        "revocations cannot be read; those known stay in force", metadata: ["event": "revocations", "reason": "\(error)"])
                }
                isReachable = false
            }
        }
    }
}
