/// What patterns of two tries have in common where neither is within the other: `/a/{x}` and `/{y}/b` meet in `/a/b`, `/a/{x...}` and
/// `/{y}/{z}` in `/a/{z}`.
///
/// Walks the two tries side by side, as `RouteOverlapFinder` walks one against itself.
struct PatternMeets {
    typealias Meet = (pattern: [RoutePattern.Segment], methods: MethodSet)

    private let left: RouteTrie
    private let right: RouteTrie
    private let leftSummaries: [TrieSummary]
    private let rightSummaries: [TrieSummary]
    private var found: [Meet] = []
    private var path: [RoutePattern.Segment] = []

    static func between(_ left: RouteTrie, _ right: RouteTrie) -> [Meet] {
        var walk = PatternMeets(left, right)
        walk.visit(0, 0, leftIsNarrow: false, rightIsNarrow: false)
        return walk.found
    }

    private init(_ left: RouteTrie, _ right: RouteTrie) {
        (self.left, self.right) = (left, right)
        (leftSummaries, rightSummaries) = (left.summaries(), right.summaries())
    }

    /// `leftIsNarrow`: the left pattern had a literal where the right one had none, so that it leaves out what the right one matches.
    private mutating func visit(_ one: Int, _ other: Int, leftIsNarrow: Bool, rightIsNarrow: Bool) {
        let (a, b) = (leftSummaries[one], rightSummaries[other])
        // Each side can become narrow only where the other has a variable.
        guard a.canMeet(b), leftIsNarrow || b.hasVariables, rightIsNarrow || a.hasVariables else { return }
        let (leftNode, rightNode) = (left.nodes[one], right.nodes[other])
        if leftIsNarrow, rightIsNarrow {
            record(methods(left, leftNode.terminal).intersection(methods(right, rightNode.terminal)), [])
            record(methods(left, leftNode.rest).intersection(methods(right, rightNode.rest)), [.rest("rest")])
        }
        let leftRest = methods(left, leftNode.rest)
        if !leftRest.isEmpty, leftIsNarrow { scan(right, other, leftRest, isFirst: true) }
        let rightRest = methods(right, rightNode.rest)
        if !rightRest.isEmpty, rightIsNarrow { scan(left, one, rightRest, isFirst: true) }
        for (text, child) in leftNode.children {
            if let same = rightNode.literals[text] {
                step(.literal(text)) { $0.visit(child, same, leftIsNarrow: leftIsNarrow, rightIsNarrow: rightIsNarrow) }
            }
            if let parameter = rightNode.parameter, !text.isEmpty {
                step(.literal(text)) { $0.visit(child, parameter, leftIsNarrow: true, rightIsNarrow: rightIsNarrow) }
            }
        }
        guard let parameter = leftNode.parameter else { return }
        for (text, child) in rightNode.children where !text.isEmpty {
            step(.literal(text)) { $0.visit(parameter, child, leftIsNarrow: leftIsNarrow, rightIsNarrow: true) }
        }
        if let opposite = rightNode.parameter {
            step(.parameter("x")) { $0.visit(parameter, opposite, leftIsNarrow: leftIsNarrow, rightIsNarrow: rightIsNarrow) }
        }
    }

    /// `{name...}` routes that are narrow already, against all that is below a node of the other trie: being of one length, or longer,
    /// makes that narrow too.
    private mutating func scan(_ trie: RouteTrie, _ node: Int, _ rest: MethodSet, isFirst: Bool) {
        if !isFirst {
            record(rest.intersection(methods(trie, trie.nodes[node].terminal)), [])
            record(rest.intersection(methods(trie, trie.nodes[node].rest)), [.rest("rest")])
        }
        for (text, child) in trie.nodes[node].children where !(isFirst && text.isEmpty) {
            step(.literal(text)) { $0.scan(trie, child, rest, isFirst: false) }
        }
        if let parameter = trie.nodes[node].parameter {
            step(.parameter("x")) { $0.scan(trie, parameter, rest, isFirst: false) }
        }
    }

    private func methods(_ trie: RouteTrie, _ routes: [Int]) -> MethodSet {
        routes.reduce(into: MethodSet()) { $0.formUnion(trie.methods[$1]) }
    }

    private mutating func record(_ methods: MethodSet, _ suffix: [RoutePattern.Segment]) {
        if !methods.isEmpty { found.append((path + suffix, methods)) }
    }

    private mutating func step(_ segment: RoutePattern.Segment, _ body: (inout PatternMeets) -> Void) {
        path.append(segment)
        body(&self)
        path.removeLast()
    }
}
