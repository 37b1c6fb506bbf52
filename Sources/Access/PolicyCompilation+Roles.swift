extension PolicyCompilation {
    /// Roles with what they include counted in. A cycle is told once, where it closes; the roles in it still compile, for the sake of
    /// finding further mistakes.
    mutating func compileRoles() -> [Role] {
        let entries = document.roles.prefix(RoleSet.capacity)
        let grants = entries.map { entry in
            ScopeSet(indices(entry.grants, kind: "scope", in: scopeIndices) { $0.misspeltGrants.insert($1) })
        }
        let includes = entries.map { entry in
            // Kept with their positions, to tell where a cycle closes.
            entry.includes.compactMap { name in
                indices([name], kind: "role", in: roleIndices) { this, role in
                    this.misspeltGrants = this.misspeltGrants.union(this.reachableScopes(of: role))
                }.first.map { ($0, name.position) }
            }
        }
        var closures: [RoleSet?] = Array(repeating: nil, count: entries.count)
        for index in entries.indices {
            var path: [Int] = []
            close(index, includes, &closures, &path)
        }
        return entries.enumerated().map { index, entry in
            let closure = closures[index] ?? RoleSet([index])
            return Role(
                index: index,
                name: entry.name.value,
                grants: closure.indices.reduce(ScopeSet()) { $0.union(grants[$1]) },
                objects: closure.indices.contains { entries[$0].objects == .any } ? .any : .own,
                closure: closure,
                position: entry.name.position
            )
        }
    }

    /// Depth first; `path` holds the roles that are being closed. At most 256 deep.
    private mutating func close(
        _ index: Int, _ includes: [[(role: Int, position: SourcePosition)]], _ closures: inout [RoleSet?], _ path: inout [Int]
    ) {
        guard closures[index] == nil else { return }
        path.append(index)
        var closure = RoleSet([index])
        for (role, position) in includes[index] {
            if let start = path.firstIndex(of: role) {
                let names = (path[start...] + [role]).map { "`\(document.roles[$0].name.value)`" }
                problems.error("role cycle: \(names.joined(separator: " includes "))", at: position)
            } else {
                close(role, includes, &closures, &path)
                closure = closure.union(closures[role] ?? RoleSet())
            }
        }
        path.removeLast()
        closures[index] = closure
    }
}
