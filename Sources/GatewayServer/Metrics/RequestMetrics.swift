import Access
import GatewayCore

/// What one event loop counts of its requests. Belongs to that loop; the admin address adds the loops' values up when it is asked.
///
/// INVARIANT (closed labels): what becomes a label is a route of a policy or an endpoint of the gateway, a reason of the closed list, and the
/// status that was answered; nothing that a client sends.
struct RequestMetrics: Sendable {
    /// The label of requests that no route matched.
    static let noRoute = "-"

    /// Route labels by slot: slots are given out once and keep across reloads, so that counters only ever go up.
    private(set) var names = [noRoute] + Endpoint.allCases.map(\.rawValue)
    private var slots: [String: Int]
    /// Of the policy in force, with the slot of each.
    private var routes: [Route] = []
    private var routeSlots: [Int] = []
    private(set) var requests = CounterTable()
    private(set) var durations = DurationHistogram()

    init(_ policy: Policy) {
        slots = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        turn(to: policy)
    }

    mutating func turn(to policy: Policy) {
        routes = policy.routes
        routeSlots = routes.map { route in
            if let slot = slots[route.id] { return slot }
            slots[route.id] = names.count
            names.append(route.id)
            return names.count - 1
        }
    }

    mutating func count(_ admission: borrowing Admission, status: Int, microseconds: Int64) {
        let slot = slot(of: admission)
        requests.add(
            Self.key(
                slot, isAllowed: admission.isAllowedToTheEnd, admission.reason, low: UInt64(UInt16(truncatingIfNeeded: status)))
        )
        durations.add(microseconds: microseconds)
    }

    private func slot(of admission: borrowing Admission) -> Int {
        if let endpoint = admission.endpoint { return 1 + endpoint.index }
        // Handed on as a closure, this would be a copy of all of it.
        guard let route = admission.route else { return 0 }
        return slot(of: route)
    }

    private func slot(of route: Route) -> Int {
        // A request that began before a reload has a route of the policy before.
        if route.index < routes.count, routes[route.index] === route { return routeSlots[route.index] }
        return slots[route.id] ?? 0
    }

    // MARK: Keys

    /// Never 0: the highest bit is set.
    private static func key(_ slot: Int, isAllowed: Bool, _ reason: Reason, low: UInt64) -> UInt64 {
        1 << 63 | UInt64(slot) << 32 | (isAllowed ? 1 << 31 : 0) | UInt64(reason.index) << 16 | low
    }

    struct RequestLabels: Hashable {
        let route: String
        let isAllowed: Bool
        let reason: Reason
        let status: Int
    }

    var requestCounts: [(labels: RequestLabels, count: UInt64)] {
        requests.entries.map { key, count in
            let labels = RequestLabels(
                route: names[Int(key >> 32 & 0x7FFF_FFFF)], isAllowed: key >> 31 & 1 == 1, reason: Reason.allCases[Int(key >> 16 & 0x7FFF)],
                status: Int(key & 0xFFFF)
            )
            return (labels, count)
        }
    }
}

extension Reason {
    private static let indices = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
    /// The place in `allCases`.
    var index: Int { Self.indices[self] ?? 0 }
}

extension Endpoint {
    private static let indices = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
    /// The place in `allCases`.
    var index: Int { Self.indices[self] ?? 0 }
}
