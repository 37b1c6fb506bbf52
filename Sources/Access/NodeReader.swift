/// Reads values out of nodes, telling every value that is not what it should be.
struct NodeReader {
    var problems: ProblemList

    // MARK: - Mappings

    /// The values of a mapping that may hold these keys and no others.
    struct Members {
        let position: SourcePosition
        fileprivate var values: [String: SourceNode] = [:]
        fileprivate var positions: [String: SourcePosition] = [:]

        subscript(key: String) -> SourceNode? { values[key] }
        /// Where each given key stands.
        var keyPositions: [String: SourcePosition] { positions }
    }

    /// - Parameter what: with its article, as in "a route".
    /// - Returns: nil when the node is no mapping.
    mutating func members(_ node: SourceNode, of what: String, keys: [String], required: [String] = []) -> Members? {
        guard let members = node.members else {
            wrongType(node, what, expected: "a mapping")
            return nil
        }
        var result = Members(position: node.position)
        for (key, value) in members {
            let name = key.scalar ?? ""
            if keys.contains(name) {
                result.values[name] = value
                result.positions[name] = key.position
            } else {
                problems.unknown("unknown key `\(name)` in \(what)", name: name, at: key.position, known: keys)
            }
        }
        for key in required where result.values[key] == nil {
            problems.error("\(what) needs the key `\(key)`", at: node.position)
        }
        return result
    }

    // MARK: - Lists

    mutating func list(_ node: SourceNode, of what: String, mayBeEmpty: Bool = true) -> [SourceNode]? {
        guard let elements = node.elements else {
            wrongType(node, what, expected: "a list")
            return nil
        }
        if elements.isEmpty, !mayBeEmpty {
            problems.error("\(what) must not be empty", at: node.position)
            return nil
        }
        return elements
    }

    /// Names without repetition; those that are no names are left out.
    mutating func names(_ node: SourceNode, of what: String, mayBeEmpty: Bool = true) -> [Located<String>]? {
        guard let elements = list(node, of: what, mayBeEmpty: mayBeEmpty) else { return nil }
        return names(elements, of: what)
    }

    mutating func names(_ elements: [SourceNode], of what: String) -> [Located<String>] {
        var result: [Located<String>] = []
        var seen: Set<String> = []
        for element in elements {
            guard let name = text(element, of: "an entry of \(what)") else { continue }
            if seen.insert(name).inserted {
                result.append(Located(value: name, position: element.position))
            } else {
                problems.error("`\(name)` stands twice in \(what)", at: element.position)
            }
        }
        return result
    }

    // MARK: - Scalars

    mutating func text(_ node: SourceNode, of what: String) -> String? {
        guard let text = node.text else {
            if let scalar = node.scalar, !scalar.isEmpty {
                problems.error("\(what) must be text, found \(node.kind.phrase)", at: node.position, suggestion: "\"\(scalar)\"")
            } else {
                wrongType(node, what, expected: "text")
            }
            return nil
        }
        guard !text.isEmpty else {
            problems.error("\(what) must not be empty", at: node.position)
            return nil
        }
        return text
    }

    mutating func flag(_ node: SourceNode, of what: String) -> Bool? {
        if let value = node.boolean { return value }
        let suggestion: String? =
            switch node.scalar?.lowercased() {
            case "true", "yes", "on": "true"
            case "false", "no", "off": "false"
            default: nil
            }
        problems.error("\(what) must be true or false", at: node.position, suggestion: suggestion)
        return nil
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ node: SourceNode, of what: String, as type: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        guard let text = text(node, of: what) else { return nil }
        if let value = Choice(rawValue: text) { return value }
        let known = Choice.allCases.map(\.rawValue)
        let list = known.map { "`\($0)`" }.joined(separator: ", ")
        problems.unknown("\(what) must be one of \(list), not `\(text)`", name: text, at: node.position, known: known)
        return nil
    }

    /// A name that is going to be logged, put into headers and named in tests: letters, digits and `._:/-`, at most 100, beginning with
    /// a letter or digit. Anything else could be taken for syntax somewhere (attack D-05).
    mutating func name(_ text: String, of what: String, at position: SourcePosition) -> String? {
        let isName =
            text.utf8.count <= 100
            && text.utf8.allSatisfy { isAlphanumeric($0) || [0x2e, 0x5f, 0x3a, 0x2f, 0x2d].contains($0) }
            && (text.utf8.first.map(isAlphanumeric) ?? false)
        guard isName else {
            problems.error(
                "the name of \(what) must be at most 100 letters, digits and `._:/-`, beginning with a letter or digit",
                at: position
            )
            return nil
        }
        return text
    }

    private func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: false
        }
    }

    // MARK: - Telling

    mutating func wrongType(_ node: SourceNode, _ what: String, expected: String) {
        problems.error("\(what) must be \(expected), found \(node.kind.phrase)", at: node.position)
    }
}
