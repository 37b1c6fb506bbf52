package import Access
package import StrictJSON

/// What `gatehouse policy replay` answers: gathers the lines of a decision log that another policy would decide otherwise.
package struct PolicyReplayReport: Sendable {
    package struct Change: Sendable {
        package let line: LoggedDecision
        package let reason: Reason
        /// By the new policy; where that has none, by the log.
        package let route: String?
    }

    private let replay: PolicyReplay
    /// Lines that were read and judged.
    package private(set) var decisions = 0
    package private(set) var changed: [Change] = []
    /// Of these, the lines that leave open what would make the difference.
    package private(set) var untold = 0
    /// Lines that are no decision records.
    package private(set) var unreadable = 0

    package init(_ replay: PolicyReplay) {
        self.replay = replay
    }

    /// 0 none, 3 some.
    package var exitCode: Int32 {
        changed.isEmpty ? 0 : 3
    }

    /// - Parameter line: one line of the log, without its line feed; an empty one is nothing.
    package mutating func add(_ line: [UInt8]) {
        if line.isEmpty { return }
        guard let root = try? JSONDocument(line).root, let decision = LoggedDecision(root) else {
            unreadable += 1
            return
        }
        decisions += 1
        switch replay.judge(decision) {
        case .same: break
        case .untold: untold += 1
        case .changed(let reason, let route): changed.append(Change(line: decision, reason: reason, route: route ?? decision.route))
        }
    }

    /// `{"decisions", "changed": [{"request_id", "route", "was", "now", "reason"}]}`, each with what was asked for and by whom; also how
    /// many lines could not be told, and how many not be read.
    package var json: JSONValue {
        [
            "decisions": .integer(Int64(decisions)),
            "changed": .array(changed.map(\.json)),
            "untold": .integer(Int64(untold)),
            "unreadable": .integer(Int64(unreadable)),
        ]
    }

    /// One line for each kind of change, with how often and the last request of it; then the counts.
    package var lines: [String] {
        var kinds: [[String]: (count: Int, last: String)] = [:]
        var order: [[String]] = []
        for change in changed {
            let line = change.line
            let who = [line.caller, line.subject].compactMap(\.self).joined(separator: " ")
            let key = [
                change.was, change.now, change.reason.rawValue, change.route ?? "-", line.method?.name ?? "-", who.isEmpty ? "-" : who,
                line.roles.isEmpty ? "-" : line.roles.joined(separator: " + "),
            ]
            if kinds[key] == nil { order.append(key) }
            kinds[key] = ((kinds[key]?.count ?? 0) + 1, line.requestID)
        }
        var result: [String] = []
        if !order.isEmpty {
            let rows = order.map { key in key + [String(kinds[key]?.count ?? 0), kinds[key]?.last ?? ""] }
            result = TextColumns.lines(
                [["WAS", "NOW", "REASON", "ROUTE", "METHOD", "WHO", "ROLES", "TIMES", "LAST REQUEST"]] + rows
            )
        }
        return result + [summary]
    }

    private var summary: String {
        var text = "\(decisions) decisions, \(changed.count) would be otherwise"
        if untold > 0 { text += "; \(untold) cannot be told, since the log does not say what would decide them" }
        if unreadable > 0 { text += "; \(unreadable) lines are no decision records" }
        return text
    }
}

extension PolicyReplayReport.Change {
    package var was: String { line.isAllowed ? "allow" : "deny" }
    package var now: String { line.isAllowed ? "deny" : "allow" }

    fileprivate var json: JSONValue {
        [
            "request_id": .string(line.requestID),
            "route": route.map { .string($0) } ?? .null,
            "was": .string(was),
            "now": .string(now),
            "reason": .string(reason.rawValue),
            "was_reason": .string(line.reason.rawValue),
            "method": line.method.map { .string($0.name) } ?? .null,
            "path": line.path.map { .string($0) } ?? .null,
            "caller": line.caller.map { .string($0) } ?? .null,
            "subject": line.subject.map { .string($0) } ?? .null,
            "roles": .array(line.roles.map { .string($0) }),
        ]
    }
}

extension LoggedDecision {
    /// Nil when a member that every record has is missing, or its value is none that this version writes.
    package init?(_ record: JSONElement) {
        guard let requestID = record["request_id"]?.string, let decision = record["decision"]?.string,
            let reason = record["reason"]?.string.flatMap({ Reason(rawValue: $0) }), ["allow", "deny"].contains(decision)
        else { return nil }
        self.init(
            requestID: requestID, method: record["method"]?.string.flatMap { Method($0) }, path: record["path"]?.string,
            route: record["route"]?.string, caller: record["caller"]?.string, subject: record["subject"]?.string,
            tenant: record["tenant"]?.string, roles: record["roles"]?.elements.compactMap(\.string) ?? [],
            scopes: record["scopes"]?.elements.compactMap(\.string) ?? [], remote: record["remote"]?.string ?? "",
            isAllowed: decision == "allow", reason: reason, status: record["status"]?.integer.flatMap { Int(exactly: $0) } ?? 0
        )
    }
}
