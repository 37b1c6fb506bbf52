package import Access
package import StrictJSON

/// What `gatehouse policy diff` answers.
package struct PolicyDiff: Sendable {
    package let diff: AccessDiff

    package init(from old: Policy, to new: Policy) {
        diff = AccessDiff(from: old, to: new)
    }

    /// 0 same access, 3 changed.
    package var exitCode: Int32 {
        diff.isSame ? 0 : 3
    }

    /// `{"same", "changes": [{"caller", "roles", "route", "object", "change"}]}`, each with its methods and, where it concerns only some
    /// requests, `signed`, `scopes` or `when`.
    package var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("same", .bool(diff.isSame)), ("changes", .array(diff.changes.map(\.json))),
        ]
        if !diff.isComplete { members.append(("complete", false)) }
        return .object(members)
    }

    /// One line a change in columns; that nothing changes, when so.
    package var lines: [String] {
        let note = diff.isComplete ? [] : ["not every combination of partners, subjects and networks in deny rules was tried"]
        guard !diff.isSame else { return ["same access: nobody gains, nobody loses"] + note }
        let rows = diff.changes.map { change in
            [
                change.change.rawValue, change.caller, change.roles.isEmpty ? "-" : change.roles.joined(separator: " + "),
                change.route + (change.object.map { " \($0.rawValue)" } ?? ""),
                change.methods.methods.map(\.name).joined(separator: " "), change.condition,
            ]
        }
        return TextColumns.lines([["CHANGE", "CALLER", "ROLES", "ROUTE", "METHODS", "ONLY"]] + rows).map(Self.trimmed) + note
    }

    private static func trimmed(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }
}

extension AccessChange {
    fileprivate var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("caller", .string(caller)),
            ("roles", .array(roles.map { .string($0) })),
            ("route", .string(route)),
            ("object", object.map { .string($0.rawValue) } ?? .null),
            ("change", .string(change.rawValue)),
            ("methods", .array(methods.methods.map { .string($0.name) })),
        ]
        if let isSigned { members.append(("signed", .bool(isSigned))) }
        if let scopes { members.append(("scopes", .array(scopes.map { .string($0) }))) }
        if let when {
            let keys = [("partner", when.partners), ("subject", when.subjects), ("network", when.networks)]
            let given = keys.filter { !$0.1.isEmpty }
            members.append(("when", .object(given.map { ($0.0, .array($0.1.map { .string($0) })) })))
        }
        return .object(members)
    }

    /// In words; empty: always.
    fileprivate var condition: String {
        var parts: [String] = []
        if let isSigned { parts.append(isSigned ? "signed" : "unsigned") }
        if let scopes { parts.append("tokens with only " + (scopes.isEmpty ? "no scope" : scopes.joined(separator: " "))) }
        if let when {
            for (key, values) in [("partner", when.partners), ("subject", when.subjects), ("network", when.networks)] where !values.isEmpty
            {
                parts.append("\(key) " + values.joined(separator: ", "))
            }
        }
        return parts.joined(separator: "; ")
    }
}
