import Access

/// How a scalar is written: plain where it stays what it is, else in double quotes.
enum YAMLScalarText {
    /// - Parameter inFlow: inside of `[]` or `{}`, where more characters mean something.
    static func text(_ node: SourceNode, inFlow: Bool) -> String {
        guard case .scalar(let text, let isQuoted) = node.content else { return "" }
        // `5`, `true` and nothing at all can only be plain.
        if !isQuoted, node.kind != .text { return text.isEmpty ? "null" : text }
        let plain = SourceNode(.scalar(text: text, isQuoted: false), at: node.position)
        if plain.kind == .text, isSafe(text, inFlow: inFlow), !(isQuoted && olderBooleans.contains(text.lowercased())) { return text }
        return quoted(text)
    }

    /// Words that YAML 1.1 takes for booleans: whoever put them in quotes meant it.
    private static let olderBooleans: Set<String> = ["y", "n", "yes", "no", "on", "off"]

    private static func isSafe(_ text: String, inFlow: Bool) -> Bool {
        let scalars = Array(text.unicodeScalars)
        guard let first = scalars.first, let last = scalars.last, first != " ", last != " ", last != ":" else { return false }
        if ["-", "?", ":", ",", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`", "="].contains(first) {
            return false
        }
        if text == "<<" || text.hasPrefix("...") { return false }
        for (index, scalar) in scalars.enumerated() {
            if scalar.value < 0x20 || needsEscape(scalar) { return false }
            if scalar == ":", scalars[index + 1] == " " { return false }
            if scalar == "#", scalars[index - 1] == " " { return false }
            if inFlow, [",", "[", "]", "{", "}"].contains(scalar) { return false }
        }
        return true
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || needsEscape(scalar): result += escape(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        let (letter, width) = scalar.value > 0xffff ? ("U", 8) : scalar.value > 0xff ? ("u", 4) : ("x", 2)
        return "\\" + letter + String(repeating: "0", count: width - digits.count) + digits
    }

    /// What a file may not hold as it is, or nobody sees.
    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }
}
