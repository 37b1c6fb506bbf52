package import Access
package import StrictJSON

/// What `gatehouse policy explain` answers.
package struct PolicyExplanation: Sendable {
    package let explanation: Explanation
    package let policy: Policy
    /// What the gateway would answer with.
    package let status: Int

    package init(_ explanation: Explanation, of policy: Policy, status: Int) {
        self.explanation = explanation
        self.policy = policy
        self.status = status
    }

    /// 0 allowed, 3 denied.
    package var exitCode: Int32 {
        explanation.isAllowed ? 0 : 3
    }

    /// `{"decision", "status", "reason", "route", "policy", "conditions": [{"condition", "holds", "line", "detail"}], "nearest"}`
    package var json: JSONValue {
        [
            "decision": .string(explanation.isAllowed ? "allow" : "deny"),
            "status": .integer(Int64(status)),
            "reason": .string(explanation.reason.rawValue),
            "route": explanation.route.map { .string($0.id) } ?? .null,
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
