package import Access
import StrictJSON

/// What `gatehouse policy format` answers.
package struct PolicyFormat: Sendable {
    /// The same policy in the canonical layout; nil when the file cannot be read, or could not be laid out without a loss.
    package let text: String?
    package let diagnostics: [Diagnostic]
    package let isChanged: Bool

    /// A JSON file stays JSON.
    package init(_ bytes: [UInt8], file: String) {
        let source = YAMLReader.read(bytes, file: file)
        guard let root = source.root, source.problems.isEmpty, case .success(let text) = YAMLText.read(bytes) else {
            self.init(diagnostics: source.problems)
            return
        }
        guard root.members != nil else {
            let problem = Diagnostic(file: file, at: root.position, message: "a policy must be a mapping, found \(root.kind.phrase)")
            self.init(diagnostics: [problem])
            return
        }
        let comments = YAMLComments(text, scalars: root.scalars)
        let formatted: String
        if (try? JSONDocument(bytes)) != nil {
            formatted = root.json.serialized(pretty: true) + "\n"
        } else {
            formatted = PolicyLayout.text(root, comments: comments)
        }
        // INVARIANT (nothing is lost): what is written reads as what was read, comment by comment.
        let after = YAMLReader.read(Array(formatted.utf8), file: file)
        guard let written = after.root, after.problems.isEmpty, written.isSame(as: root),
            case .success(let writtenText) = YAMLText.read(Array(formatted.utf8)),
            YAMLComments(writtenText, scalars: written.scalars).texts.sorted() == comments.texts.sorted()
        else {
            self.init(diagnostics: [.whole(file, "this cannot be laid out without losing something: a comment inside of a value, perhaps")])
            return
        }
        self.init(text: formatted, isChanged: Array(formatted.utf8) != bytes)
    }

    private init(text: String? = nil, diagnostics: [Diagnostic] = [], isChanged: Bool = false) {
        self.text = text
        self.diagnostics = diagnostics
        self.isChanged = isChanged
    }
}

extension SourceNode {
    /// All scalars, keys too, in the order of the file.
    var scalars: [SourceNode] {
        if let members { return members.flatMap { [$0.key] + $0.value.scalars } }
        return elements?.flatMap(\.scalars) ?? [self]
    }

    /// Whether both mean the same, wherever it stands.
    func isSame(as other: SourceNode) -> Bool {
        if let members, let others = other.members {
            return members.count == others.count
                && zip(members, others).allSatisfy { $0.key.scalar == $1.key.scalar && $0.value.isSame(as: $1.value) }
        }
        if let elements, let others = other.elements {
            return elements.count == others.count && zip(elements, others).allSatisfy { $0.isSame(as: $1) }
        }
        guard let scalar, let text = other.scalar, kind == other.kind else { return false }
        return scalar == text || kind == .null
    }

    /// The same as JSON.
    var json: JSONValue {
        if let members { return .object(members.map { ($0.key.scalar ?? "", $0.value.json) }) }
        if let elements { return .array(elements.map(\.json)) }
        switch kind {
        case .integer: return integer.map { .integer($0) } ?? .string(scalar ?? "")
        case .boolean: return .bool(boolean ?? false)
        case .null: return .null
        case .number: return scalar.flatMap { Double($0) }.map { .double($0) } ?? .null
        case .text, .mapping, .list: return .string(scalar ?? "")
        }
    }
}
