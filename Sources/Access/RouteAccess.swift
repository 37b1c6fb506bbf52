/// Who may use a route: a caller with these roles, and as a rule with any that includes them.
package struct RouteAccess: Hashable, Sendable {
    /// `anonymous` for a public route.
    package let caller: String
    /// All of them together; empty when none is needed.
    package let roles: [String]
    /// The objects that can be reached this way; nil when the route names none.
    package let objects: ObjectReach?
}

extension Policy {
    /// The smallest role sets of each caller that may use the route, signed where it asks for that. Deny rules count as far as they ask
    /// about callers, roles, scopes and routes.
    package func access(to route: Route) -> [RouteAccess] {
        if route.isPublic {
            let isOpen = !RoleQuestion(self, caller: nil, route: route, isOther: false, isSigned: false).isRefused
            return isOpen ? [RouteAccess(caller: Caller.anonymousName, roles: [], objects: nil)] : []
        }
        return callers.flatMap { caller -> [RouteAccess] in
            let isSigned = route.signed == .required && caller.via == .partnerToken
            let question = RoleQuestion(self, caller: caller, route: route, isOther: false, isSigned: isSigned)
            return question.minimalSets().map { set in
                let roles = RoleSet(set)
                return RouteAccess(
                    caller: caller.name, roles: names(of: roles), objects: route.hasObject ? objects(of: roles) : nil
                )
            }
        }
    }
}
