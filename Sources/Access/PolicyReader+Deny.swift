extension PolicyReader {
    static let denyKeys = ["id", "when", "because"]
    static let conditionKeys = ["caller", "partner", "subject", "role", "scope", "route", "network"]

    /// Nil when the rule has no usable id or condition.
    mutating func denyRule(_ node: SourceNode) -> PolicyDocument.DenyEntry? {
        guard let members = reader.members(node, of: "a deny rule", keys: Self.denyKeys, required: ["id", "when"]) else { return nil }
        let id = members["id"].flatMap { identifier($0, of: "a deny rule") }
        let what = id.map { "deny rule `\($0.value)`" } ?? "a deny rule"
        let because = members["because"].flatMap { reader.text($0, of: "`because` of \(what)") }
        guard let when = members["when"],
            let conditions = reader.members(when, of: "`when` of \(what)", keys: Self.conditionKeys)
        else { return nil }
        if when.members?.isEmpty == true {
            reader.problems.error("\(what) has no condition: it would refuse everything", at: when.position)
        }
        let values = { (this: inout PolicyReader, key: String) in
            conditions[key].flatMap { this.oneOrMany($0, of: "`\(key)` of \(what)") }
        }
        let partners = values(&self, "partner")
        for partner in partners ?? [] { checkPartner(partner) }
        let callers = values(&self, "caller")
        let subjects = values(&self, "subject")
        let roles = values(&self, "role")
        let scopes = values(&self, "scope")
        let routes = values(&self, "route")
        let networks = values(&self, "network")?.compactMap { network($0) }
        guard let id else { return nil }
        return PolicyDocument.DenyEntry(
            id: id, because: because, callers: callers, partners: partners?.map(\.value), subjects: subjects?.map(\.value),
            roles: roles, scopes: scopes, routes: routes, networks: networks, keyPositions: conditions.keyPositions
        )
    }

    /// A list that matches by any of its entries; one value may stand alone.
    private mutating func oneOrMany(_ node: SourceNode, of what: String) -> [Located<String>]? {
        if node.scalar != nil { return reader.names([node], of: what) }
        return reader.names(node, of: what, mayBeEmpty: false)
    }

    private mutating func network(_ text: Located<String>) -> CIDR? {
        do {
            return try CIDR(parsing: text.value)
        } catch {
            reader.problems.error("`\(text.value)`: \(error.message)", at: text.position, suggestion: error.suggestion)
            return nil
        }
    }

    mutating func checkPartner(_ id: Located<String>) {
        let bytes = Array(id.value.utf8)
        let isLetterOrDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte) }
        guard (2...63).contains(bytes.count), isLetterOrDigit(bytes[0]), bytes.allSatisfy({ isLetterOrDigit($0) || $0 == 0x2d }) else {
            let lowered = id.value.lowercased()
            reader.problems.error(
                "`\(id.value)` is no partner's id: those are 2 to 63 lower-case letters, digits and `-`", at: id.position,
                suggestion: lowered == id.value ? nil : lowered
            )
            return
        }
    }
}
