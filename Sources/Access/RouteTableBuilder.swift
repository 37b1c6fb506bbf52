/// The routes as a trie that still knows its segments by name: for finding overlaps, and for making the table.
struct RouteTrie {
    struct Node {
        private(set) var literals: [String: Int] = [:]
        /// The same in the order of the file.
        private(set) var children: [(text: String, node: Int)] = []
        var parameter: Int?
        /// Indices of the routes that end here.
        var terminal: [Int] = []
        /// Indices of the routes that take one or more further segments.
        var rest: [Int] = []

        mutating func add(_ text: String, _ node: Int) {
            literals[text] = node
            children.append((text, node))
        }
    }

    private(set) var nodes: [Node] = [Node()]
    /// By route index.
    private(set) var methods: [MethodSet] = []

    /// Routes must be added in the order of their indices.
    mutating func add(_ pattern: RoutePattern, methods: MethodSet) {
        let index = self.methods.count
        self.methods.append(methods)
        var current = 0
        for segment in pattern.segments {
            switch segment {
            case .literal(let text):
                if let child = nodes[current].literals[text] {
                    current = child
                } else {
                    nodes.append(Node())
                    nodes[current].add(text, nodes.count - 1)
                    current = nodes.count - 1
                }
            case .parameter:
                if let child = nodes[current].parameter {
                    current = child
                } else {
                    nodes.append(Node())
                    nodes[current].parameter = nodes.count - 1
                    current = nodes.count - 1
                }
            case .rest:
                nodes[current].rest.append(index)
                return
            }
        }
        nodes[current].terminal.append(index)
    }

    /// Flattens the trie. Of routes that overlap at one node the first is kept; a policy with such routes is refused anyway.
    func table() -> RouteTable {
        let literalCount = nodes.reduce(0) { $0 + $1.literals.count }
        var slotCount = 2
        while slotCount < 2 * literalCount { slotCount *= 2 }
        var flat: [RouteTable.Node] = []
        var terminals: [RouteTable.Terminal] = []
        var slots = Array(repeating: RouteTable.Slot(), count: slotCount)
        var text: [UInt8] = []
        func terminal(_ routes: [Int]) -> Int32 {
            guard !routes.isEmpty else { return -1 }
            var entry = RouteTable.Terminal()
            for route in routes {
                for method in methods[route].methods where !entry.methods.contains(method) {
                    entry.add(method, route: route)
                }
            }
            terminals.append(entry)
            return Int32(terminals.count - 1)
        }
        for (index, node) in nodes.enumerated() {
            var entry = RouteTable.Node()
            entry.parameter = node.parameter.map { Int32($0) } ?? -1
            entry.terminal = terminal(node.terminal)
            entry.rest = terminal(node.rest)
            entry.hasLiterals = !node.literals.isEmpty
            flat.append(entry)
            for (segment, child) in node.children {
                let key = SegmentKey(segment.utf8.span, from: 0)
                var position = key.position(under: index, mask: slotCount - 1)
                while slots[position].child >= 0 { position = (position + 1) & (slotCount - 1) }
                slots[position] = RouteTable.Slot(
                    key: key, start: Int32(text.count), parent: Int32(index), child: Int32(child)
                )
                text.append(contentsOf: segment.utf8)
            }
        }
        return RouteTable(nodes: flat, terminals: terminals, slots: slots, text: text)
    }
}
