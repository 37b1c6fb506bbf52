/// All revocations in force at one moment, for look-ups on every request. Immutable: what the store has learned since makes another.
package final class RevocationList: Sendable {
    package static let empty = RevocationList([])

    /// By subject: the latest moment of issue that is refused, unix seconds.
    private let sessions: [String: Int64]
    private let tokens: Set<String>
    package let revocations: [Revocation]
    /// Of two lists that came from one another, the greater is the later.
    package let generation: Int

    package convenience init(_ revocations: [Revocation]) { self.init(revocations, generation: 0) }

    private init(_ revocations: [Revocation], generation: Int) {
        self.revocations = revocations
        self.generation = generation
        var sessions: [String: Int64] = [:]
        var tokens: Set<String> = []
        for revocation in revocations {
            switch revocation.target {
            case .sessions(let subject): sessions[subject] = max(sessions[subject] ?? .min, revocation.at)
            case .token(let id): tokens.insert(id)
            }
        }
        self.sessions = sessions
        self.tokens = tokens
    }

    /// This list with what was added, without what may be forgotten.
    /// - Parameter now: unix seconds.
    package func adding(_ new: [Revocation], at now: Int64) -> RevocationList {
        let changed = Set(new.map(\.target))
        let kept = revocations.filter { $0.until > now && !changed.contains($0.target) }
        return RevocationList(kept + new.filter { $0.until > now }, generation: generation + 1)
    }

    package var count: Int { revocations.count }

    /// - Parameter issuedAt: unix seconds; a session that does not say is as old as any.
    package func refusesSession(of subject: String, issuedAt: Int64?) -> Bool {
        if sessions.isEmpty { return false }
        guard let at = sessions[subject] else { return false }
        return issuedAt.map { $0 <= at } ?? true
    }

    package func refusesToken(id: String) -> Bool { !tokens.isEmpty && tokens.contains(id) }
}
