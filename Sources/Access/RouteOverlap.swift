/// Two routes that match one request without one of them being the more specific.
struct RouteOverlap: Hashable {
    /// Index of the route that stands first in the file.
    let first: Int
    let second: Int
    /// A request that both match.
    let method: Method
    let path: String
}

/// Finds overlapping routes by walking the trie against itself.
///
/// Two routes that match one request are fine when one of them is at least as specific at every segment and more specific at one,
/// where a literal is more specific than a parameter, and `{name}` and each segment of `{name...}` are the same.
///
/// Cost: the pairs of trie nodes that one path can reach, less those below which nothing can conflict. Ten thousand routes of the usual
/// kind have hardly more pairs than nodes.
struct RouteOverlapFinder {
    private let nodes: [RouteTrie.Node]
    private let methods: [MethodSet]
    private let summaries: [TrieSummary]
    /// One of each later route: one mistake is told once.
    private var found: [Int: RouteOverlap] = [:]
    /// The path to where the walk is.
    private var path: [String] = []

    private init(_ trie: RouteTrie) {
        nodes = trie.nodes
        methods = trie.methods
        summaries = trie.summaries()
    }

    /// Enough to see what is wrong.
    private static let maximumFound = 100

    private var isFull: Bool {
        found.count >= Self.maximumFound
    }

    /// In the order of the later route; at most one for each, and at most 100.
    static func overlaps(in trie: RouteTrie) -> [RouteOverlap] {
        var finder = RouteOverlapFinder(trie)
        finder.visit(0)
        return finder.found.values.sorted { $0.second < $1.second }
    }

    // MARK: - The walk

    /// A node against itself: the two routes are the same so far.
    private mutating func visit(_ node: Int) {
        conflictsAmong(nodes[node].terminal, suffix: [])
        conflictsAmong(nodes[node].rest, suffix: ["x"])
        if !nodes[node].rest.isEmpty { scan(rest: nodes[node].rest, from: node, restIsMore: false) }
        let parameter = nodes[node].parameter
        for (segment, child) in nodes[node].children where !isFull {
            step(segment) { $0.visit(child) }
            if let parameter, !segment.isEmpty { step(segment, child, parameter, leftIsMore: true, rightIsMore: false) }
        }
        if let parameter { step("x") { $0.visit(parameter) } }
    }

    /// Two nodes that one path reaches. `leftIsMore`: the left one was the more specific at some segment before.
    private mutating func visit(_ left: Int, _ right: Int, leftIsMore: Bool, rightIsMore: Bool) {
        if leftIsMore == rightIsMore {
            conflicts(nodes[left].terminal, nodes[right].terminal, suffix: [])
            conflicts(nodes[left].rest, nodes[right].rest, suffix: ["x"])
        }
        // A conflict needs the rest's side to have been more specific before, or neither.
        if !nodes[left].rest.isEmpty, leftIsMore || !rightIsMore {
            scan(rest: nodes[left].rest, from: right, restIsMore: leftIsMore, otherIsMore: rightIsMore)
        }
        if !nodes[right].rest.isEmpty, rightIsMore || !leftIsMore {
            scan(rest: nodes[right].rest, from: left, restIsMore: rightIsMore, otherIsMore: leftIsMore)
        }
        let (leftParameter, rightParameter) = (nodes[left].parameter, nodes[right].parameter)
        // The side with fewer literals is looked up in the other.
        let isLeftSmaller = nodes[left].children.count <= nodes[right].children.count
        for (segment, child) in nodes[isLeftSmaller ? left : right].children where !isFull {
            guard let same = nodes[isLeftSmaller ? right : left].literals[segment] else { continue }
            step(segment, isLeftSmaller ? child : same, isLeftSmaller ? same : child, leftIsMore: leftIsMore, rightIsMore: rightIsMore)
        }
        if let rightParameter {
            for (segment, child) in nodes[left].children where !segment.isEmpty && !isFull {
                step(segment, child, rightParameter, leftIsMore: true, rightIsMore: rightIsMore)
            }
        }
        guard let leftParameter else { return }
        for (segment, child) in nodes[right].children where !segment.isEmpty && !isFull {
            step(segment, leftParameter, child, leftIsMore: leftIsMore, rightIsMore: true)
        }
        if let rightParameter { step("x", leftParameter, rightParameter, leftIsMore: leftIsMore, rightIsMore: rightIsMore) }
    }

    /// `{name...}` routes against everything one or more segments below `node`.
    private mutating func scan(rest: [Int], from node: Int, restIsMore: Bool, otherIsMore: Bool = false, isFirst: Bool = true) {
        if !isFirst, restIsMore == otherIsMore {
            conflicts(rest, nodes[node].terminal, suffix: [])
            conflicts(rest, nodes[node].rest, suffix: ["x"])
        }
        // A literal is more specific than the rest; if only the literal's side is, that settles it for good.
        if restIsMore {
            for (segment, child) in nodes[node].children where !(isFirst && segment.isEmpty) && !isFull {
                step(segment) { $0.scan(rest: rest, from: child, restIsMore: true, otherIsMore: true, isFirst: false) }
            }
        }
        if let parameter = nodes[node].parameter {
            step("x") { $0.scan(rest: rest, from: parameter, restIsMore: restIsMore, otherIsMore: otherIsMore, isFirst: false) }
        }
    }

    private mutating func step(_ segment: String, _ left: Int, _ right: Int, leftIsMore: Bool, rightIsMore: Bool) {
        guard canConflict(left, right, leftIsMore, rightIsMore) else { return }
        step(segment) { $0.visit(left, right, leftIsMore: leftIsMore, rightIsMore: rightIsMore) }
    }

    private mutating func step(_ segment: String, _ body: (inout RouteOverlapFinder) -> Void) {
        path.append(segment)
        body(&self)
        path.removeLast()
    }

    private func canConflict(_ left: Int, _ right: Int, _ leftIsMore: Bool, _ rightIsMore: Bool) -> Bool {
        let (a, b) = (summaries[left], summaries[right])
        guard a.canMeet(b) else { return false }
        // The other side can only become the more specific where this side has a variable.
        if leftIsMore, !rightIsMore { return a.hasVariables }
        if rightIsMore, !leftIsMore { return b.hasVariables }
        return true
    }

    // MARK: - Recording

    private mutating func conflictsAmong(_ routes: [Int], suffix: [String]) {
        var taken: [Method: Int] = [:]
        for route in routes {
            for method in methods[route].methods {
                if let first = taken[method] {
                    record(first, route, method, suffix)
                } else {
                    taken[method] = route
                }
            }
        }
    }

    private mutating func conflicts(_ left: [Int], _ right: [Int], suffix: [String]) {
        for first in left {
            for second in right {
                if let method = methods[first].intersection(methods[second]).methods.first {
                    record(first, second, method, suffix)
                }
            }
        }
    }

    private mutating func record(_ one: Int, _ other: Int, _ method: Method, _ suffix: [String]) {
        let (first, second) = (min(one, other), max(one, other))
        if let known = found[second], known.first <= first { return }
        let path = "/" + (path + suffix).joined(separator: "/")
        found[second] = RouteOverlap(first: first, second: second, method: method, path: path)
    }
}
