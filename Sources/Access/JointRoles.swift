/// The roles of two policies, by name, put into kinds that neither of two questions can tell apart.
struct JointRoles {
    private let old: Policy
    private let new: Policy
    private let oldQuestion: RoleQuestion?
    private let newQuestion: RoleQuestion?
    private let kinds: [Kind]

    /// Sets of role names that are told for one change at most; that there is a change is never lost.
    private static let limit = 50

    private struct Kind {
        let names: [String]
        /// A role of the kind in each policy; nil: it does not count there.
        let old: Int?
        let new: Int?
    }

    private struct Traits: Hashable {
        let old: Side?
        let new: Side?

        struct Side: Hashable {
            let element: RoleCover.Element
            let conflicts: [Int]

            init?(_ question: RoleQuestion?, _ role: Int?) {
                guard let question, let role else { return nil }
                element = question.element(role)
                conflicts = question.conflictBits(role)
                if element.grants.isEmpty, !element.reachesAny, conflicts.isEmpty { return nil }
            }
        }
    }

    init(
        _ old: Policy, _ new: Policy, _ oldCaller: Caller?, _ newCaller: Caller?, _ oldQuestion: RoleQuestion?, _ newQuestion: RoleQuestion?
    ) {
        (self.old, self.new) = (old, new)
        (self.oldQuestion, self.newQuestion) = (oldQuestion, newQuestion)
        var indices: [String: (old: Int?, new: Int?)] = [:]
        var names: [String] = []
        for role in newCaller?.roles.indices ?? [] {
            names.append(new.roles[role].name)
            indices[new.roles[role].name] = (nil, role)
        }
        for role in oldCaller?.roles.indices ?? [] {
            let name = old.roles[role].name
            if indices[name] == nil { names.append(name) }
            indices[name, default: (nil, nil)].old = role
        }
        var kinds: [Traits: Int] = [:]
        var result: [Kind] = []
        for name in names {
            guard let (oldIndex, newIndex) = indices[name] else { continue }
            let traits = Traits(old: .init(oldQuestion, oldIndex), new: .init(newQuestion, newIndex))
            guard traits.old != nil || traits.new != nil else { continue }
            if let kind = kinds[traits] {
                result[kind] = Kind(names: result[kind].names + [name], old: result[kind].old, new: result[kind].new)
            } else {
                kinds[traits] = result.count
                result.append(Kind(names: [name], old: oldIndex, new: newIndex))
            }
        }
        self.kinds = result
    }

    /// The smallest sets of roles with which the change happens, by name.
    ///
    /// A set that is allowed after the change holds a smallest allowed set C. If C was not allowed before, it is one of the answers.
    /// Otherwise a deny rule that is gone refused the larger set, so that C with the roles that set off the rule is one.
    func changed(_ change: AccessChange.Direction) -> [[String]] {
        guard let after = change == .gains ? newQuestion : oldQuestion else { return [] }
        let before = change == .gains ? oldQuestion : newQuestion
        var candidates: [[Int]] = []
        for cover in covers(after, change) where allows(after, cover, isNew: change == .gains) {
            if !allows(before, cover, isNew: change == .loses) {
                candidates.append(cover)
                continue
            }
            for trigger in triggers(before, isNew: change == .loses) {
                let set = Array(Set(cover + trigger)).sorted()
                if allows(after, set, isNew: change == .gains), !allows(before, set, isNew: change == .loses) { candidates.append(set) }
            }
        }
        let smallest = candidates.filter { set in !candidates.contains { $0 != set && Set($0).isStrictSubset(of: set) } }
        return names(Array(Set(smallest)))
    }

    /// Where nothing changes for whoever holds all scopes of the roles: the sets with which a token can do after the change, with only
    /// the scopes that are needed then, what it could not do before.
    func narrowed(_ change: AccessChange.Direction) -> (sets: [[String]], scopes: [String])? {
        guard let after = change == .gains ? newQuestion : oldQuestion, let before = change == .gains ? oldQuestion : newQuestion else {
            return nil
        }
        let (afterPolicy, beforePolicy) = change == .gains ? (new, old) : (old, new)
        let held = afterPolicy.names(of: after.needs)
        guard !before.needs.isSubset(of: beforePolicy.scopes(named: held)) else { return nil }
        let sets = covers(after, change).filter {
            allows(after, $0, isNew: change == .gains) && allows(before, $0, isNew: change == .loses)
        }
        return sets.isEmpty ? nil : (names(sets), held)
    }

    // MARK: - Sets of kinds

    private func covers(_ question: RoleQuestion, _ change: AccessChange.Direction) -> [[Int]] {
        let nothing = RoleCover.Element(grants: ScopeSet(), reachesAny: false)
        let elements = kinds.map { kind in (change == .gains ? kind.new : kind.old).map { question.element($0) } ?? nothing }
        return RoleCover(needs: question.needs, needsAnyReach: question.needsAnyReach).minimalSets(of: elements)
    }

    private func allows(_ question: RoleQuestion?, _ set: [Int], isNew: Bool) -> Bool {
        question?.allows(RoleSet(set.compactMap { isNew ? kinds[$0].new : kinds[$0].old })) ?? false
    }

    /// The smallest sets that a deny rule refuses.
    private func triggers(_ question: RoleQuestion?, isNew: Bool) -> [[Int]] {
        guard let question else { return [] }
        return question.conflicts.flatMap { conflict -> [[Int]] in
            let first = kinds.indices.filter { kind in
                (isNew ? kinds[kind].new : kinds[kind].old).map { conflict.first.contains($0) } ?? false
            }
            guard let other = conflict.second else { return first.map { [$0] } }
            let second = kinds.indices.filter { kind in (isNew ? kinds[kind].new : kinds[kind].old).map { other.contains($0) } ?? false }
            return first.flatMap { left in second.map { left == $0 ? [left] : [left, $0] } }
        }
    }

    /// Every role of each kind in turn.
    private func names(_ sets: [[Int]]) -> [[String]] {
        var result: [[String]] = []
        for set in sets.sorted(by: { $0.count == $1.count ? $0.lexicographicallyPrecedes($1) : $0.count < $1.count }) {
            let choices = combinations(set.map { Array(kinds[$0].names.indices) }, in: set)
            result += choices.prefix(Self.limit - result.count)
        }
        return result
    }

    private func combinations(_ choices: [[Int]], in set: [Int]) -> [[String]] {
        var result: [[String]] = [[]]
        for (kind, choice) in zip(set, choices) {
            result = Array(result.lazy.flatMap { begun in choice.lazy.map { begun + [kinds[kind].names[$0]] } }.prefix(Self.limit))
        }
        return result
    }
}
