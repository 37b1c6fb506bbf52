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

    /// The route of each method, by the method's raw value (-1: none), and last the set of these methods: half a cache line.
    struct Terminal {
        private var lanes: SIMD8<Int32>

        init() {
            lanes = SIMD8(repeating: -1)
            lanes[7] = 0
        }

        var methods: MethodSet {
            MethodSet(rawValue: UInt8(truncatingIfNeeded: lanes[7]))
        }

        subscript(method: Method) -> Int {
            Int(lanes[Int(method.rawValue)])
        }

        mutating func add(_ method: Method, route: Int) {
            lanes[Int(method.rawValue)] = Int32(route)
            lanes[7] |= Int32(MethodSet(method).rawValue)
        }
    }

    /// A literal child: the slot of an open-addressed table over (parent, segment). Half a cache line, and usually all that is read.
    struct Slot {
        var key = SegmentKey()
        /// Where the segment stands in `text`, bytes.
        var start: Int32 = 0
        var parent: Int32 = 0
        /// -1: the slot is free.
        var child: Int32 = -1
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
        let key = SegmentKey(path, from: start)
        let end = start + Int(key.count)
        if node.hasLiterals {
            let child = literal(index, key, path, start)
            if child >= 0 {
                let found = proceed(child, method, path, after: end, &allowed)
                if found >= 0 { return found }
            }
        }
        guard key.count > 0 else { return -1 }
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
        return entry[method]
    }

    private func literal(_ parent: Int, _ key: SegmentKey, _ path: Span<UInt8>, _ start: Int) -> Int {
        let mask = slots.count - 1
        var position = key.position(under: parent, mask: mask)
        while true {
            let slot = slots[position]
            if slot.child < 0 { return -1 }
            if slot.parent == parent, slot.key == key, key.isExact || isEqual(slot, path, start) { return Int(slot.child) }
            position = (position + 1) & mask
        }
    }

    private func isEqual(_ slot: Slot, _ path: Span<UInt8>, _ start: Int) -> Bool {
        for offset in 0..<Int(slot.key.count) where text[Int(slot.start) + offset] != path[start + offset] {
            return false
        }
        return true
    }
}

/// A path segment as two words: up to 16 bytes the segment itself, beyond that the first 8 bytes and a hash of the others.
struct SegmentKey: Equatable {
    private(set) var first: UInt64 = 0
    private(set) var second: UInt64 = 0
    /// Bytes.
    private(set) var count: Int32 = 0

    init() {}

    /// Reads up to the next `/` or the end.
    init(_ path: Span<UInt8>, from start: Int) {
        var word: UInt64 = 0
        var position = start
        while position < path.count {
            let byte = path[position]
            if byte == UInt8(ascii: "/") { break }
            word = word << 8 | UInt64(byte)
            position += 1
            if (position - start) & 7 == 0 {
                add(word, upTo: position - start)
                word = 0
            }
        }
        if (position - start) & 7 != 0 { add(word, upTo: position - start) }
        count = Int32(position - start)
    }

    /// Whether equal keys mean equal segments.
    var isExact: Bool { count <= 16 }

    private mutating func add(_ word: UInt64, upTo end: Int) {
        if end <= 8 {
            first = word
        } else if end <= 16 {
            second = word
        } else {
            second = (second ^ word) &* 0x9e37_79b9_7f4a_7c15
            second ^= second >> 32
        }
    }

    /// Where to look for a literal. No secret goes in: the table is filled by the policy, never by requests.
    func position(under parent: Int, mask: Int) -> Int {
        var hash = (first ^ UInt64(parent) &* 0xff51_afd7_ed55_8ccd) &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 32
        hash = (hash ^ second ^ UInt64(count)) &* 0xc4ce_b9fe_1a85_ec53
        return Int(truncatingIfNeeded: hash ^ (hash >> 32)) & mask
    }
}
