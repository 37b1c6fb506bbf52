/// Why one request is decided as it is: every condition, whether it holds, where it stands, and what the smallest change would be.
package struct Explanation: Sendable {
    /// One condition. All of them hold exactly when the request is allowed.
    package struct Condition: Sendable {
        /// `route`, `public`, `credential`, `network`, `open`, `signature`, `caller`, `deny ID`, `scope NAME` or `object`.
        package let condition: String
        /// For a deny rule: that it does not refuse.
        package let holds: Bool
        /// In the policy's file; nil when nothing there says so.
        package let line: Int?
        /// For people.
        package let detail: String
    }

    package let reason: Reason
    package let route: Route?
    /// The methods that the path does have, for `method_not_allowed`.
    package let allowed: MethodSet
    package let conditions: [Condition]
    /// What would have to change for the request to be allowed; nil when it is, or when nothing near would do.
    package let nearest: String?

    package var isAllowed: Bool {
        reason == .allowed || reason == .isPublic
    }

    package init(reason: Reason, route: Route? = nil, allowed: MethodSet = MethodSet(), conditions: [Condition], nearest: String?) {
        self.reason = reason
        self.route = route
        self.allowed = allowed
        self.conditions = conditions
        self.nearest = nearest
    }
}

/// Who an explanation is about.
package enum ExplainedSubject: Sendable {
    case anonymous
    /// As a verified credential made it. Networks: those the partner is registered for; empty: all.
    case principal(Principal, networks: [CIDR] = [])
    /// Somebody who would carry these names.
    case imagined(ImaginedSubject)
    /// Somebody whose credential does not hold, and why, for people.
    case rejected(Reason, detail: String)
}

/// Who asks, as far as the conditions of a route are concerned.
struct ExplainedCaller {
    var principal: Principal?
    /// Roles that the credential names and its caller may not carry.
    var dropped: [String] = []
    var networks: [CIDR] = []
    var rejection: (reason: Reason, detail: String)?
}

/// Somebody with these properties, by the names of the policy.
package struct ImaginedSubject: Sendable {
    /// Nil: the caller of partner tokens.
    package var caller: String?
    package var roles: [String]
    /// Nil: all that the roles grant.
    package var scopes: [String]?
    package var subject: String?
    package var partner: String?
    /// Nil: the partner's id, if there is one.
    package var tenant: String?
    /// Where it may call from; empty: everywhere.
    package var networks: [CIDR]

    package init(
        caller: String? = nil, roles: [String], scopes: [String]? = nil, subject: String? = nil, partner: String? = nil,
        tenant: String? = nil, networks: [CIDR] = []
    ) {
        self.caller = caller
        self.roles = roles
        self.scopes = scopes
        self.subject = subject
        self.partner = partner
        self.tenant = tenant
        self.networks = networks
    }
}

/// A name that the policy does not know.
package struct ExplanationError: Error, Equatable {
    package let message: String
    package let suggestion: String?
}

extension Policy {
    /// Explains what `lookup` and `decide` answer.
    ///
    /// - Parameters:
    ///   - method: as sent.
    ///   - target: the request's path, with or without a query, as sent.
    ///   - context: as for `decide`; `ownership` unknown is taken for own.
    /// - Throws: `ExplanationError` when the subject names a caller, role or scope that the policy does not have.
    package func explain(
        _ method: String, target: String, as subject: ExplainedSubject, in context: AccessContext = AccessContext()
    ) throws(ExplanationError) -> Explanation {
        let asking = try asking(as: subject)
        guard let known = Method(method) else {
            return Explanation(
                reason: .unknownMethod, conditions: [.init("route", false, nil, "`\(method)` is no method of this gateway")], nearest: nil
            )
        }
        let path: [UInt8]
        do {
            path = try RequestTarget.canonicalPath(target)
        } catch {
            let condition = Explanation.Condition("route", false, nil, "the target is malformed: \(error.detail)")
            return Explanation(reason: .malformedTarget, conditions: [condition], nearest: nil)
        }
        switch lookup(known, path: path.span) {
        case .found(let route):
            return RouteExplainer(
                policy: self, route: route, method: known, path: path, asking: asking, context: context
            ).explain()
        case .methodNotAllowed(let methods):
            let names = methods.methods.map(\.name).joined(separator: ", ")
            return Explanation(
                reason: .methodNotAllowed, allowed: methods,
                conditions: [.init("route", false, nil, "the path has no route for \(method), only for \(names)")],
                nearest: "use one of \(names)"
            )
        case .notFound:
            return Explanation(
                reason: .noRoute, conditions: [.init("route", false, nil, "no route matches")], nearest: nearestRoute(to: path, known)
            )
        }
    }

    private func asking(as subject: ExplainedSubject) throws(ExplanationError) -> ExplainedCaller {
        switch subject {
        case .anonymous: return ExplainedCaller()
        case .principal(let principal, let networks): return ExplainedCaller(principal: principal, networks: networks)
        case .rejected(let reason, let detail): return ExplainedCaller(rejection: (reason, detail))
        case .imagined(let imagined):
            let caller: Caller
            if let name = imagined.caller {
                guard let named = self.caller(named: name) else {
                    throw unknown("caller", name, callers.map(\.name))
                }
                caller = named
            } else {
                guard let partners = self.caller(via: .partnerToken) else {
                    throw ExplanationError(message: "the policy has no caller via partner-token", suggestion: nil)
                }
                caller = partners
            }
            for name in imagined.roles where role(named: name) == nil { throw unknown("role", name, roles.map(\.name)) }
            for name in imagined.scopes ?? [] where scopes(named: [name]).isEmpty { throw unknown("scope", name, scopes.map(\.name)) }
            let counted = roles(named: imagined.roles, for: caller)
            let trial = TrialSubject(
                roles: counted, scopes: imagined.scopes.map { scopes(named: $0) }, subject: imagined.subject, partner: imagined.partner,
                tenant: imagined.tenant
            )
            return ExplainedCaller(
                principal: trialPrincipal(caller, trial), dropped: imagined.roles.filter { !names(of: counted).contains($0) },
                networks: imagined.networks
            )
        }
    }

    private func unknown(_ kind: String, _ name: String, _ known: [String]) -> ExplanationError {
        ExplanationError(message: "undefined \(kind) `\(name)`", suggestion: Spelling.nearest(to: name, in: known))
    }

    /// The route whose path was probably meant.
    private func nearestRoute(to path: [UInt8], _ method: Method) -> String? {
        let text = String(decoding: path, as: UTF8.self)
        let trimmed = text.hasSuffix("/") ? String(text.dropLast()) : text + "/"
        for variant in [trimmed, text.lowercased(), trimmed.lowercased()] where variant != text {
            if case .found(let route) = lookup(method, path: Array(variant.utf8).span) {
                return "use \(variant) (route `\(route.id)`)"
            }
        }
        let paths = routes.filter { $0.methods.contains(method) }.map(\.pattern.text)
        return Spelling.nearest(to: text, in: paths).map { "use \($0)" }
    }
}

extension Explanation.Condition {
    package init(_ condition: String, _ holds: Bool, _ line: Int?, _ detail: String) {
        self.condition = condition
        self.holds = holds
        self.line = line
        self.detail = detail
    }
}

extension RequestTarget {
    /// The bytes of the canonical path of a target.
    package static func canonicalPath(_ target: String) throws(MalformedTarget) -> [UInt8] {
        let bytes = Array(target.utf8)
        switch try canonical(bytes.span) {
        case .asSent(let length): return Array(bytes[..<length])
        case .rewritten(let rewritten, let length): return Array(rewritten[..<length])
        }
    }
}
