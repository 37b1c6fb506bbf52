/// Keeps revocations for all nodes: durable before `revoke` returns, and seen by whoever asks for changes afterwards.
package protocol RevocationStore: Sendable {
    /// Adds a revocation. One of the same target is replaced by the later of the two in each of its times, so that nothing that
    /// was refused is let in again.
    /// - Parameter now: unix seconds; what may be forgotten by then may go.
    /// - Throws: `unavailable`.
    func revoke(_ revocation: Revocation, at now: Int64) async throws(SharedStateError)

    /// What was added or changed since a version; nil when nothing was. Asked for several times a second, so nothing new must cost
    /// almost nothing.
    ///
    /// INVARIANT (no revocation is missed): what is committed after an answer is part of a later one. A store whose transactions can
    /// commit in another order than they took their numbers must take the number under a lock that it holds until it commits.
    /// - Parameter version: 0, or what an earlier answer said.
    /// - Throws: `unavailable`.
    func changes(since version: Int64) async throws(SharedStateError) -> RevocationChanges?

    /// Those that must still be known, the latest first.
    /// - Parameter now: unix seconds.
    /// - Throws: `unavailable`.
    func revocations(at now: Int64) async throws(SharedStateError) -> [Revocation]
}

package struct RevocationChanges: Sendable, Equatable {
    /// What to ask with next.
    package let version: Int64
    package let revocations: [Revocation]

    package init(version: Int64, revocations: [Revocation]) {
        self.version = version
        self.revocations = revocations
    }
}

/// Why what nodes share could not be read or changed.
package enum SharedStateError: Error, Sendable, Equatable {
    /// The text is for operators: it names the file or server, so callers must not see it.
    case unavailable(String)
}
