/// How long requests took, in the buckets of a Prometheus histogram.
struct DurationHistogram: Sendable {
    /// Upper bounds, microseconds, inclusive: from what an answer out of memory takes to the longest limit of a route.
    static let bounds: [Int64] = [
        50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
        30_000_000,
    ]

    /// Of each bucket alone; the last one has no bound.
    private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    private(set) var sumMicroseconds: Int64 = 0

    mutating func add(microseconds: Int64) {
        var bucket = 0
        while bucket < Self.bounds.count, microseconds > Self.bounds[bucket] { bucket += 1 }
        counts[bucket] &+= 1
        sumMicroseconds &+= microseconds
    }

    mutating func add(_ other: DurationHistogram) {
        for index in counts.indices { counts[index] &+= other.counts[index] }
        sumMicroseconds &+= other.sumMicroseconds
    }
}
