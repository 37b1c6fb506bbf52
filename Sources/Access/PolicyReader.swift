/// Reads a policy's form: known keys, right types, values in range. What the names mean is for the compiler.
struct PolicyReader {
    var reader: NodeReader

    static let keys = ["policy", "scopes", "roles", "callers", "routes", "deny", "tests"]
    static let roleKeys = ["includes", "grants", "objects"]
    static let callerKeys = ["via", "roles"]

    init(file: String) {
        reader = NodeReader(problems: ProblemList(file: file))
    }

    mutating func read(_ root: SourceNode) -> PolicyDocument {
        var document = PolicyDocument()
        guard let members = reader.members(root, of: "the policy", keys: Self.keys, required: ["policy", "routes"]) else {
            return document
        }
        if let version = members["policy"], version.integer != 1 {
            reader.problems.error("this gateway reads version 1 of the policy format: write `policy: 1`", at: version.position)
        }
        for key in ["scopes", "roles", "callers"] {
            if let node = members[key] { document.sections[key] = section(node.members?.compactMap { $0.key.scalar }) }
        }
        if let node = members["routes"] {
            let ids = node.elements?.map { $0["id"]?.scalar }
            document.sections["routes"] = section(ids?.contains(nil) == true ? nil : ids?.compactMap(\.self))
        }
        if let node = members["scopes"] { document.scopes = scopes(node) }
        if let node = members["roles"] { document.roles = roles(node) }
        if let node = members["callers"] { document.callers = callers(node) }
        if let node = members["routes"] { document.routes = entries(node, of: "`routes`") { $0.route($1) } }
        if let node = members["deny"] { document.deny = entries(node, of: "`deny`") { $0.denyRule($1) } }
        if let node = members["tests"] { document.tests = entries(node, of: "`tests`") { $0.test($1) } }
        return document
    }

    private func section(_ names: [String]?) -> PolicyDocument.Section {
        PolicyDocument.Section(names: Set(names ?? []), isReadable: names != nil)
    }

    private mutating func entries<Entry>(
        _ node: SourceNode, of what: String, read: (inout PolicyReader, SourceNode) -> Entry?
    ) -> [Entry] {
        (reader.list(node, of: what) ?? []).compactMap { read(&self, $0) }
    }

    /// The entries of a mapping from names to what they stand for.
    private mutating func named<Entry>(
        _ node: SourceNode, of what: String, each: String,
        read: (inout PolicyReader, Located<String>, SourceNode) -> Entry?
    ) -> [Entry] {
        guard let members = node.members else {
            reader.wrongType(node, what, expected: "a mapping from names")
            return []
        }
        return members.compactMap { key, value in
            guard let name = reader.name(key.scalar ?? "", of: each, at: key.position) else { return nil }
            return read(&self, Located(value: name, position: key.position), value)
        }
    }

    // MARK: - Scopes, roles, callers

    private mutating func scopes(_ node: SourceNode) -> [PolicyDocument.ScopeEntry] {
        named(node, of: "`scopes`", each: "a scope") { this, name, value in
            let summary = this.reader.text(value, of: "what scope `\(name.value)` allows")
            return PolicyDocument.ScopeEntry(name: name, summary: summary ?? "")
        }
    }

    private mutating func roles(_ node: SourceNode) -> [PolicyDocument.RoleEntry] {
        named(node, of: "`roles`", each: "a role") { this, name, value in
            let what = "role `\(name.value)`"
            let members = this.reader.members(value, of: what, keys: Self.roleKeys)
            return PolicyDocument.RoleEntry(
                name: name,
                includes: members?["includes"].flatMap { this.reader.names($0, of: "`includes` of \(what)") } ?? [],
                grants: members?["grants"].flatMap { this.reader.names($0, of: "`grants` of \(what)") } ?? [],
                objects: members?["objects"].flatMap { this.reader.choice($0, of: "`objects` of \(what)", as: ObjectReach.self) } ?? .own
            )
        }
    }

    private mutating func callers(_ node: SourceNode) -> [PolicyDocument.CallerEntry] {
        named(node, of: "`callers`", each: "a caller") { this, name, value in
            let what = "caller `\(name.value)`"
            if name.value == Caller.anonymousName {
                this.reader.problems.error("`anonymous` is who presents no credential, and cannot be defined", at: name.position)
            }
            guard let members = this.reader.members(value, of: what, keys: Self.callerKeys, required: Self.callerKeys) else { return nil }
            let roles = members["roles"].flatMap { this.reader.names($0, of: "`roles` of \(what)") } ?? []
            guard let node = members["via"], let via = this.reader.choice(node, of: "`via` of \(what)", as: Via.self) else { return nil }
            return PolicyDocument.CallerEntry(name: name, via: Located(value: via, position: node.position), roles: roles)
        }
    }
}
