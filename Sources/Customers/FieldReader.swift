/// Takes the fields out of a body one by one and gathers what is wrong with each.
struct FieldReader {
    private let members: [FieldValue.Member]
    private(set) var issues: [ValidationIssue] = []

    init(_ members: [FieldValue.Member]) {
        self.members = members
    }

    /// Gathers what is wrong with one value.
    struct Report {
        private(set) var faults: [(code: ValidationIssue.Code, message: String)] = []

        mutating func callAsFunction(_ code: ValidationIssue.Code, _ message: String) { faults.append((code, message)) }

        /// - Parameter limit: UTF-16 code units, inclusive.
        mutating func atMost(_ limit: Int, _ value: String) {
            if value.utf16.count > limit { self(.tooBig, "String must contain at most \(limit) character(s)") }
        }
    }

    typealias Check = (_ value: String, _ report: inout Report) -> Void

    /// A text that must be there; its absence has a message of its own, a wrong kind has Zod's.
    mutating func required(_ name: String, missing: String, _ check: Check) -> String? {
        guard let value = self[name] else {
            issues.append(ValidationIssue(.invalidType, at: [name], missing))
            return nil
        }
        return text(value, at: [name], check)
    }

    mutating func optional(_ name: String, _ check: Check) -> String? {
        self[name].flatMap { text($0, at: [name], check) }
    }

    /// An object of texts: up to 50, keys up to 40 and values up to 500 UTF-16 code units.
    mutating func metadata(_ name: String) -> Metadata? {
        guard let value = self[name] else { return nil }
        guard case .object(let members) = value else {
            issues.append(.wrongType(value, expected: "object", at: [name]))
            return nil
        }
        if members.count > 50 {
            issues.append(ValidationIssue(.tooBig, at: [name], "Object must contain at most 50 key(s)"))
        }
        var entries: [Metadata.Entry] = []
        for member in members {
            var key = Report()
            key.atMost(40, member.name)
            add(key, at: [name, member.name])
            if let value = text(member.value, at: [name, member.name], { value, report in report.atMost(500, value) }) {
                entries.append(Metadata.Entry(member.name, value))
            }
        }
        return Metadata(entries)
    }

    /// One issue that names every member the schema does not know, in the order of the body.
    mutating func refuseOthers(than names: [String]) {
        let others = members.filter { member in !names.contains { $0.hasSameBytes(as: member.name) } }
        guard !others.isEmpty else { return }
        let list = others.map { "'\($0.name)'" }.joined(separator: ", ")
        issues.append(ValidationIssue(.unrecognizedKeys, at: [], "Unrecognized key(s) in object: \(list)"))
    }

    private subscript(name: String) -> FieldValue? {
        members.first { $0.name.hasSameBytes(as: name) }?.value
    }

    private mutating func text(_ value: FieldValue, at path: @autoclosure () -> [String], _ check: Check) -> String? {
        guard case .string(let text) = value else {
            issues.append(.wrongType(value, expected: "string", at: path()))
            return nil
        }
        var report = Report()
        check(text, &report)
        add(report, at: path())
        return text
    }

    private mutating func add(_ report: Report, at path: @autoclosure () -> [String]) {
        for fault in report.faults { issues.append(ValidationIssue(fault.code, at: path(), fault.message)) }
    }
}
