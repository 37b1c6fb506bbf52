package import Customers
import Synchronization

/// A store whose first recall waits until it is released, and that can do nothing else.
package final class HeldStore: CustomerStore {
    private struct State {
        var isReleased = false
        var call: CheckedContinuation<Void, Never>?
        var watcher: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// Returns when a recall waits.
    package func waitForCall() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.call == nil { state.watcher = continuation }
                return state.call != nil
            }
            if isThere { continuation.resume() }
        }
    }

    package func release() {
        state.withLock { state in
            state.isReleased = true
            state.call?.resume()
        }
    }

    package func recall(_ request: IdempotentRequest, at now: Int64) async throws(StoreError) -> KeptAnswer? {
        if !state.withLock({ $0.isReleased }) {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    state.call = continuation
                    state.watcher?.resume()
                }
            }
        }
        throw .unavailable("held")
    }

    package func insert(_: CustomerDraft, id: CustomerID, in _: String, at _: Int64, once _: Once?) async throws(StoreError) -> Customer {
        throw .unavailable("held")
    }

    package func find(_: CustomerID, in _: TenantScope) async throws(StoreError) -> Customer { throw .unavailable("held") }

    package func page(_: CustomerQuery, in _: TenantScope) async throws(StoreError) -> CustomerPage { throw .unavailable("held") }

    package func update(
        _: CustomerID, in _: TenantScope, expecting _: Precondition, at _: Int64, once _: Once?, _: @escaping CustomerChange
    ) async throws(StoreError) -> Customer {
        throw .unavailable("held")
    }

    package func remove(_: CustomerID, in _: TenantScope, expecting _: Precondition) async throws(StoreError) { throw .unavailable("held") }

    package func ping() async throws(StoreError) { throw .unavailable("held") }
}
