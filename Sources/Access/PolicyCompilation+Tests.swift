extension PolicyCompilation {
    /// Checks the names in the tests, and warns of routes that none touches.
    /// - Returns: the ids of the routes that are touched.
    mutating func checkTests(_ callers: [Caller]) -> [String] {
        var touched: Set<Int> = []
        for test in document.tests {
            _ = roleSet(test.subject.roles)
            _ = scopeSet(test.subject.scopes ?? [])
            switch test.subject.identity {
            case .caller(let name): _ = caller(name, callers)
            case .partner where !callers.contains { $0.via == .partnerToken } && isComplete(callers):
                problems.error("the policy has no caller via partner-token", at: test.subject.position)
            case .partner, .anonymous: break
            }
            for target in test.may + test.mayNot {
                let name = Located(value: target.route, position: target.position)
                guard let index = indices([name], kind: "route", in: routeIndices).first else { continue }
                touched.insert(index)
                if target.ownership != nil, document.routes[index].object == nil {
                    problems.error(
                        "the route `\(target.route)` has no object that could be own or other", at: target.position,
                        suggestion: target.route
                    )
                }
            }
        }
        for (index, entry) in document.routes.enumerated() where !touched.contains(index) && !duplicateRoutes.contains(index) {
            problems.warning("no test covers the route `\(entry.id.value)`", at: entry.id.position)
        }
        return document.routes.indices.filter { touched.contains($0) }.map { document.routes[$0].id.value }
    }
}
