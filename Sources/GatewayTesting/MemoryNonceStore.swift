package import SharedState
import Synchronization

/// Nonces in memory, for tests: the plainest thing that keeps the promises of `NonceStore`, but for a restart.
package final class MemoryNonceStore: NonceStore {
    private let nonces = Mutex<[[UInt8]: Int64]>([:])
    private let failure = Mutex<SharedStateError?>(nil)
    private let capacity: Int

    package init(capacity: Int = 100_000) { self.capacity = capacity }

    /// From now on every call throws this error; nil mends the store.
    package func fail(with error: SharedStateError?) { failure.withLock { $0 = error } }

    package var count: Int { nonces.withLock { $0.count } }

    package func use(_ nonce: Nonce, at now: Int64) async throws(SharedStateError) -> Bool {
        if let error = failure.withLock({ $0 }) { throw error }
        let isFull: Bool
        let isFresh: Bool
        (isFull, isFresh) = nonces.withLock { nonces in
            if nonces.count >= capacity { nonces = nonces.filter { $0.value > now } }
            if nonces.count >= capacity { return (true, false) }
            if let until = nonces[nonce.digest], until > now { return (false, false) }
            nonces[nonce.digest] = nonce.until
            return (false, true)
        }
        if isFull { throw .unavailable("full") }
        return isFresh
    }
}
