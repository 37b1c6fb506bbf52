extension PolicyReader {
    static let testKeys = ["as", "may", "may-not"]
    static let subjectKeys = ["partner", "caller", "anonymous", "roles", "scopes", "tenant", "subject", "network"]

    /// Nil when it is not clear who is asking.
    mutating func test(_ node: SourceNode) -> PolicyDocument.TestEntry? {
        guard let members = reader.members(node, of: "a test", keys: Self.testKeys, required: ["as"]) else { return nil }
        if members["may"] == nil, members["may-not"] == nil {
            reader.problems.error("a test needs `may` or `may-not`", at: members.position)
        }
        let may = members["may"].map { targets($0, of: "`may`") } ?? []
        let mayNot = members["may-not"].map { targets($0, of: "`may-not`") } ?? []
        guard let subject = members["as"].flatMap({ testSubject($0) }) else { return nil }
        return PolicyDocument.TestEntry(subject: subject, may: may, mayNot: mayNot)
    }

    private mutating func testSubject(_ node: SourceNode) -> PolicyDocument.TestSubject? {
        guard let members = reader.members(node, of: "`as`", keys: Self.subjectKeys) else { return nil }
        let roles = members["roles"].flatMap { reader.names($0, of: "`roles`") } ?? []
        let scopes = members["scopes"].flatMap { reader.names($0, of: "`scopes`") }
        let tenant = members["tenant"].flatMap { reader.text($0, of: "`tenant`") }
        let subject = members["subject"].flatMap { reader.text($0, of: "`subject`") }
        let network = members["network"].flatMap { address($0) }
        guard let identity = identity(members) else { return nil }
        if case .anonymous = identity {
            for key in ["roles", "scopes", "tenant", "subject"] {
                guard let position = members.keyPositions[key] else { continue }
                reader.problems.error("who presents no credential has no `\(key)`", at: position)
            }
        }
        return PolicyDocument.TestSubject(
            identity: identity, position: node.position, roles: roles, scopes: scopes, tenant: tenant, subject: subject, network: network
        )
    }

    private mutating func identity(_ members: NodeReader.Members) -> PolicyDocument.TestSubject.Identity? {
        let given = ["partner", "caller", "anonymous"].filter { members[$0] != nil }
        guard given.count == 1, let key = given.first, let node = members[key] else {
            let position = given.compactMap { members.keyPositions[$0] }.sorted().dropFirst().first
            reader.problems.error("`as` needs one of `partner`, `caller` and `anonymous: true`", at: position ?? members.position)
            return nil
        }
        switch key {
        case "partner":
            guard let id = located(node, of: "`partner`") else { return nil }
            checkPartner(id)
            return .partner(id: id.value)
        case "caller":
            return located(node, of: "`caller`").map { .caller($0) }
        default:
            guard let value = reader.flag(node, of: "`anonymous`") else { return nil }
            if !value { reader.problems.error("`anonymous` can only be true", at: node.position) }
            return value ? .anonymous : nil
        }
    }

    /// An address, or a network for its first address.
    private mutating func address(_ node: SourceNode) -> IPAddress? {
        guard let text = reader.text(node, of: "`network`") else { return nil }
        do {
            return try CIDR(parsing: text).address
        } catch {
            reader.problems.error("`network`: \(error.message)", at: node.position, suggestion: error.suggestion)
            return nil
        }
    }

    /// `ROUTE`, `ROUTE own` or `ROUTE other`.
    private mutating func targets(_ node: SourceNode, of what: String) -> [PolicyDocument.TestTarget] {
        let entries = reader.names(node, of: what, mayBeEmpty: false) ?? []
        return entries.compactMap { entry in
            let words = entry.value.split(separator: " ", omittingEmptySubsequences: false)
            let ownership: Ownership?
            switch words.count == 2 ? words[1] : "" {
            case "own": ownership = .own
            case "other": ownership = .other
            case "" where words.count == 1: ownership = nil
            default:
                reader.problems.error(
                    "`\(entry.value)` must be a route's id, alone or followed by `own` or `other`", at: entry.position,
                    suggestion: Self.repaired(words)
                )
                return nil
            }
            return PolicyDocument.TestTarget(
                route: String(words[0]), ownership: ownership, position: entry.position, text: entry.value
            )
        }
    }

    private static func repaired(_ words: [Substring]) -> String? {
        guard words.count == 2, let word = Spelling.nearest(to: String(words[1]), in: ["own", "other"]) else { return nil }
        return "\(words[0]) \(word)"
    }
}
