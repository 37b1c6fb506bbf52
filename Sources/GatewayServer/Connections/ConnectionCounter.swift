import Access
import Synchronization

/// How many connections are open on all loops, in all and from each address.
final class ConnectionCounter: Sendable {
    private struct State {
        var total = 0
        var byAddress: [IPAddress: Int] = [:]
    }

    private let limits: ServerLimits
    private let state = Mutex(State())

    init(_ limits: ServerLimits) { self.limits = limits }

    /// Counts a connection, or refuses it when there are too many. One that was counted is to be released.
    /// - Parameter address: whose connections are limited; nil: only the total is.
    func admit(_ address: IPAddress?) -> Bool {
        state.withLock { state in
            guard state.total < limits.connections else { return false }
            if let address {
                let count = state.byAddress[address.subscriber, default: 0]
                guard count < limits.connectionsPerAddress else { return false }
                state.byAddress[address.subscriber] = count + 1
            }
            state.total += 1
            return true
        }
    }

    func release(_ address: IPAddress?) {
        state.withLock { state in
            state.total -= 1
            guard let address, let count = state.byAddress[address.subscriber] else { return }
            // No entry without a connection, so the table is never larger than `connections`.
            state.byAddress[address.subscriber] = count == 1 ? nil : count - 1
        }
    }
}
