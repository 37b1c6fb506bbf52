package import SharedState
import Synchronization

/// Revocations in memory, for tests: the plainest thing that keeps the promises of `RevocationStore`.
package final class MemoryRevocationStore: RevocationStore {
    private struct Contents {
        var serial: Int64 = 0
        var entries: [(serial: Int64, revocation: Revocation)] = []
        var failure: SharedStateError?
    }

    private let contents = Mutex(Contents())

    package init() {}

    /// From now on every call throws this error; nil mends the store.
    package func fail(with error: SharedStateError?) { contents.withLock { $0.failure = error } }

    package func revoke(_ revocation: Revocation, at now: Int64) async throws(SharedStateError) {
        try use { contents in
            let old = contents.entries.first { $0.revocation.target == revocation.target }?.revocation
            contents.entries.removeAll { $0.revocation.target == revocation.target || $0.revocation.until <= now }
            contents.serial += 1
            let later = Revocation(
                revocation.target, at: max(revocation.at, old?.at ?? .min), until: max(revocation.until, old?.until ?? .min))
            contents.entries.append((contents.serial, later))
        }
    }

    package func changes(since version: Int64) async throws(SharedStateError) -> RevocationChanges? {
        try use { contents in
            let new = contents.entries.filter { $0.serial > version }
            return new.last.map { RevocationChanges(version: $0.serial, revocations: new.map(\.revocation)) }
        }
    }

    package func revocations(at now: Int64) async throws(SharedStateError) -> [Revocation] {
        try use { contents in
            contents.entries.map(\.revocation).filter { $0.until > now }.reversed().sorted { $0.at > $1.at }
        }
    }

    private func use<Value>(_ body: (inout Contents) -> Value) throws(SharedStateError) -> Value {
        let result: Result<Value, SharedStateError> = contents.withLock { contents in
            if let failure = contents.failure { return .failure(failure) }
            return .success(body(&contents))
        }
        return try result.get()
    }
}
