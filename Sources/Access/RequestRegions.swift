/// Cuts all requests into regions that each policy decides by one route.
///
/// The regions are those of the patterns of both policies, and of what a pattern of the one has in common with a pattern of the other:
/// in each of them the most specific route of either policy that covers it decides.
enum RequestRegions {
    /// Indices of routes; nil: no route of that policy.
    struct Pair: Hashable {
        let old: Int?
        let new: Int?
    }

    static func pairs(_ old: Policy, _ new: Policy) -> [Pair: MethodSet] {
        let (oldTrie, newTrie) = (trie(old), trie(new))
        var result: [Pair: MethodSet] = [:]
        func add(_ pattern: [RoutePattern.Segment], _ method: Method) {
            let pair = Pair(old: oldTrie.covering(pattern[...], method), new: newTrie.covering(pattern[...], method))
            result[pair, default: MethodSet()].insert(method)
        }
        for route in old.routes + new.routes {
            for method in route.methods.methods { add(route.pattern.segments, method) }
        }
        for (pattern, methods) in PatternMeets.between(oldTrie, newTrie) {
            for method in methods.methods { add(pattern, method) }
        }
        return result
    }

    private static func trie(_ policy: Policy) -> RouteTrie {
        var trie = RouteTrie()
        for route in policy.routes { trie.add(route.pattern, methods: route.methods) }
        return trie
    }
}

extension RouteTrie {
    /// The most specific route that matches every request that the segments match; in the order in which requests find their route.
    func covering(_ segments: ArraySlice<RoutePattern.Segment>, _ method: Method, under node: Int = 0) -> Int? {
        guard let first = segments.first else { return route(nodes[node].terminal, method) }
        switch first {
        case .literal(let text):
            if let child = nodes[node].literals[text], let found = covering(segments.dropFirst(), method, under: child) { return found }
            if text.isEmpty { return nil }
        case .parameter: break
        case .rest: return route(nodes[node].rest, method)
        }
        if let child = nodes[node].parameter, let found = covering(segments.dropFirst(), method, under: child) { return found }
        return route(nodes[node].rest, method)
    }

    private func route(_ candidates: [Int], _ method: Method) -> Int? {
        candidates.first { methods[$0].contains(method) }
    }
}
