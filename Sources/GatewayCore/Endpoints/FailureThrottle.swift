import Access
import Synchronization

/// Counts failed client authentications, so that guessing is slow and stays cheap for us (contract section 4, attacks row T-06).
///
/// An address over its budget is refused before its secret is judged. A client over its budget is still judged and only its
/// failures are refused, so that no stranger can lock a partner out.
package final class FailureThrottle: Sendable {
    /// Failures in one window.
    static let clientBudget = 10
    static let addressBudget = 50
    static let windowSeconds: Int64 = 60
    /// Ids and addresses remembered in one window; beyond that every newcomer shares one count, so memory stays bounded.
    static let capacity = 20_000

    private enum Key: Hashable {
        case client(String)
        case address(IPAddress)
        case others
    }

    private struct State {
        var windowStart: Int64 = 0
        var failures: [Key: Int] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Seconds to wait, or nil when the address may try.
    func wait(address: IPAddress?, at now: Int64) -> Int64? {
        guard let address else { return nil }
        return wait(.address(address.subscriber), budget: Self.addressBudget, at: now)
    }

    /// Seconds to wait for a client whose secret was wrong; nil when it is within its budget.
    func wait(client: String, at now: Int64) -> Int64? { wait(.client(client), budget: Self.clientBudget, at: now) }

    func recordFailure(client: String?, address: IPAddress?, at now: Int64) {
        state.withLock { state in
            Self.roll(&state, now)
            if let client { Self.count(.client(client), &state) }
            if let address { Self.count(.address(address.subscriber), &state) }
        }
    }

    private func wait(_ key: Key, budget: Int, at now: Int64) -> Int64? {
        state.withLock { state in
            Self.roll(&state, now)
            guard let count = state.failures[key] ?? (state.failures.count >= Self.capacity ? state.failures[.others] : nil),
                count >= budget
            else { return nil }
            return max(1, state.windowStart + Self.windowSeconds - now)
        }
    }

    private static func roll(_ state: inout State, _ now: Int64) {
        // A clock that was stepped back starts a new window too.
        if now >= state.windowStart + windowSeconds || now < state.windowStart {
            state.windowStart = now
            state.failures.removeAll(keepingCapacity: true)
        }
    }

    private static func count(_ key: Key, _ state: inout State) {
        let key = state.failures[key] != nil || state.failures.count < capacity ? key : .others
        state.failures[key, default: 0] += 1
    }
}
