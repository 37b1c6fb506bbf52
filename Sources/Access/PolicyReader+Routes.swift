extension PolicyReader {
    static let routeKeys = [
        "id", "methods", "path", "needs", "object", "public", "closed", "callers", "signed", "idempotency", "precondition", "body",
        "rate", "timeout", "upgrade", "because", "to",
    ]
    static let bodyKeys = ["types", "max"]

    private enum Presence: String, CaseIterable { case required, optional }

    /// Nil when the route has no usable id, methods or path.
    mutating func route(_ node: SourceNode) -> PolicyDocument.RouteEntry? {
        let before = reader.problems.diagnostics.count
        let isClosedNode = node["closed"]?.boolean == true
        let required = isClosedNode ? ["id", "methods", "path"] : ["id", "methods", "path", "to"]
        guard let members = reader.members(node, of: "a route", keys: Self.routeKeys, required: required) else { return nil }
        let id = members["id"].flatMap { identifier($0, of: "a route") }
        let what = id.map { "route `\($0.value)`" } ?? "a route"
        let methods = members["methods"].flatMap { self.methods($0, of: what) }
        let path = members["path"].flatMap { self.path($0, of: what) }
        let flag = { (this: inout PolicyReader, key: String) in
            members[key].flatMap { this.reader.flag($0, of: "`\(key)` of \(what)") } ?? false
        }
        let isRequired = { (this: inout PolicyReader, key: String) in
            members[key].flatMap { this.reader.choice($0, of: "`\(key)` of \(what)", as: Presence.self) } == .required
        }
        let isPublic = flag(&self, "public")
        let isClosed = flag(&self, "closed")
        let needs = members["needs"].flatMap { reader.names($0, of: "`needs` of \(what)") }
        let object = members["object"].flatMap { located($0, of: "`object` of \(what)") }
        let callers = members["callers"].flatMap { reader.names($0, of: "`callers` of \(what)", mayBeEmpty: false) }
        let signed = members["signed"].flatMap { reader.choice($0, of: "`signed` of \(what)", as: SignatureRule.self) } ?? .optional
        let idempotency = isRequired(&self, "idempotency")
        let precondition = isRequired(&self, "precondition")
        let body = members["body"].flatMap { self.body($0, of: what) }
        let rate = members["rate"].flatMap { quantity($0, of: "`rate` of \(what)", example: "50/s", bareUnit: "/s", Quantity.rate) }
        let timeout = members["timeout"].flatMap {
            positive($0, of: "`timeout` of \(what)", example: "10s", bareUnit: "s", Quantity.milliseconds)
        }
        let upgrade = members["upgrade"].flatMap { reader.choice($0, of: "`upgrade` of \(what)", as: Upgrade.self) }
        let because = members["because"].flatMap { reader.text($0, of: "`because` of \(what)") }
        let to = members["to"].flatMap { located($0, of: "`to` of \(what)") }
        if isPublic { refuseOnPublicRoute(members, what) }
        guard let id, let methods, let path else { return nil }
        return PolicyDocument.RouteEntry(
            id: id, methods: methods, path: path, needs: needs, object: object, isPublic: isPublic, isClosed: isClosed,
            callers: callers, signed: signed, idempotencyRequired: idempotency, preconditionRequired: precondition,
            bodyTypes: body?.types, bodyLimit: body?.limit, rate: rate, timeoutMilliseconds: timeout, upgrade: upgrade,
            because: because, to: to, keyPositions: members.keyPositions, isSound: reader.problems.diagnostics.count == before
        )
    }

    /// A public route reads no credential, so nothing that depends on one can be asked for.
    private mutating func refuseOnPublicRoute(_ members: NodeReader.Members, _ what: String) {
        for key in ["needs", "object", "callers", "signed", "closed"] {
            guard let position = members.keyPositions[key] else { continue }
            reader.problems.error("\(what) is public, so it cannot have `\(key)`", at: position)
        }
    }

    private mutating func methods(_ node: SourceNode, of what: String) -> MethodSet? {
        guard let names = reader.names(node, of: "`methods` of \(what)", mayBeEmpty: false) else { return nil }
        var result = MethodSet()
        for name in names {
            switch Method(name.value) {
            case .options:
                reader.problems.error("OPTIONS is answered by the gateway and cannot be routed", at: name.position)
            case .some(let method):
                result.insert(method)
            case .none:
                let known = Method.allCases.filter { $0 != .options }.map(\.name)
                reader.problems.unknown(
                    "unknown method `\(name.value)` of \(what)", name: name.value, at: name.position, known: known
                )
            }
        }
        return result.withHeadFollowingGet
    }

    private mutating func path(_ node: SourceNode, of what: String) -> Located<RoutePattern>? {
        guard let text = reader.text(node, of: "`path` of \(what)") else { return nil }
        do {
            return Located(value: try RoutePattern(parsing: text), position: node.position)
        } catch {
            reader.problems.error("`path` of \(what): \(error.message)", at: node.position, suggestion: error.suggestion)
            return nil
        }
    }

    private mutating func body(_ node: SourceNode, of what: String) -> (types: [String]?, limit: Int?)? {
        guard let members = reader.members(node, of: "`body` of \(what)", keys: Self.bodyKeys) else { return nil }
        let types = members["types"].flatMap { reader.names($0, of: "`types` of \(what)", mayBeEmpty: false) }
        for type in types ?? [] where !Self.isMediaType(type.value) {
            let repaired = String(type.value.lowercased().prefix { $0 != ";" && $0 != " " })
            reader.problems.error(
                "`\(type.value)` must be a media type in lower case and without parameters, as in `application/json`",
                at: type.position, suggestion: Self.isMediaType(repaired) ? repaired : nil
            )
        }
        let limit = members["max"].flatMap { quantity($0, of: "`max` of \(what)", example: "64KiB", bareUnit: "B", Quantity.bytes) }
        return (types?.map(\.value), limit)
    }

    /// `type "/" subtype`, both tokens (RFC 9110 section 8.3.1), lower case, no wildcard.
    private static func isMediaType(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.allSatisfy { byte in
                        switch byte {
                        case 0x30...0x39, 0x61...0x7a: true
                        case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2b, 0x2d, 0x2e, 0x5e, 0x5f, 0x60, 0x7c, 0x7e: true  // no `*`
                        default: false
                        }
                    }
            }
    }

    // MARK: - Scalars

    mutating func identifier(_ node: SourceNode, of what: String) -> Located<String>? {
        guard let text = reader.text(node, of: "the `id` of \(what)"), let name = reader.name(text, of: what, at: node.position) else {
            return nil
        }
        return Located(value: name, position: node.position)
    }

    mutating func located(_ node: SourceNode, of what: String) -> Located<String>? {
        reader.text(node, of: what).map { Located(value: $0, position: node.position) }
    }

    /// - Parameter bareUnit: what a number alone was probably meant in.
    private mutating func quantity<Value>(
        _ node: SourceNode, of what: String, example: String, bareUnit: String, _ parse: (String) -> Value?
    ) -> Value? {
        guard let scalar = node.scalar else {
            reader.wrongType(node, what, expected: "a quantity such as `\(example)`")
            return nil
        }
        guard let value = parse(scalar) else {
            let repaired = scalar + bareUnit
            reader.problems.error(
                "\(what) must be a whole number with its unit, as in `\(example)`", at: node.position,
                suggestion: parse(repaired) == nil ? nil : repaired
            )
            return nil
        }
        return value
    }

    private mutating func positive(
        _ node: SourceNode, of what: String, example: String, bareUnit: String, _ parse: (String) -> Int?
    ) -> Int? {
        guard let value = quantity(node, of: what, example: example, bareUnit: bareUnit, parse) else { return nil }
        guard value > 0 else {
            reader.problems.error("\(what) must be more than nothing", at: node.position)
            return nil
        }
        return value
    }
}
