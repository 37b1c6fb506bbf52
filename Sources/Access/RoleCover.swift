/// Finds the smallest sets of roles that together hold what a route asks for.
struct RoleCover {
    /// What one role, or any of several roles that are alike, brings along.
    struct Element: Hashable {
        /// Of what is needed.
        let grants: ScopeSet
        let reachesAny: Bool
    }

    let needs: ScopeSet
    let needsAnyReach: Bool

    /// Gives up on a search of more steps than this: a policy for which that matters is beyond what people can read anyway.
    private static let maximumSteps = 20_000

    /// Sets of indices into `elements`, none of them holding another; smallest first. One empty set when nothing is needed.
    func minimalSets(of elements: [Element]) -> [[Int]] {
        var search = Search(cover: self, elements: elements)
        search.extend([], missing: needs, missesReach: needsAnyReach)
        return search.found.sorted { $0.count == $1.count ? $0.lexicographicallyPrecedes($1) : $0.count < $1.count }
    }

    private struct Search {
        let cover: RoleCover
        let elements: [Element]
        var found: Set<[Int]> = []
        var steps = 0

        /// Adds, for the first thing that is missing, each element that brings it.
        mutating func extend(_ chosen: [Int], missing: ScopeSet, missesReach: Bool) {
            steps += 1
            guard steps < RoleCover.maximumSteps else { return }
            let first = missing.indices.first
            guard first != nil || missesReach else {
                if isMinimal(chosen) { found.insert(chosen.sorted()) }
                return
            }
            for (index, element) in elements.enumerated() where !chosen.contains(index) {
                let helps = first.map { element.grants.contains($0) } ?? element.reachesAny
                guard helps else { continue }
                extend(
                    chosen + [index], missing: missing.subtracting(element.grants), missesReach: missesReach && !element.reachesAny
                )
            }
        }

        /// Whether each one of the chosen is needed.
        private func isMinimal(_ chosen: [Int]) -> Bool {
            chosen.allSatisfy { left in
                let others = chosen.filter { $0 != left }.map { elements[$0] }
                let grants = others.reduce(ScopeSet()) { $0.union($1.grants) }
                let reaches = others.contains { $0.reachesAny }
                return !(cover.needs.isSubset(of: grants) && (reaches || !cover.needsAnyReach))
            }
        }
    }
}
