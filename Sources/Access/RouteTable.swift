/// All routes as a trie over path segments, compiled into flat arrays.
struct RouteTable: Sendable {
    /// A trie node. Offsets are into the arrays of the table; -1: none.
    struct Node {
        /// The child for any one segment that is not empty.
        var parameter: Int32 = -1
        /// Routes that end here.
        var terminal: Int32 = -1
        /// Routes that take one or more further segments.
        var rest: Int32 = -1
        /// Whether there are literal children at all.
        var hasLiterals = false
    }

    /// The route of each method, by the method's raw value; -1: none.
    struct Terminal {
        var methods = MethodSet()
        var routes: SIMD8<Int32> = SIMD8(repeating: -1)
    }

    /// A literal child: the slot of an open-addressed table over (parent, segment).
    struct Slot {
        /// -1: the slot is free.
        var child: Int32 = -1
        var parent: Int32 = 0
        /// Where the segment stands in `text`, bytes.
        var start: Int32 = 0
        var count: Int32 = 0
    }

    let nodes: [Node]
    let terminals: [Terminal]
    /// A power of two, at most half full.
    let slots: [Slot]
    /// All literal segments, one after the other.
    let text: [UInt8]

    /// The route of a request, or -1 with the methods that the path does have.
    ///
    /// A literal segment is tried before a parameter, and a parameter before the rest. Since two routes that match one request are
    /// never more specific each at its own segment, the first match is the most specific one.
    func find(_ method: Method, path: Span<UInt8>, allowed: inout MethodSet) -> Int {
        guard path.count > 0, path[0] == UInt8(ascii: "/") else { return -1 }
        if path.count == 1 { return accept(nodes[0].terminal, method, &allowed) }
        return descend(0, method, path, from: 1, &allowed)
    }

    /// `start`: where the next segment begins; the path is not exhausted.
    /// The depth of the recursion is bounded by the longest pattern of the policy, not by the path.
    private func descend(_ index: Int, _ method: Method, _ path: Span<UInt8>, from start: Int, _ allowed: inout MethodSet) -> Int {
        let node = nodes[index]
        var end = start
        var hash = Self.seed(parent: index)
        while end < path.count, path[end] != UInt8(ascii: "/") {
            Self.mix(&hash, path[end])
            end += 1
        }
        if node.hasLiterals {
            let child = literal(index, path, start..<end, hash)
            if child >= 0 {
                let found = proceed(child, method, path, after: end, &allowed)
                if found >= 0 { return found }
            }
        }
        guard end > start else { return -1 }
        if node.parameter >= 0 {
            let found = proceed(Int(node.parameter), method, path, after: end, &allowed)
            if found >= 0 { return found }
        }
        return accept(node.rest, method, &allowed)
    }

    private func proceed(_ index: Int, _ method: Method, _ path: Span<UInt8>, after end: Int, _ allowed: inout MethodSet) -> Int {
        end == path.count
            ? accept(nodes[index].terminal, method, &allowed)
            : descend(index, method, path, from: end + 1, &allowed)
    }

    private func accept(_ terminal: Int32, _ method: Method, _ allowed: inout MethodSet) -> Int {
        guard terminal >= 0 else { return -1 }
        let entry = terminals[Int(terminal)]
        allowed.formUnion(entry.methods)
        return Int(entry.routes[Int(method.rawValue)])
    }

    private func literal(_ parent: Int, _ path: Span<UInt8>, _ segment: Range<Int>, _ hash: UInt64) -> Int {
        let mask = slots.count - 1
        var position = Self.position(hash, mask: mask)
        while true {
            let slot = slots[position]
            if slot.child < 0 { return -1 }
            if slot.parent == parent, slot.count == segment.count, isEqual(slot, path, segment.lowerBound) { return Int(slot.child) }
            position = (position + 1) & mask
        }
    }

    private func isEqual(_ slot: Slot, _ path: Span<UInt8>, _ start: Int) -> Bool {
        for offset in 0..<Int(slot.count) where text[Int(slot.start) + offset] != path[start + offset] {
            return false
        }
        return true
    }

    // FNV-1a over the segment, started from the parent. No key: the table is filled by the policy, never by requests.
    static func seed(parent: Int) -> UInt64 {
        (0xcbf2_9ce4_8422_2325 ^ UInt64(parent)) &* 0x100_0000_01b3
    }

    @inline(__always)
    static func mix(_ hash: inout UInt64, _ byte: UInt8) {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }

    @inline(__always)
    static func position(_ hash: UInt64, mask: Int) -> Int {
        Int(truncatingIfNeeded: hash ^ (hash >> 32)) & mask
    }
}
