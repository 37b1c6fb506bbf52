import Access

/// Lays a policy out: sections apart, what belongs to one name on one line, routes, deny rules and tests a key a line.
///
/// Order and comments stay; so does one empty line where there were some. Two spaces indent.
struct PolicyLayout {
    private static let width = 140
    /// Sections whose values begin in one column.
    private static let aligned: Set<String> = ["scopes", "roles", "callers"]

    private let comments: YAMLComments
    private var lines: [String] = []
    /// Scalars written so far.
    private var next = 0
    /// Of the entries that enclose the last line, outermost first: where they stood and where they stand.
    private var levels: [(source: Int, indent: Int)] = []

    static func text(_ root: SourceNode, comments: YAMLComments) -> String {
        var layout = PolicyLayout(comments: comments)
        layout.mapping(root.members ?? [], depth: 0, indent: 0, section: nil, startsOnLine: false)
        layout.write(comments.leading[layout.next] ?? [], depth: 0, column: 1, indent: 0, isSection: false, blankAfter: false)
        return layout.lines.joined(separator: "\n") + "\n"
    }

    private init(comments: YAMLComments) {
        self.comments = comments
    }

    // MARK: - Blocks

    /// - Parameters:
    ///   - depth: blocks around this one.
    ///   - startsOnLine: the first entry goes on behind the dash of a list, which is written already.
    private mutating func mapping(
        _ members: [(key: SourceNode, value: SourceNode)], depth: Int, indent: Int, section: String?, startsOnLine: Bool
    ) {
        let widest = section.map { Self.aligned.contains($0) } == true ? members.map { name($0.key).count }.max() ?? 0 : 0
        for (offset, (key, value)) in members.enumerated() {
            let isFirst = offset == 0 && startsOnLine
            if !isFirst { begin(key.position, depth: depth, indent: indent, isSection: depth == 0 && offset > 0) }
            enter(key.position.column, depth: depth, indent: indent)
            let behind = comments.trailing[next] ?? []
            next += 1
            var head = name(key) + ":"
            if widest > 0 { head = padded(head, to: widest + 1) }
            if section == "tests", key.scalar == "may", members.contains(where: { $0.key.scalar == "may-not" }) {
                head = padded(head, to: 8)
            }
            append(head, indent: indent, continues: isFirst)
            let isOpen = depth == 0 && value.scalar == nil && !isEmpty(value)
            if !isOpen, behind.isEmpty || isEmpty(value) || value.scalar != nil, let text = flow(value, behind: column + 1) {
                lines[lines.count - 1] += " " + text
                // A comment between a key and its value has nowhere else to be.
                end(value, behind + (value.scalar != nil ? comments.leading[next] ?? [] : []))
            } else {
                for comment in behind { lines[lines.count - 1] = trimmed(lines[lines.count - 1]) + "  " + comment.text }
                lines[lines.count - 1] = trimmed(lines[lines.count - 1])
                block(value, depth: depth + 1, indent: indent + 2, section: section ?? key.scalar)
            }
        }
    }

    private mutating func block(_ node: SourceNode, depth: Int, indent: Int, section: String?) {
        if let members = node.members {
            mapping(members, depth: depth, indent: indent, section: depth == 1 ? section : nil, startsOnLine: false)
        } else {
            for element in node.elements ?? [] {
                let line = element.position.line
                begin(
                    SourcePosition(line: line, column: comments.indentation(ofLine: line)), depth: depth, indent: indent, isSection: false
                )
                enter(comments.indentation(ofLine: line), depth: depth, indent: indent)
                lines.append(String(repeating: " ", count: indent) + "-")
                if !(depth == 1 && element.members?.isEmpty == false), let text = flow(element, behind: indent + 2) {
                    lines[lines.count - 1] += " " + text
                    end(element, [])
                } else if let members = element.members {
                    mapping(members, depth: depth + 1, indent: indent + 2, section: section, startsOnLine: true)
                } else {
                    block(element, depth: depth + 1, indent: indent + 2, section: nil)
                }
            }
        }
    }

    /// What stands on one line; nil when a comment stands inside, or it is too long.
    private func flow(_ node: SourceNode, behind column: Int) -> String? {
        let last = next + scalarCount(node) - 1
        if next < last {
            for index in next...last {
                if index > next, comments.leading[index] != nil { return nil }
                if index < last, comments.trailing[index] != nil { return nil }
            }
        }
        // A comment in front of a value that is on its own line goes in front of the entry, by `begin` of the next one at the latest.
        if next <= last, comments.leading[next] != nil, node.scalar == nil { return nil }
        let text = Self.flow(node)
        return node.scalar != nil || column + text.count <= Self.width ? text : nil
    }

    private static func flow(_ node: SourceNode, inFlow: Bool = false) -> String {
        if let members = node.members {
            if members.isEmpty { return "{}" }
            let parts = members.map { key, value in
                YAMLScalarText.text(key, inFlow: true) + ": " + flow(value, inFlow: true)
            }
            return "{ " + parts.joined(separator: ", ") + " }"
        }
        if let elements = node.elements { return "[" + elements.map { flow($0, inFlow: true) }.joined(separator: ", ") + "]" }
        return YAMLScalarText.text(node, inFlow: inFlow)
    }

    // MARK: - Lines

    private var column: Int { lines.last?.count ?? 0 }

    private mutating func append(_ text: String, indent: Int, continues: Bool) {
        if continues { lines[lines.count - 1] += " " + text } else { lines.append(String(repeating: " ", count: indent) + text) }
    }

    /// Writes the comments in front of the next scalar, and an empty line where there was one or has to be one.
    private mutating func begin(_ position: SourcePosition, depth: Int, indent: Int, isSection: Bool) {
        let column = comments.indentation(ofLine: position.line)
        write(
            comments.leading[next] ?? [], depth: depth, column: column, indent: indent, isSection: isSection,
            blankAfter: comments.followsBlank(position.line)
        )
    }

    private mutating func write(
        _ group: [YAMLComments.Comment], depth: Int, column: Int, indent: Int, isSection: Bool, blankAfter: Bool
    ) {
        let isDeeper = { (comment: YAMLComments.Comment) in comment.position.column > column }
        // A comment right below what was there stays with it, if an empty line follows.
        let rest = group.drop(while: isDeeper)
        let staysAbove = rest.first?.followsBlank == false && (blankAfter || rest.dropFirst().contains { $0.followsBlank })
        var isApart = !isSection
        for comment in group {
            let deeper = isDeeper(comment) ? levels.dropFirst(depth).last { $0.source <= comment.position.column } : nil
            let begins = !isApart && deeper == nil && (comment.followsBlank || !staysAbove)
            if comment.followsBlank || begins { blank() }
            isApart = isApart || begins
            lines.append(String(repeating: " ", count: deeper?.indent ?? indent) + comment.text)
        }
        if blankAfter || !isApart { blank() }
    }

    private mutating func blank() {
        if let last = lines.last, !last.isEmpty { lines.append("") }
    }

    /// Behind a value on one line: the comments in front of it that have no line of their own, and the one that stands there.
    private mutating func end(_ value: SourceNode, _ inFront: [YAMLComments.Comment]) {
        let count = scalarCount(value)
        let own = count > 0 ? comments.trailing[next + count - 1] ?? [] : []
        for comment in inFront + own { lines[lines.count - 1] += "  " + comment.text }
        next += count
    }

    private mutating func enter(_ source: Int, depth: Int, indent: Int) {
        levels = Array(levels.prefix(depth)) + [(source, indent)]
    }

    // MARK: - Small parts

    private func name(_ key: SourceNode) -> String { YAMLScalarText.text(key, inFlow: false) }

    private func isEmpty(_ node: SourceNode) -> Bool { scalarCount(node) == 0 }

    private func scalarCount(_ node: SourceNode) -> Int {
        if let members = node.members { return members.reduce(0) { $0 + 1 + scalarCount($1.value) } }
        return node.elements?.reduce(0) { $0 + scalarCount($1) } ?? 1
    }

    private func padded(_ text: String, to width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }

    private func trimmed(_ text: String) -> String { String(text.reversed().drop { $0 == " " }.reversed()) }
}
