package import SharedState
import Synchronization

/// Revocations in memory, for tests: the plainest thing that keeps the promises of `RevocationStore`, but for a restart.
package final class MemoryRevocationStore: RevocationStore {
    private struct Entry {
        var version: Int64
        var revocation: Revocation
    }

    private struct Contents {
        var entries: [Revocation.Target: Entry] = [:]
        var version: Int64 = 0
    }

    private let contents = Mutex(Contents())
    private let failure = Mutex<SharedStateError?>(nil)

    package init() {}

    /// From now on every call throws this error; nil mends the store.
    package func fail(with error: SharedStateError?) { failure.withLock { $0 = error } }

    package func revoke(_ revocation: Revocation, at now: Int64) async throws(SharedStateError) {
        try check()
        contents.withLock { contents in
            contents.entries = contents.entries.filter { $0.value.revocation.until > now }
            contents.version += 1
            let old = contents.entries[revocation.target]?.revocation
            let later = Revocation(
                revocation.target, at: max(revocation.at, old?.at ?? .min), until: max(revocation.until, old?.until ?? .min)
            )
            contents.entries[revocation.target] = Entry(version: contents.version, revocation: later)
        }
    }

    package func changes(since version: Int64) async throws(SharedStateError) -> RevocationChanges? {
        try check()
        return contents.withLock { contents in
            let new = contents.entries.values.filter { $0.version > version }.sorted { $0.version < $1.version }
            guard let newest = new.last else { return nil }
            return RevocationChanges(version: newest.version, revocations: new.map(\.revocation))
        }
    }

    package func revocations(at now: Int64) async throws(SharedStateError) -> [Revocation] {
        try check()
        return contents.withLock { contents in
            contents.entries.values.filter { $0.revocation.until > now }
                .sorted { ($0.revocation.at, $0.version) > ($1.revocation.at, $1.version) }.map(\.revocation)
        }
    }

    private func check() throws(SharedStateError) {
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
