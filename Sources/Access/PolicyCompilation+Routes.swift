extension PolicyCompilation {
    mutating func compileRoutes(_ callers: [Caller]) -> [Route] {
        let all = callers.reduce(into: CallerSet()) { $0.formUnion(CallerSet($1)) }
        // What a principal of each caller can hold at most.
        let reach = callers.map { caller in
            caller.roles.indices.reduce(ScopeSet()) { $0.union(reachableScopes(of: $1)) }
        }
        return document.routes.enumerated().map { index, entry in
            let before = problems.diagnostics.count
            let needs = scopeSet(entry.needs ?? [])
            let allowed = entry.callers.map { callerSet($0, callers) } ?? all
            let destination = destination(entry)
            checkObject(entry)
            checkPath(entry)
            let isSound = entry.isSound && problems.diagnostics.count == before
            let route = Route(
                index: index, id: entry.id.value, methods: entry.methods, pattern: entry.path.value, needs: needs,
                object: entry.object?.value, isPublic: entry.isPublic, isClosed: entry.isClosed, callers: allowed,
                signed: entry.signed, idempotencyRequired: entry.idempotencyRequired,
                preconditionRequired: entry.preconditionRequired, bodyTypes: entry.bodyTypes, bodyLimit: entry.bodyLimit,
                rate: entry.rate, timeoutMilliseconds: entry.timeoutMilliseconds, upgrade: entry.upgrade, because: entry.because,
                destination: destination, position: entry.id.position, keyPositions: entry.keyPositions
            )
            if isSound, isComplete(callers) { checkReachable(route, entry, callers, reach) }
            return route
        }
    }

    /// With what the role includes; a cycle ends.
    func reachableScopes(of role: Int) -> ScopeSet {
        var seen = RoleSet([role])
        var waiting = [role]
        var result = ScopeSet()
        while let next = waiting.popLast() {
            for scope in document.roles[next].grants {
                if let index = scopeIndices[scope.value] { result.insert(index) }
            }
            for included in document.roles[next].includes {
                if let index = roleIndices[included.value], !seen.contains(index) {
                    seen.insert(index)
                    waiting.append(index)
                }
            }
        }
        return result
    }

    private mutating func destination(_ entry: PolicyDocument.RouteEntry) -> Destination {
        guard let to = entry.to, to.value != Destination.provisioning.name else {
            if entry.upgrade != nil, let position = entry.keyPositions["upgrade"] {
                problems.error("only a route to an upstream can have `upgrade`", at: position)
            }
            return .provisioning
        }
        if let upstreams, !upstreams.contains(to.value) {
            problems.unknown(
                "undefined upstream `\(to.value)`", name: to.value, at: to.position,
                known: [Destination.provisioning.name] + upstreams.sorted()
            )
        }
        return .upstream(to.value)
    }

    /// The gateway answers some paths itself, before it looks for a route.
    private mutating func checkPath(_ entry: PolicyDocument.RouteEntry) {
        let path = entry.path.value.text
        guard ownPaths.contains(path) else { return }
        problems.error(
            "route `\(entry.id.value)` could never be reached: the gateway answers \(path) itself", at: entry.path.position,
            suggestion: "/api" + path
        )
    }

    private mutating func checkObject(_ entry: PolicyDocument.RouteEntry) {
        guard let object = entry.object else { return }
        let known = entry.path.value.parameters
        guard !known.contains(object.value) else { return }
        let hint = known.isEmpty ? "has none" : "has " + known.map { "`{\($0)}`" }.joined(separator: ", ")
        problems.unknown(
            "`object` must be a parameter of the path, which \(hint): `\(object.value)`", name: object.value, at: object.position,
            known: known
        )
    }

    /// A route that nobody can call is a mistake, unless it says that it is closed.
    private mutating func checkReachable(
        _ route: Route, _ entry: PolicyDocument.RouteEntry, _ callers: [Caller], _ reach: [ScopeSet]
    ) {
        guard !route.isPublic, !route.isClosed else { return }
        let candidates = callers.filter { route.callers.contains($0) }
        let able = candidates.filter { route.signed != .required || $0.via == .partnerToken }
        if !able.contains(where: { route.needs.isSubset(of: reach[$0.index].union(misspeltGrants)) }) {
            let why: String
            if candidates.isEmpty {
                why = "the policy has no callers"
            } else if able.isEmpty {
                why = "only partners can sign requests"
            } else {
                let names = able.map { "`\($0.name)`" }.joined(separator: " or ")
                let missing = able.map { route.needs.subtracting(reach[$0.index]) }.min { $0.count < $1.count } ?? ScopeSet()
                let scopes = missing.indices.map { "`\(document.scopes[$0].name.value)`" }.joined(separator: ", ")
                why = "no role of \(names) grants \(scopes)"
            }
            problems.error(
                "nobody can call the route `\(route.id)`: \(why); `closed: true` says that this is meant", at: entry.id.position
            )
        } else if entry.needs == nil {
            problems.warning(
                "the route `\(route.id)` needs no scope, so any caller may use it; `needs: []` says that this is meant",
                at: entry.id.position
            )
        }
    }
}
