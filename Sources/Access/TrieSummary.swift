/// What a subtree of a trie holds, to leave out of a walk what cannot matter.
struct TrieSummary {
    var methods = MethodSet()
    /// Bit n: a route ends n segments below; the last bit stands for all that is deeper.
    var depths: UInt64 = 0
    /// A parameter or a rest stands below.
    var hasVariables = false
    /// A few bits of each literal that can be the next segment; all bits when any segment can.
    var next: UInt64 = 0

    /// Whether one request can match a route of each subtree.
    func canMeet(_ other: TrieSummary) -> Bool {
        let common = depths & other.depths
        return common != 0 && (common & 1 != 0 || next & other.next != 0) && !methods.isDisjoint(with: other.methods)
    }

    fileprivate mutating func add(_ child: TrieSummary) {
        methods.formUnion(child.methods)
        depths |= child.depths << 1 | child.depths & (1 << 63)
        hasVariables = hasVariables || child.hasVariables
    }
}

extension RouteTrie {
    /// By node.
    func summaries() -> [TrieSummary] {
        var result = Array(repeating: TrieSummary(), count: nodes.count)
        // A child has a higher index than its parent.
        for index in nodes.indices.reversed() {
            let node = nodes[index]
            var summary = TrieSummary()
            for route in node.terminal + node.rest { summary.methods.formUnion(methods[route]) }
            if !node.terminal.isEmpty { summary.depths |= 1 }
            if !node.rest.isEmpty {
                summary.depths |= ~1
                summary.hasVariables = true
            }
            if node.parameter != nil || !node.rest.isEmpty { summary.next = .max }
            for child in node.children {
                summary.add(result[child.node])
                summary.next |= 1 << UInt64(SegmentKey(child.text.utf8.span, from: 0).position(under: 0, mask: 63))
            }
            if let parameter = node.parameter {
                summary.hasVariables = true
                summary.add(result[parameter])
            }
            result[index] = summary
        }
        return result
    }
}
