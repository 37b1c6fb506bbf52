extension PolicyCompilation {
    mutating func compileDenyRules(_ callers: [Caller], roles: [Role]) -> [DenyRule] {
        var lines: [String: Int] = [:]
        return document.deny.enumerated().map { index, entry in
            if let line = lines[entry.id.value] {
                problems.error("duplicate deny rule `\(entry.id.value)`, first defined on line \(line)", at: entry.id.position)
            } else {
                lines[entry.id.value] = entry.id.position.line
            }
            let named = entry.roles.map { roleSet($0) }
            return DenyRule(
                index: index, id: entry.id.value, because: entry.because, position: entry.id.position,
                callers: entry.callers.map { callerSet($0, callers) },
                partners: entry.partners.map { Set($0) },
                subjects: entry.subjects.map { Set($0) },
                roles: named.map { named in RoleSet(roles.filter { !$0.closure.isDisjoint(with: named) }.map(\.index)) },
                scopes: entry.scopes.map { scopeSet($0) },
                routes: entry.routes.map { Set(indices($0, kind: "route", in: routeIndices)) },
                networks: entry.networks,
                keyPositions: entry.keyPositions
            )
        }
    }
}
