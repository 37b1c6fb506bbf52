package import Access
import GatewayCore
package import StrictJSON

/// What `gatehouse policy explain` answers.
package struct PolicyExplanation: Sendable {
    package let explanation: Explanation
    package let policy: Policy
    /// What the gateway would answer with; 200 stands for whatever answers an allowed request.
    package let status: Int
    /// The route's id, or the gateway's own endpoint, as the decision log names it.
    private let route: String?

    package init(_ explanation: Explanation, of policy: Policy, status: Int, route: String? = nil) {
        self.explanation = explanation
        self.policy = policy
        self.status = status
        self.route = route ?? explanation.route?.id
    }

    /// Explains what the gateway would answer: by the policy, and where a request does not get as far as that.
    ///
    /// - Parameters: as for `Policy.explain`.
    /// - Throws: `ExplanationError` when the subject names what the policy does not have.
    package init(
        _ method: String, target: String, as subject: ExplainedSubject, in context: AccessContext, by policy: Policy
    ) throws(ExplanationError) {
        let explanation = try policy.explain(method, target: target, as: subject, in: context)
        if let known = Method(method), let path = try? RequestTarget.canonicalPath(target) {
            if Self.namesToken(target) {
                let condition = Explanation.Condition("target", false, nil, "a token in the query is never read, and refused")
                let nearest = "send the token in the `Authorization: Bearer` header"
                self.init(Explanation(reason: .tokenInQuery, conditions: [condition], nearest: nearest), of: policy, status: 400)
                return
            }
            if let endpoint = Endpoint.at(path.span) {
                let answer = Self.endpoint(endpoint, known, subject)
                self.init(answer, of: policy, status: Self.status(of: answer, subject), route: endpoint.rawValue)
                return
            }
            if known == .options, explanation.reason == .methodNotAllowed {
                let list = explanation.allowed.list
                let condition = Explanation.Condition("route", true, nil, "OPTIONS is answered by the gateway: the path has \(list)")
                self.init(Explanation(reason: .isPublic, conditions: [condition], nearest: nil), of: policy, status: 204)
                return
            }
        }
        self.init(explanation, of: policy, status: Self.status(of: explanation, subject))
    }

    /// 0 allowed, 3 denied.
    package var exitCode: Int32 {
        explanation.isAllowed ? 0 : 3
    }

    // MARK: - What the policy does not decide

    private static func namesToken(_ target: String) -> Bool {
        guard let query = target.split(separator: "?", maxSplits: 1).dropFirst().first else { return false }
        return QueryGuard.namesToken(Array(query.utf8).span)
    }

    private static func endpoint(_ endpoint: Endpoint, _ method: Method, _ subject: ExplainedSubject) -> Explanation {
        typealias Condition = Explanation.Condition
        let methods = endpoint.methods.union(MethodSet(.options))
        guard methods.contains(method) else {
            let condition = Condition("endpoint", false, nil, "the gateway's own \(endpoint.rawValue) has \(methods.list)")
            return Explanation(reason: .methodNotAllowed, conditions: [condition], nearest: "use one of \(methods.list)")
        }
        var conditions = [Condition("endpoint", true, nil, "answered by the gateway itself, whatever the policy says")]
        guard endpoint.needsCaller, method != .options else { return Explanation(reason: .isPublic, conditions: conditions, nearest: nil) }
        switch subject {
        case .anonymous:
            conditions.append(Condition("credential", false, nil, "none was presented"))
            return Explanation(reason: .noCredential, conditions: conditions, nearest: "present a credential")
        case .rejected(let reason, let detail):
            conditions.append(Condition("credential", false, nil, detail))
            return Explanation(reason: reason, conditions: conditions, nearest: "present a credential that holds")
        case .principal, .imagined:
            conditions.append(Condition("credential", true, nil, "any will do"))
            return Explanation(reason: .allowed, conditions: conditions, nearest: nil)
        }
    }

    private static func status(of explanation: Explanation, _ subject: ExplainedSubject) -> Int {
        // A credential that does not hold is 401 whatever the reason.
        if case .rejected(let reason, _) = subject, reason == explanation.reason { return ProblemCode.invalidToken.status }
        return explanation.reason.problemCode?.status ?? 200
    }

    // MARK: - Telling

    /// `{"decision", "status", "reason", "route", "policy", "conditions": [{"condition", "holds", "line", "detail"}], "nearest"}`
    package var json: JSONValue {
        [
            "decision": .string(explanation.isAllowed ? "allow" : "deny"),
            "status": .integer(Int64(status)),
            "reason": .string(explanation.reason.rawValue),
            "route": route.map { .string($0) } ?? .null,
            "policy": .string(policy.digest),
            "conditions": .array(
                explanation.conditions.map { condition in
                    [
                        "condition": .string(condition.condition),
                        "holds": .bool(condition.holds),
                        "line": condition.line.map { .integer(Int64($0)) } ?? .null,
                        "detail": .string(condition.detail),
                    ]
                }
            ),
            "nearest": explanation.nearest.map { .string($0) } ?? .null,
        ]
    }

    /// The verdict, one line a condition in columns, and for a refusal what would let the request through.
    package var lines: [String] {
        let verdict = explanation.isAllowed ? "allow" : "deny"
        let rows = explanation.conditions.map { condition in
            [
                condition.holds ? "hit" : "miss", condition.line.map { "line \($0)" } ?? "", condition.condition, condition.detail,
            ]
        }
        let nearest = explanation.nearest.map { ["nearest: \($0)"] } ?? []
        return ["\(verdict) \(status) \(explanation.reason.rawValue)"] + TextColumns.lines(rows) + nearest
    }
}
