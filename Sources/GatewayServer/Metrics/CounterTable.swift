/// Counts by a key of one word: the counters of one event loop, so without locks; a count of a known key allocates nothing.
///
/// Open addressing with linear probing; at most half full. Only ever grows by keys that were not seen before, so what counts must come from
/// a closed set.
struct CounterTable: Sendable {
    /// 0: free.
    private var keys: [UInt64]
    private var counts: [UInt64]
    private var used = 0

    /// - Parameter capacity: a power of two.
    init(capacity: Int = 64) {
        keys = Array(repeating: 0, count: capacity)
        counts = Array(repeating: 0, count: capacity)
    }

    /// - Parameter key: not 0.
    mutating func add(_ key: UInt64, _ amount: UInt64 = 1) {
        let place = place(of: key)
        if keys[place] == 0 {
            if (used + 1) * 2 > keys.count {
                grow()
                return add(key, amount)
            }
            keys[place] = key
            used += 1
        }
        counts[place] &+= amount
    }

    var entries: [(key: UInt64, count: UInt64)] {
        keys.indices.compactMap { keys[$0] == 0 ? nil : (keys[$0], counts[$0]) }
    }

    private func place(of key: UInt64) -> Int {
        // Fibonacci hashing: the high bits of the product depend on all bits of the key.
        var place = Int((key &* 0x9E37_79B9_7F4A_7C15) >> 32) & (keys.count - 1)
        while keys[place] != 0, keys[place] != key { place = (place + 1) & (keys.count - 1) }
        return place
    }

    private mutating func grow() {
        let old = entries
        self = CounterTable(capacity: keys.count * 2)
        for (key, count) in old { add(key, count) }
    }
}
