/// Compares what two routes of two policies allow, to every caller with every set of roles.
struct AccessComparison {
    private let old: Policy
    private let new: Policy
    private let contexts: TrialContexts
    /// Most routes of a policy ask for the same few things.
    private var known: [[RouteSignature?]: [AccessDifference]] = [:]

    init(old: Policy, new: Policy, contexts: TrialContexts) {
        self.old = old
        self.new = new
        self.contexts = contexts
    }

    /// All that an answer depends on, so that routes with the same are compared once.
    private struct RouteSignature: Hashable {
        let isPublic: Bool
        let isClosed: Bool
        let hasObject: Bool
        let signed: SignatureRule
        let callers: CallerSet
        let needs: ScopeSet
        let rules: [Int]

        init(_ route: Route, _ policy: Policy) {
            isPublic = route.isPublic
            isClosed = route.isClosed
            hasObject = route.hasObject
            signed = route.signed
            callers = route.callers
            needs = route.needs
            rules = policy.rules(on: route).map(\.index)
        }
    }

    mutating func differences(_ pair: RequestRegions.Pair) -> [AccessDifference] {
        let (left, right) = (pair.old.map { old.routes[$0] }, pair.new.map { new.routes[$0] })
        let key = [left.map { RouteSignature($0, old) }, right.map { RouteSignature($0, new) }]
        if let result = known[key] { return result }
        var result: [AccessDifference] = []
        for via in [nil] + Via.allCases.map(Optional.some) where via == nil || caller(via, old) != nil || caller(via, new) != nil {
            result += differences(left, right, via)
        }
        known[key] = result
        return result
    }

    private func caller(_ via: Via?, _ policy: Policy) -> Caller? {
        via.flatMap { policy.caller(via: $0) }
    }

    /// For one kind of credential.
    private func differences(_ left: Route?, _ right: Route?, _ via: Via?) -> [AccessDifference] {
        // Without a credential nothing is owned, and only public routes are open, which know no objects.
        let hasObject = via != nil && [left, right].contains { $0?.hasObject ?? false }
        let mattersSigned = via == .partnerToken && [left, right].contains { $0.map(\.signed) ?? .optional != .optional }
        var result: [AccessDifference] = []
        for side in hasObject ? [ObjectReach.Side.own, .other] : [nil] {
            var told: [AccessDifference: [AccessCondition?]] = [:]
            for context in contexts.classes[via] ?? [] {
                var found = differences(left, right, via, side, isSigned: false, context.sample)
                if mattersSigned {
                    found = merged(unsigned: found, signed: differences(left, right, via, side, isSigned: true, context.sample))
                }
                for var difference in found where !(told[difference] ?? []).contains(where: { context.isWithin($0) }) {
                    told[difference, default: []].append(context.condition)
                    difference.when = context.condition
                    result.append(difference)
                }
            }
        }
        return result
    }

    /// What changes for signed and unsigned requests alike is told once.
    private func merged(unsigned: [AccessDifference], signed: [AccessDifference]) -> [AccessDifference] {
        func marked(_ differences: [AccessDifference], _ isSigned: Bool) -> [AccessDifference] {
            differences.map { difference in
                var marked = difference
                marked.isSigned = isSigned
                return marked
            }
        }
        let both = Set(unsigned).intersection(signed)
        return unsigned.filter { both.contains($0) } + marked(unsigned.filter { !both.contains($0) }, false)
            + marked(signed.filter { !both.contains($0) }, true)
    }

    private func differences(
        _ left: Route?, _ right: Route?, _ via: Via?, _ side: ObjectReach.Side?, isSigned: Bool, _ context: TrialContext
    ) -> [AccessDifference] {
        let question = { (policy: Policy, route: Route?) in
            route.map {
                RoleQuestion(
                    policy, caller: caller(via, policy), route: $0, isOther: side == .other, isSigned: isSigned,
                    context: context
                )
            }
        }
        let roles = JointRoles(old, new, caller(via, old), caller(via, new), question(old, left), question(new, right))
        let name = (caller(via, new) ?? caller(via, old))?.name ?? Caller.anonymousName
        let directions: [AccessChange.Direction] = [.gains, .loses]
        let whole = directions.flatMap { change in
            roles.changed(change).map { AccessDifference(caller: name, roles: $0, object: side, change: change) }
        }
        guard whole.isEmpty else { return whole }
        return directions.flatMap { change -> [AccessDifference] in
            guard let narrowed = roles.narrowed(change) else { return [] }
            return narrowed.sets.map {
                AccessDifference(caller: name, roles: $0, object: side, change: change, scopes: narrowed.scopes)
            }
        }
    }
}
