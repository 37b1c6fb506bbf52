/// How much a policy holds and how much of it its tests touch.
package struct PolicySummary: Sendable {
    package var routes = 0
    package var tests = 0
    /// Ids of the routes that some test names, in the order of the file.
    package var covered: [String] = []

    package init(routes: Int = 0, tests: Int = 0, covered: [String] = []) {
        self.routes = routes
        self.tests = tests
        self.covered = covered
    }
}

/// Makes a policy of a file, or tells everything that is wrong with it.
package enum PolicyCompiler {
    /// Compiles a policy and runs its own tests. Whole or nothing: with one error there is no policy.
    ///
    /// - Parameters:
    ///   - file: the name for the diagnostics.
    ///   - digest: of the file's bytes, kept in the policy.
    ///   - upstreams: the names that `to` may use beside `provisioning`; nil when they are not known, so that none is refused.
    ///   - isWhole: false when something of the file could not be read, so that names may be missing for that reason.
    ///   - ownPaths: what the gateway answers itself, so that no route there could ever be reached.
    /// - Returns: diagnostics in the order of the file, with a policy unless one of them is an error.
    package static func compile(
        _ root: SourceNode, file: String, digest: String, upstreams: Set<String>?, isWhole: Bool = true, ownPaths: Set<String> = []
    ) -> (policy: Policy?, diagnostics: [Diagnostic], summary: PolicySummary) {
        var reader = PolicyReader(file: file)
        let document = reader.read(root)
        var compilation = PolicyCompilation(
            document: document, problems: reader.reader.problems, upstreams: upstreams, ownPaths: ownPaths
        )
        compilation.mayLackRoutes = !isWhole
        return compilation.compile(digest: digest)
    }
}

/// One run of the compiler: names become indices, and what they say together is checked.
struct PolicyCompilation {
    let document: PolicyDocument
    let upstreams: Set<String>?
    let ownPaths: Set<String>
    var problems: ProblemList

    var scopeIndices: [String: Int] = [:]
    var roleIndices: [String: Int] = [:]
    var routeIndices: [String: Int] = [:]
    /// Routes that have the id of an earlier one.
    var duplicateRoutes: Set<Int> = []
    /// A route that is named and not there is probably one that could not be read, or has another's id: the same mistake, told already.
    var mayLackRoutes = false
    /// Scopes that are probably granted, or carried, by a name that is misspelt: that nothing grants them is the same mistake.
    var misspeltGrants: ScopeSet = ScopeSet()

    init(document: PolicyDocument, problems: ProblemList, upstreams: Set<String>?, ownPaths: Set<String>) {
        self.ownPaths = ownPaths
        self.document = document
        self.problems = problems
        self.upstreams = upstreams
    }

    mutating func compile(digest: String) -> (Policy?, [Diagnostic], PolicySummary) {
        indexNames()
        let scopes = document.scopes.enumerated().map {
            Scope(index: $0, name: $1.name.value, summary: $1.summary, position: $1.name.position)
        }
        let roles = compileRoles()
        let callers = compileCallers()
        let routes = compileRoutes(callers)
        let denyRules = compileDenyRules(callers, roles: roles)
        checkGrants(roles)
        checkCarriers(roles, callers)
        let table = compileTable(routes)
        let coverage = checkTests(callers)
        var summary = PolicySummary(routes: document.routes.count, tests: document.tests.count, covered: coverage)
        guard !problems.hasErrors else { return (nil, problems.sorted(), summary) }
        let policy = Policy(
            digest: digest, roles: roles, scopes: scopes, callers: callers, routes: routes, denyRules: denyRules, table: table
        )
        for failure in PolicyTests(policy: policy, tests: document.tests).failures() {
            problems.error(failure.message, at: failure.position)
        }
        summary.covered = coverage
        return (problems.hasErrors ? nil : policy, problems.sorted(), summary)
    }

    // MARK: - Names

    /// Indices are the bits of `ScopeSet` and `RoleSet`, so there can be 256 of each.
    private mutating func indexNames() {
        let limit = RoleSet.capacity
        for (index, entry) in document.scopes.enumerated() {
            if index < limit { scopeIndices[entry.name.value] = index }
            if index == limit { problems.error("a policy can have at most \(limit) scopes", at: entry.name.position) }
        }
        for (index, entry) in document.roles.enumerated() {
            if index < limit { roleIndices[entry.name.value] = index }
            if index == limit { problems.error("a policy can have at most \(limit) roles", at: entry.name.position) }
        }
        for (index, entry) in document.routes.enumerated() {
            if let first = routeIndices[entry.id.value] {
                let line = document.routes[first].id.position.line
                problems.error("duplicate route `\(entry.id.value)`, first defined on line \(line)", at: entry.id.position)
                duplicateRoutes.insert(index)
                mayLackRoutes = true
            } else {
                routeIndices[entry.id.value] = index
            }
        }
    }

    mutating func scopeSet(_ names: [Located<String>]) -> ScopeSet {
        ScopeSet(indices(names, kind: "scope", in: scopeIndices))
    }

    mutating func roleSet(_ names: [Located<String>]) -> RoleSet {
        RoleSet(indices(names, kind: "role", in: roleIndices))
    }

    /// - Parameter suspected: is told of each index that an undefined name was probably meant for.
    mutating func indices(
        _ names: [Located<String>], kind: String, in known: [String: Int],
        suspected: (inout PolicyCompilation, Int) -> Void = { _, _ in }
    ) -> [Int] {
        names.compactMap { name in
            if let index = known[name.value] { return index }
            // What stands in its section is not undefined: why it cannot be used was told there.
            guard !isDeclared(name.value, in: kind + "s") else { return nil }
            if kind == "route", mayLackRoutes, Spelling.nearest(to: name.value, in: known.keys) == nil { return nil }
            let nearest = problems.unknown(
                "undefined \(kind) `\(name.value)`", name: name.value, at: name.position, known: known.keys.sorted()
            )
            if let index = nearest.flatMap({ known[$0] }) { suspected(&self, index) }
            return nil
        }
    }

    func isDeclared(_ name: String, in section: String) -> Bool {
        guard let section = document.sections[section] else { return false }
        return !section.isReadable || section.names.contains(name)
    }

    /// Whether every caller that stands in the file is known, so that what nobody may is really so.
    func isComplete(_ callers: [Caller]) -> Bool {
        guard let section = document.sections["callers"] else { return true }
        return section.isReadable && section.names.count == callers.count && document.sections["roles"]?.isReadable ?? true
    }

    mutating func callerSet(_ names: [Located<String>], _ callers: [Caller]) -> CallerSet {
        names.reduce(into: CallerSet()) { set, name in
            if let caller = caller(name, callers) { set.formUnion(CallerSet(caller)) }
        }
    }

    mutating func caller(_ name: Located<String>, _ callers: [Caller]) -> Caller? {
        if let caller = callers.first(where: { $0.name == name.value }) { return caller }
        guard !isDeclared(name.value, in: "callers") else { return nil }
        problems.unknown("undefined caller `\(name.value)`", name: name.value, at: name.position, known: callers.map(\.name))
        return nil
    }

    // MARK: - Callers

    private mutating func compileCallers() -> [Caller] {
        var result: [Caller] = []
        for entry in document.callers {
            let roles = RoleSet(
                indices(entry.roles, kind: "role", in: roleIndices) { this, role in
                    this.misspeltGrants = this.misspeltGrants.union(this.reachableScopes(of: role))
                }
            )
            if let other = result.first(where: { $0.via == entry.via.value }) {
                problems.error(
                    "caller `\(other.name)` comes via \(entry.via.value.rawValue) already: a credential speaks for one caller",
                    at: entry.via.position
                )
            } else {
                result.append(
                    Caller(
                        index: result.count, name: entry.name.value, via: entry.via.value, roles: roles, position: entry.name.position
                    )
                )
            }
        }
        return result
    }

    /// A scope that no role grants could never be held.
    private mutating func checkGrants(_ roles: [Role]) {
        guard document.sections["roles"]?.isReadable ?? true else { return }
        let granted = roles.reduce(ScopeSet()) { $0.union($1.grants) }
        for (index, entry) in document.scopes.enumerated() where index < ScopeSet.capacity && !granted.contains(index) {
            guard !misspeltGrants.contains(index) else { continue }
            problems.error("no role grants the scope `\(entry.name.value)`", at: entry.name.position)
        }
    }

    /// A role counts as carried when one that includes it is.
    private mutating func checkCarriers(_ roles: [Role], _ callers: [Caller]) {
        guard isComplete(callers) else { return }
        let named = callers.reduce(RoleSet()) { $0.union($1.roles) }
        let carried = named.indices.reduce(RoleSet()) { $0.union(roles[$1].closure) }
        for role in roles where !carried.contains(role.index) {
            problems.warning("no caller may carry the role `\(role.name)`", at: role.position)
        }
    }

    // MARK: - The table

    private mutating func compileTable(_ routes: [Route]) -> RouteTable {
        var trie = RouteTrie()
        for route in routes { trie.add(route.pattern, methods: route.methods) }
        for overlap in RouteOverlapFinder.overlaps(in: trie) where !duplicateRoutes.contains(overlap.second) {
            let (first, second) = (document.routes[overlap.first], document.routes[overlap.second])
            problems.error(
                "route `\(second.id.value)` overlaps route `\(first.id.value)` (line \(first.path.position.line)): both match "
                    + "\(overlap.method.name) \(overlap.path), and neither is the more specific",
                at: second.path.position
            )
        }
        return trie.table()
    }
}
