import Testing

@testable import Access

@Suite("Route table")
struct RouteTableTests {
    static func trie(_ routes: [NaiveRoute]) -> RouteTrie {
        var trie = RouteTrie()
        for route in routes { trie.add(route.pattern, methods: route.methods) }
        return trie
    }

    @Test("overlaps are exactly those of the plain definition, over random policies", arguments: 0..<20)
    func overlaps(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let routes = (0..<Int.random(in: 2...8, using: &generator)).map { _ in generator.route() }
            let found = RouteOverlapFinder.overlaps(in: Self.trie(routes))
            for second in routes.indices {
                let first = routes[..<second].firstIndex { $0.conflicts(with: routes[second]) }
                let overlap = found.first { $0.second == second }
                #expect(overlap?.first == first, "\(routes.map { "\($0.methods.methods) \($0.pattern)" }) at \(second)")
                if let overlap {
                    #expect(routes[overlap.first].matches(overlap.path) && routes[second].matches(overlap.path))
                    #expect(routes[overlap.first].methods.contains(overlap.method))
                    #expect(routes[second].methods.contains(overlap.method))
                }
            }
        }
    }

    @Test("look-up agrees with trying every route, over random policies and paths", arguments: 0..<12)
    func agreement(seed: UInt64) {
        var generator = SeededGenerator(seed: 1000 + seed)
        var outcomes = (found: 0, wrongMethod: 0, missing: 0)
        for _ in 0..<20 {
            var routes: [NaiveRoute] = []
            for _ in 0..<30 {
                let route = generator.route()
                if !routes.contains(where: { $0.conflicts(with: route) }) { routes.append(route) }
            }
            let trie = Self.trie(routes)
            #expect(RouteOverlapFinder.overlaps(in: trie).isEmpty)
            let table = trie.table()
            for _ in 0..<120 {
                let path = generator.path()
                let method = [Method.get, .head, .post, .put, .delete].randomElement(using: &generator) ?? .get
                var allowed = MethodSet()
                let index = table.find(method, path: path.utf8.span, allowed: &allowed)
                let matching = routes.indices.filter { routes[$0].matches(path) }
                let candidates = matching.filter { routes[$0].methods.contains(method) }
                let isRight: Bool
                if candidates.isEmpty {
                    isRight = index == -1 && allowed == matching.reduce(into: MethodSet()) { $0.formUnion(routes[$1].methods) }
                    if allowed.isEmpty { outcomes.missing += 1 } else { outcomes.wrongMethod += 1 }
                } else {
                    isRight = index == Self.mostSpecific(candidates, routes, path)
                    outcomes.found += 1
                }
                if !isRight { Issue.record("\(method) \(path): \(index) of \(routes.map(\.pattern.text))") }
            }
        }
        #expect(min(outcomes.found, outcomes.wrongMethod, outcomes.missing) > 100, "the random paths must reach every outcome")
    }

    /// The one that has a literal wherever any other has one.
    static func mostSpecific(_ candidates: [Int], _ routes: [NaiveRoute], _ path: String) -> Int? {
        let count = path == "/" ? 0 : path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).count
        return candidates.first { candidate in
            candidates.allSatisfy { other in
                zip(routes[candidate].literals(in: count), routes[other].literals(in: count)).allSatisfy { $0 || !$1 }
            }
        }
    }

    @Test(
        "a literal beats a parameter, wherever the rest of the path fits",
        arguments: [
            ("/a/b", 0), ("/a/c", 1), ("/b/c", 2), ("/b/d", 3), ("/b/d/e", 3), ("/a/b/c", 3), ("/a/b/", 3), ("/", 4),
            ("/a", 3), ("/a/", 5), ("/x/", 3), ("", -1), ("a/b", -1),
        ]
    )
    func specificity(path: String, index: Int) throws {
        let patterns = ["/a/b", "/a/{x}", "/{x}/c", "/{rest...}", "/", "/a/"]
        let routes = try patterns.map { NaiveRoute(pattern: try RoutePattern(parsing: $0), methods: MethodSet(.get)) }
        var allowed = MethodSet()
        #expect(Self.trie(routes).table().find(.get, path: path.utf8.span, allowed: &allowed) == index)
    }

    @Test("10,000 routes are checked for overlaps well under a second")
    func overlapSpeed() throws {
        var routes: [NaiveRoute] = []
        for index in 0..<2500 {
            let base = "/api/v\(index % 7)/tenant-{t}/resource\(index)".replacing("tenant-{t}", with: index % 2 == 0 ? "{t}" : "t\(index)")
            for (suffix, method) in [("", Method.get), ("/{id}", .get), ("/{id}", .delete), ("/{id}/{rest...}", .post)] {
                routes.append(NaiveRoute(pattern: try RoutePattern(parsing: base + suffix), methods: MethodSet(method)))
            }
        }
        let trie = Self.trie(routes)
        let clock = ContinuousClock()
        let elapsed = clock.measure { #expect(RouteOverlapFinder.overlaps(in: trie).isEmpty) }
        print("overlaps of 10,000 routes: \(elapsed)")
    }
}
