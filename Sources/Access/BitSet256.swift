/// At most 256 small integers, so that "does the principal hold all of these" is four AND instructions.
package struct BitSet256: Hashable, Sendable {
    /// Indices are 0..<capacity.
    package static let capacity = 256

    private var words: SIMD4<UInt64>

    package init() {
        words = .zero
    }

    package init(_ indices: some Sequence<Int>) {
        self.init()
        for index in indices { insert(index) }
    }

    /// Traps outside 0..<256: the policy compiler refuses a file with more names than bits.
    package mutating func insert(_ index: Int) {
        precondition(index >= 0 && index < Self.capacity, "an index outside the 256 bits")
        words[index >> 6] |= 1 << UInt64(index & 63)
    }

    package func contains(_ index: Int) -> Bool {
        guard index >= 0, index < Self.capacity else { return false }
        return words[index >> 6] & (1 << UInt64(index & 63)) != 0
    }

    package func union(_ other: BitSet256) -> BitSet256 {
        BitSet256(words: words | other.words)
    }

    package func intersection(_ other: BitSet256) -> BitSet256 {
        BitSet256(words: words & other.words)
    }

    package func subtracting(_ other: BitSet256) -> BitSet256 {
        BitSet256(words: words & ~other.words)
    }

    package func isSubset(of other: BitSet256) -> Bool {
        words & ~other.words == .zero
    }

    package func isDisjoint(with other: BitSet256) -> Bool {
        words & other.words == .zero
    }

    package var isEmpty: Bool {
        words == .zero
    }

    package var count: Int {
        var total = 0
        for word in 0..<4 { total += words[word].nonzeroBitCount }
        return total
    }

    /// Ascending.
    package var indices: [Int] {
        var result: [Int] = []
        for word in 0..<4 {
            var rest = words[word]
            while rest != 0 {
                result.append(word * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return result
    }

    private init(words: SIMD4<UInt64>) {
        self.words = words
    }
}
