import Access
import Yams

/// Turns the nodes of the YAML library into `SourceNode`s, and refuses what strict YAML leaves out.
///
/// The library hides some tags, but marks where every node begins; what stands there in the text tells. It never sees an alias: it would
/// expand them, and a few lines of aliases of aliases are more than any machine holds.
struct YAMLComposer {
    private var text: YAMLText
    private let file: String
    private var problems: [Diagnostic] = []
    /// Keys that were hidden from the library, by their position.
    private var hidden: [SourcePosition: String] = [:]

    /// More duplicate keys than this, and the file is not worth reading on.
    private static let maximumHidden = 50

    init(text: YAMLText, file: String) {
        self.text = text
        self.file = file
    }

    consuming func compose() -> YAMLSource {
        let node = parse()
        let root = node.flatMap { convert($0, depth: 0) }
        if root == nil, problems.isEmpty {
            report("the file is empty", at: SourcePosition(line: 1, column: 1))
        }
        let sorted = problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        return YAMLSource(root: root, problems: sorted)
    }

    // MARK: - Parsing

    /// The library gives up at the first mapping with a key twice. To find what else is wrong, the earlier of the two keys is given
    /// another name and the file is read again; `convert` puts the name back and tells the later one.
    private mutating func parse() -> Node? {
        while true {
            do {
                return try Parser(yaml: text.withoutStars, resolver: .basic, encoding: .utf8).singleRoot()
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                let position = SourcePosition(line: context.mark.line, column: context.mark.column)
                guard let name = names.first.map({ YAMLText.restoringStars($0) }), hide(name, at: position) else { return nil }
            } catch let error as YamlError {
                report(error)
                return nil
            } catch {
                report("not readable as YAML", at: SourcePosition(line: 1, column: 1))
                return nil
            }
        }
    }

    /// Replaces the first character of a key by one that makes it unique.
    private mutating func hide(_ name: String, at position: SourcePosition) -> Bool {
        guard let start = text.offset(position) else { return false }
        let first = text.scalars[start]
        if reportProperty(first, at: position) { return false }
        let isQuoted = first == "\"" || first == "'"
        let target = isQuoted ? start + 1 : start
        // Replacing an escape, a closing quote or an indicator would change more than the name.
        let untouchable: Set<Unicode.Scalar> = isQuoted ? ["\\", first] : ["?", "[", "{", "|", ">", "-", ":"]
        guard hidden.count < Self.maximumHidden, target < text.scalars.count, !untouchable.contains(text.scalars[target]),
            hidden[position] == nil, let replacement = Unicode.Scalar(0xf_0000 + UInt32(hidden.count))
        else {
            report(first == "[" || first == "{" ? "a key must be text" : "duplicate key `\(name)`", at: position)
            return false
        }
        text.replace(at: target, with: replacement)
        hidden[position] = name
        return true
    }

    // MARK: - Converting

    /// Nil when the node is none that a strict file may hold; that was reported.
    private mutating func convert(_ node: Node, depth: Int) -> SourceNode? {
        guard let mark = node.mark else { return nil }
        let position = SourcePosition(line: mark.line, column: mark.column)
        if let first = text.scalar(at: position), reportProperty(first, at: position) { return nil }
        guard depth < YAMLReader.maximumDepth else {
            report("more than \(YAMLReader.maximumDepth) levels", at: position)
            return nil
        }
        switch node {
        case .scalar(let scalar):
            let isQuoted = scalar.style != .plain && scalar.style != .any
            return SourceNode(.scalar(text: YAMLText.restoringStars(scalar.string), isQuoted: isQuoted), at: position)
        case .sequence(let sequence):
            var elements: [SourceNode] = []
            for element in sequence {
                if let converted = convert(element, depth: depth + 1) { elements.append(converted) }
            }
            return SourceNode(.sequence(elements), at: position)
        case .mapping(let mapping):
            return SourceNode(.mapping(convert(mapping, depth: depth + 1)), at: position)
        case .alias: return nil  // none comes out of a parser, least of all from a text without stars
        }
    }

    private mutating func convert(_ mapping: Node.Mapping, depth: Int) -> [(key: SourceNode, value: SourceNode)] {
        var members: [(key: SourceNode, value: SourceNode)] = []
        var lines: [String: Int] = [:]
        for (key, value) in mapping {
            let convertedKey = convertKey(key, depth: depth)
            let convertedValue = convert(value, depth: depth)
            guard let convertedKey, let name = convertedKey.scalar, let convertedValue else { continue }
            if let line = lines[name] {
                report("duplicate key `\(name)`, first given on line \(line)", at: convertedKey.position)
            } else {
                lines[name] = convertedKey.line
                members.append((convertedKey, convertedValue))
            }
        }
        return members
    }

    private mutating func convertKey(_ node: Node, depth: Int) -> SourceNode? {
        guard let key = convert(node, depth: depth) else { return nil }
        guard case .scalar(let text, let isQuoted) = key.content else {
            report("a key must be text, not \(key.kind.phrase)", at: key.position)
            return nil
        }
        if text == "<<", !isQuoted {
            report("a merge key is not allowed here", at: key.position)
            return nil
        }
        return SourceNode(.scalar(text: hidden[key.position] ?? text, isQuoted: isQuoted), at: key.position)
    }

    // MARK: - Reporting

    /// Anchors, aliases and tags stand before their node, and are marked as its beginning.
    private mutating func reportProperty(_ first: Unicode.Scalar, at position: SourcePosition) -> Bool {
        switch first {
        case "&": report("an anchor is not allowed here", at: position)
        case "!": report("a tag is not allowed here", at: position)
        case "*": report("an alias is not allowed here", at: position)
        default: return false
        }
        return true
    }

    private mutating func report(_ error: YamlError) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let position = SourcePosition(line: mark.line, column: mark.column)
            switch text.scalar(at: position) {
            case "\t": report("a tab cannot indent here: use spaces", at: position)
            case let opening? where ["{", "["].contains(opening) && isInsideText(position):
                // The usual cause: `path: /a/{id}` in a mapping of one line.
                report("text with `\(opening)` in it needs quotes inside of `{ }` and `[ ]`", at: position)
            case _ where problem == "but found another document": report("more than one document", at: position)
            default:
                let detail = [context?.text, problem].compactMap(\.self).joined(separator: ", ")
                report("not readable as YAML: \(detail)", at: position)
            }
        default:
            report("not readable as YAML", at: SourcePosition(line: 1, column: 1))
        }
    }

    private func isInsideText(_ position: SourcePosition) -> Bool {
        guard position.column > 1 else { return false }
        let before = text.scalar(at: SourcePosition(line: position.line, column: position.column - 1))
        return before.map { ![" ", ",", "[", "{"].contains($0) } ?? false
    }

    private mutating func report(_ message: String, at position: SourcePosition) {
        let problem = Diagnostic(file: file, at: position, message: message)
        if !problems.contains(problem) { problems.append(problem) }
    }
}
