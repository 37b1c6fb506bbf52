import NIOConcurrencyHelpers

/// How often the policy in force and the candidate decided otherwise, for the metrics.
package final class ShadowCounts: Sendable {
    /// From closed sets: route ids of the two policies, `allow` and `deny`.
    package struct Labels: Hashable, Sendable {
        /// Of the policy in force; where that has none, of the candidate.
        package let route: String
        package let live: String
        package let shadow: String
    }

    /// One event loop's, so that loops do not wait for each other.
    final class OfLoop: Sendable {
        private let counts = NIOLockedValueBox<[Labels: Int]>([:])

        func add(_ labels: Labels) { counts.withLockedValue { $0[labels, default: 0] += 1 } }

        fileprivate var all: [Labels: Int] { counts.withLockedValue { $0 } }
    }

    private let loops = NIOLockedValueBox<[OfLoop]>([])

    package init() {}

    /// Counts for one more loop.
    func makeLoop() -> OfLoop {
        let loop = OfLoop()
        loops.withLockedValue { $0.append(loop) }
        return loop
    }

    /// Since the start, over all loops.
    package var totals: [Labels: Int] {
        loops.withLockedValue { $0 }.reduce(into: [:]) { $0.merge($1.all, uniquingKeysWith: +) }
    }
}
