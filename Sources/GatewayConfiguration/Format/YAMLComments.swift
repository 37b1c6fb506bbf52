import Access

/// The comments of a YAML file, each with the scalar it belongs to. The YAML library does not tell of them.
struct YAMLComments {
    struct Comment {
        /// With its `#`, without white space at its end.
        let text: String
        let position: SourcePosition
        /// Whether an empty line stands in front of it.
        let followsBlank: Bool
    }

    /// By the index of the scalar that follows, in the order of the file; of the number of scalars: those at the end.
    private(set) var leading: [Int: [Comment]] = [:]
    /// By the index of the scalar in front of it on its line.
    private(set) var trailing: [Int: [Comment]] = [:]
    /// Of all comments, in the order of the file.
    private(set) var texts: [String] = []
    private let lines: [[Unicode.Scalar]]

    /// - Parameter scalars: all scalars of the file in its order, keys too.
    init(_ text: YAMLText, scalars: [SourceNode]) {
        lines = text.scalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.last == "\r" ? Array(line.dropLast()) : Array(line)
        }
        var next = 0
        var position = SourcePosition(line: 1, column: 1)
        while position.line <= lines.count {
            let line = lines[position.line - 1]
            guard position.column <= line.count else {
                position = SourcePosition(line: position.line + 1, column: 1)
                continue
            }
            if next < scalars.count, scalars[next].position <= position {
                if scalars[next].position == position, !(scalars[next].scalar ?? "").isEmpty {
                    position = skip(from: position, index: next)
                    next += 1
                    continue
                }
                next += 1
                continue
            }
            let isComment =
                line[position.column - 1] == "#" && (position.column == 1 || [" ", "\t"].contains(line[position.column - 2]))
            guard isComment else {
                position = SourcePosition(line: position.line, column: position.column + 1)
                continue
            }
            add(at: position, scalarsBefore: next)
            position = SourcePosition(line: position.line + 1, column: 1)
        }
    }

    /// Whether the line in front of this one is empty.
    func followsBlank(_ line: Int) -> Bool {
        line >= 2 && line - 2 < lines.count && lines[line - 2].allSatisfy { $0 == " " || $0 == "\t" }
    }

    /// Where the first character of a line stands that is no space.
    func indentation(ofLine line: Int) -> Int {
        guard line >= 1, line <= lines.count else { return 1 }
        return (lines[line - 1].firstIndex { $0 != " " } ?? 0) + 1
    }

    // MARK: - Scanning

    private mutating func add(at position: SourcePosition, scalarsBefore next: Int) {
        let line = lines[position.line - 1]
        var text = Array(line[(position.column - 1)...])
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        let comment = Comment(
            text: String(String.UnicodeScalarView(text)), position: position, followsBlank: followsBlank(position.line)
        )
        texts.append(comment.text)
        // What stands alone, or behind a mere dash, belongs to what comes.
        let isAlone = line[..<(position.column - 1)].allSatisfy { [" ", "\t", "-"].contains($0) }
        if isAlone || next == 0 { leading[next, default: []].append(comment) } else { trailing[next - 1, default: []].append(comment) }
    }

    /// The position behind a scalar; of a plain one, behind its first character, since a `#` in it has no space in front.
    private mutating func skip(from start: SourcePosition, index: Int) -> SourcePosition {
        let first = lines[start.line - 1][start.column - 1]
        switch first {
        case "\"", "'": return skipQuoted(first, from: start)
        case "|", ">": return skipBlock(from: start, index: index)
        default: return SourcePosition(line: start.line, column: start.column + 1)
        }
    }

    private func skipQuoted(_ quote: Unicode.Scalar, from start: SourcePosition) -> SourcePosition {
        var (line, column) = (start.line, start.column + 1)
        while line <= lines.count {
            let text = lines[line - 1]
            while column <= text.count {
                let scalar = text[column - 1]
                if scalar == "\\", quote == "\"" {
                    column += 2
                } else if scalar == quote {
                    if quote == "'", column < text.count, text[column] == "'" {
                        column += 2
                    } else {
                        return SourcePosition(line: line, column: column + 1)
                    }
                } else {
                    column += 1
                }
            }
            (line, column) = (line + 1, 1)
        }
        return SourcePosition(line: line, column: 1)
    }

    /// A block ends at the first line that is not empty and stands further left than its first.
    private mutating func skipBlock(from start: SourcePosition, index: Int) -> SourcePosition {
        let header = lines[start.line - 1]
        if let hash = header[(start.column - 1)...].firstIndex(of: "#") {
            add(at: SourcePosition(line: start.line, column: hash + 1), scalarsBefore: index + 1)
        }
        var line = start.line + 1
        var indentation: Int?
        while line <= lines.count {
            let text = lines[line - 1]
            if let column = text.firstIndex(where: { $0 != " " }) {
                if column < indentation ?? 1 { break }
                indentation = indentation ?? column
            }
            line += 1
        }
        return SourcePosition(line: line, column: 1)
    }
}
