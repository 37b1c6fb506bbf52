/// A set of scopes of one policy, by index. Sets of different policies do not mix: the index means nothing elsewhere.
package struct ScopeSet: Hashable, Sendable {
    package private(set) var bits: BitSet256

    package init() {
        bits = BitSet256()
    }

    package init(_ bits: BitSet256) {
        self.bits = bits
    }

    /// Every index must be in 0..<256.
    package init(_ indices: some Sequence<Int>) {
        bits = BitSet256(indices)
    }

    package mutating func insert(_ index: Int) {
        bits.insert(index)
    }

    package func contains(_ index: Int) -> Bool {
        bits.contains(index)
    }

    package func union(_ other: ScopeSet) -> ScopeSet {
        ScopeSet(bits.union(other.bits))
    }

    package func intersection(_ other: ScopeSet) -> ScopeSet {
        ScopeSet(bits.intersection(other.bits))
    }

    package func subtracting(_ other: ScopeSet) -> ScopeSet {
        ScopeSet(bits.subtracting(other.bits))
    }

    package func isSubset(of other: ScopeSet) -> Bool {
        bits.isSubset(of: other.bits)
    }

    package func isDisjoint(with other: ScopeSet) -> Bool {
        bits.isDisjoint(with: other.bits)
    }

    package var isEmpty: Bool {
        bits.isEmpty
    }

    package var count: Int {
        bits.count
    }

    /// Ascending, which is the order of the policy file.
    package var indices: [Int] {
        bits.indices
    }
}
