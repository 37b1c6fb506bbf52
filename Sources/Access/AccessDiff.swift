/// Somebody who may do under one policy what they may not under another.
package struct AccessChange: Hashable, Sendable {
    package enum Direction: String, Sendable { case gains, loses }

    /// `anonymous` for who presents no credential; otherwise as the new policy names it, or the old one when it is gone.
    package let caller: String
    /// A smallest set: without one of these the same change does not happen. In the order of the file.
    package let roles: [String]
    /// The route that allows it: of the new policy for a gain, of the old one for a loss.
    package let route: String
    /// Nil when no object is concerned.
    package let object: ObjectReach.Side?
    package let change: Direction
    /// Without HEAD where GET is.
    package let methods: MethodSet
    /// Only for requests that are signed, or that are not; nil: either way.
    package let isSigned: Bool?
    /// Only for tokens that hold no more scopes than these; nil: with all scopes of the roles.
    package let scopes: [String]?
    /// Only for the partners, subjects or networks that a deny rule tells apart.
    package let when: AccessCondition?
}

extension ObjectReach {
    /// On which side of the tenant an object is.
    package enum Side: String, Sendable { case own, other }
}

/// What a deny rule can tell apart beside caller, roles, scopes and route; an empty list: any.
package struct AccessCondition: Hashable, Sendable {
    package let partners: [String]
    package let subjects: [String]
    package let networks: [String]
}

/// Who gains and who loses what between two policies.
///
/// Compared is what requests get, not how the files are written: a route that is renamed, a rule that is split or a role that is
/// included instead of repeated changes nothing; a path that moves is lost and gained.
package struct AccessDiff: Sendable {
    /// In the order of the new policy's routes, then the old one's.
    package let changes: [AccessChange]
    /// False when deny rules tell so many partners, subjects and networks apart that their combinations were not all tried.
    package let isComplete: Bool

    package var isSame: Bool {
        changes.isEmpty
    }

    package init(from old: Policy, to new: Policy) {
        let contexts = TrialContexts(old, new)
        isComplete = contexts.isComplete
        var comparison = AccessComparison(old: old, new: new, contexts: contexts)
        var found: [Key: MethodSet] = [:]
        for (pair, methods) in RequestRegions.pairs(old, new) {
            for difference in comparison.differences(pair) {
                let gains = difference.change == .gains
                guard let route = gains ? pair.new : pair.old else { continue }
                found[Key(isOld: !gains, route: route, difference: difference), default: MethodSet()].formUnion(methods)
            }
        }
        let order = Order(old, new)
        changes = found.map { (order.position($0), $0, $1) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }.map { _, key, methods in
            let difference = key.difference
            let routes = key.isOld ? old.routes : new.routes
            return AccessChange(
                caller: difference.caller, roles: difference.roles, route: routes[key.route].id, object: difference.object,
                change: difference.change, methods: methods.contains(.get) ? methods.subtracting(MethodSet(.head)) : methods,
                isSigned: difference.isSigned, scopes: difference.scopes, when: difference.when
            )
        }
    }

    /// One change of one route, whichever requests it concerns.
    private struct Key: Hashable {
        let isOld: Bool
        let route: Int
        let difference: AccessDifference
    }

    /// The order in which people read: routes, callers and roles as the files have them, smaller sets first.
    private struct Order {
        private var callers: [String: Int] = [Caller.anonymousName: -1]
        private var roles: [String: Int] = [:]

        init(_ old: Policy, _ new: Policy) {
            for caller in new.callers + old.callers where callers[caller.name] == nil { callers[caller.name] = callers.count }
            for role in new.roles + old.roles where roles[role.name] == nil { roles[role.name] = roles.count }
        }

        func position(_ key: Key) -> [Int] {
            let difference = key.difference
            let object = difference.object == .other ? 1 : 0
            let condition = difference.when.map { $0.partners.count + $0.subjects.count + $0.networks.count } ?? 0
            return [
                key.isOld ? 1 : 0, key.route, callers[difference.caller] ?? 0, object, condition, difference.isSigned == true ? 1 : 0,
                difference.roles.count,
            ] + difference.roles.map { roles[$0] ?? 0 }
        }
    }
}

/// A change of access to some route, not yet to a particular one.
struct AccessDifference: Hashable {
    let caller: String
    let roles: [String]
    let object: ObjectReach.Side?
    let change: AccessChange.Direction
    var isSigned: Bool?
    var scopes: [String]?
    var when: AccessCondition?
}
