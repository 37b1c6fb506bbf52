import Access
package import StrictJSON

/// What `gatehouse policy check` answers.
package struct PolicyCheck: Sendable {
    package let load: PolicyLoad

    package init(_ load: PolicyLoad) {
        self.load = load
    }

    package var isOK: Bool {
        load.policy != nil && load.errors.isEmpty
    }

    /// 0; 1 with errors, or with warnings when these count.
    package func exitCode(strict: Bool) -> Int32 {
        isOK && !(strict && !load.diagnostics.isEmpty) ? 0 : 1
    }

    /// `{"ok", "problems", "routes", "tests", "covered"}`, with the digest and the routes that no test covers.
    package var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("ok", .bool(isOK)),
            ("file", .string(load.file)),
            ("problems", .array(load.diagnostics.map(\.json))),
            ("routes", .integer(Int64(load.summary.routes))),
            ("tests", .integer(Int64(load.summary.tests))),
            ("covered", .integer(Int64(load.summary.covered.count))),
        ]
        if let policy = load.policy {
            let covered = Set(load.summary.covered)
            members.append(("uncovered", .array(policy.routes.map(\.id).filter { !covered.contains($0) }.map { .string($0) })))
            members.append(("policy", .string(policy.digest)))
        }
        return .object(members)
    }

    /// Each problem with the line it is in, then one line of counts and coverage.
    package var lines: [String] {
        let source = SourceLines(load.bytes)
        return load.diagnostics.flatMap { [$0.description] + source.marked($0) } + [summaryLine]
    }

    private var summaryLine: String {
        let errors = load.errors.count
        let warnings = load.diagnostics.count - errors
        let summary = load.summary
        return "\(load.file): \(count(errors, "error")), \(count(warnings, "warning")); \(count(summary.routes, "route")), "
            + "\(count(summary.tests, "test")), \(summary.covered.count) of \(count(summary.routes, "route")) covered by tests"
    }

    private func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}

extension Diagnostic {
    /// `{"file", "line", "column", "severity", "message", "suggestion"}`
    package var json: JSONValue {
        [
            "file": .string(file),
            "line": .integer(Int64(line)),
            "column": .integer(Int64(column)),
            "severity": .string(severity.rawValue),
            "message": .string(message),
            "suggestion": suggestion.map { .string($0) } ?? .null,
        ]
    }
}
