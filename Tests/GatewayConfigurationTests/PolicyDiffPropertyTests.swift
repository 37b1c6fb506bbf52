import GatewayTesting
import Testing

@testable import Access

@Suite("Differences of access, against trying everything", .ownThread)
struct PolicyDiffPropertyTests {
    static let paths = ["/", "/a", "/b", "/c", "/a/", "/a/a", "/a/b", "/c/b", "/c/c", "/a/b/c", "/c/c/c"]

    @Test("a question answers as a decision does, for everybody", arguments: 0..<30 as Range<UInt64>)
    func questions(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let policy = PolicySketch.policy(&generator)
        for route in policy.routes {
            for asker in Asker.all {
                let caller = asker.via.flatMap { policy.caller(via: $0) }
                let question = RoleQuestion(
                    policy, caller: caller, route: route, isOther: asker.isOther, isSigned: asker.isSigned,
                    context: TrialContext(partner: asker.partner, subject: asker.subject, network: asker.address.flatMap { IPAddress($0) })
                )
                let roles = caller.map { policy.roles(named: asker.roles, for: $0) } ?? RoleSet()
                if question.allows(roles) != asker.decide(route, by: policy).isAllowed { Issue.record("\(asker) on \(route.id)") }
            }
        }
    }

    @Test("the smallest sets are allowed, and nobody is without one of them", arguments: 0..<30 as Range<UInt64>)
    func smallestSets(seed: UInt64) {
        var generator = SeededGenerator(seed: 100 + seed)
        let policy = PolicySketch.policy(&generator)
        let sets = (0..<8).map { bits in RoleSet((0..<3).filter { bits >> $0 & 1 == 1 }) }
        for route in policy.routes {
            for caller in policy.callers {
                for isOther in [false, true] {
                    let question = RoleQuestion(policy, caller: caller, route: route, isOther: isOther, isSigned: false)
                    let smallest = question.minimalSets().map { RoleSet($0) }
                    for set in smallest where !question.allows(set) { Issue.record("\(set.indices) on \(route.id)") }
                    for set in sets where question.allows(set) && !smallest.contains(where: { $0.isSubset(of: set) }) {
                        Issue.record("\(set.indices) on \(route.id) is not told")
                    }
                }
            }
        }
    }

    @Test("whoever gains or loses is told, and whoever is told gains or loses", arguments: 0..<60 as Range<UInt64>)
    func exactness(seed: UInt64) {
        var generator = SeededGenerator(seed: 200 + seed)
        let (old, new) = PolicySketch.pair(&generator)
        let diff = AccessDiff(from: old, to: new)
        #expect(diff.isComplete)
        var witnessed: Set<AccessChange> = []
        for path in Self.paths {
            for method in [Access.Method.get, .post] {
                for asker in Asker.all {
                    let (before, after) = (asker.allowed(method, path, by: old), asker.allowed(method, path, by: new))
                    guard (before == nil) != (after == nil) else { continue }
                    let route = (after ?? before)?.id ?? ""
                    let change: AccessChange.Direction = after == nil ? .loses : .gains
                    let told = diff.changes.filter { Self.concerns($0, asker, method, route, change) }
                    if told.isEmpty {
                        Issue.record("\(asker.callerName) \(asker.roles) \(change) \(method) \(path) on \(route), untold: \(diff.changes)")
                    }
                    witnessed.formUnion(told.filter { Set($0.roles) == Set(asker.roles) })
                }
            }
        }
        for change in diff.changes where change.scopes == nil && !witnessed.contains(change) {
            Issue.record("told but not so: \(change)")
        }
    }

    static func concerns(
        _ change: AccessChange, _ asker: Asker, _ method: Access.Method, _ route: String, _ direction: AccessChange.Direction
    ) -> Bool {
        change.caller == asker.callerName && change.route == route && change.change == direction && change.scopes == nil
            && change.methods.contains(method) && Set(change.roles).isSubset(of: asker.roles)
            && (change.object == nil || (change.object == .other) == asker.isOther)
            && (change.isSigned == nil || change.isSigned == asker.isSigned) && holds(change.when, asker)
    }

    static func holds(_ when: AccessCondition?, _ asker: Asker) -> Bool {
        guard let when else { return true }
        let isInside =
            when.networks.isEmpty
            || when.networks.contains { text in
                guard let block = try? CIDR(parsing: text), let address = asker.address.flatMap({ IPAddress($0) }) else { return false }
                return block.contains(address)
            }
        return (when.partners.isEmpty || asker.partner.map { when.partners.contains($0) } ?? false)
            && (when.subjects.isEmpty || asker.subject.map { when.subjects.contains($0) } ?? false) && isInside
    }
}
