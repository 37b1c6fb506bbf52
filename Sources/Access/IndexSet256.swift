/// A set of roles of one policy, by index.
package typealias RoleSet = IndexSet256<Role>

/// A set of scopes of one policy, by index.
package typealias ScopeSet = IndexSet256<Scope>

/// At most 256 of a policy's elements, so that "does the principal hold all of these" is four AND instructions.
///
/// Sets of different policies do not mix: the index means nothing elsewhere.
package struct IndexSet256<Element>: Hashable, Sendable {
    /// Indices are 0..<capacity.
    package static var capacity: Int { 256 }

    private var words: SIMD4<UInt64>

    package init() {
        words = .zero
    }

    /// Every index must be in 0..<256.
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

    package func union(_ other: Self) -> Self {
        Self(words: words | other.words)
    }

    package func intersection(_ other: Self) -> Self {
        Self(words: words & other.words)
    }

    package func subtracting(_ other: Self) -> Self {
        Self(words: words & ~other.words)
    }

    package func isSubset(of other: Self) -> Bool {
        words & ~other.words == .zero
    }

    package func isDisjoint(with other: Self) -> Bool {
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

    /// Ascending, which is the order of the policy file.
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
