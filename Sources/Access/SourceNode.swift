/// A configuration file as a tree that remembers where everything stood. YAML and JSON look the same from here.
package struct SourceNode: Sendable {
    package enum Content: Sendable {
        /// `isQuoted`: in quotes or a block, so certainly text. Unquoted, it is whatever the YAML 1.2 core schema says it looks like.
        case scalar(text: String, isQuoted: Bool)
        /// Every key is a scalar and no two are the same. In the order of the file.
        case mapping([(key: SourceNode, value: SourceNode)])
        case sequence([SourceNode])
    }

    package let content: Content
    package let position: SourcePosition

    package init(_ content: Content, at position: SourcePosition) {
        self.content = content
        self.position = position
    }

    package var line: Int { position.line }
    package var column: Int { position.column }
}

extension SourceNode {
    /// What a value is, for "expected a list, found text".
    package enum Kind: String, Sendable {
        case text, integer, number, boolean, null, mapping, list

        /// With its article, for a sentence.
        package var phrase: String {
            switch self {
            case .text: "text"
            case .integer: "an integer"
            case .number: "a number"
            case .boolean: "true or false"
            case .null: "nothing"
            case .mapping: "a mapping"
            case .list: "a list"
            }
        }
    }

    package var kind: Kind {
        switch content {
        case .mapping: .mapping
        case .sequence: .list
        case .scalar(_, isQuoted: true): .text
        case .scalar(let text, isQuoted: false): CoreSchema.kind(of: text)
        }
    }

    /// Text as such; `5` and `true` need quotes to be text.
    package var text: String? {
        guard case .scalar(let text, _) = content, kind == .text else { return nil }
        return text
    }

    /// The characters of any scalar, whatever they look like.
    package var scalar: String? {
        guard case .scalar(let text, _) = content else { return nil }
        return text
    }

    /// Exactly `true` or `false`.
    package var boolean: Bool? {
        guard case .scalar(let text, isQuoted: false) = content else { return nil }
        return text == "true" ? true : text == "false" ? false : nil
    }

    /// A plain decimal integer.
    package var integer: Int64? {
        guard case .scalar(let text, isQuoted: false) = content, kind == .integer else { return nil }
        return Int64(text)
    }

    package var elements: [SourceNode]? {
        guard case .sequence(let elements) = content else { return nil }
        return elements
    }

    package var members: [(key: SourceNode, value: SourceNode)]? {
        guard case .mapping(let members) = content else { return nil }
        return members
    }

    /// The value of a key of a mapping.
    package subscript(name: String) -> SourceNode? {
        members?.first { $0.key.scalar == name }?.value
    }
}

/// What an unquoted scalar looks like: YAML 1.2.2 section 10.3.2, tag resolution.
enum CoreSchema {
    static func kind(of text: String) -> SourceNode.Kind {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "false", "False", "FALSE": return .boolean
        case ".nan", ".NaN", ".NAN": return .number
        default: break
        }
        var rest = Array(text.utf8)[...]
        if let first = rest.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") { rest.removeFirst() }
        guard let first = rest.first, isDigit(first) || first == UInt8(ascii: ".") else { return .text }
        if rest.allSatisfy(isDigit) { return .integer }
        if let digits = radixDigits(text) { return digits ? .integer : .text }
        if [".inf", ".Inf", ".INF"].contains(String(decoding: rest, as: UTF8.self)) { return .number }
        return isFloat(rest) ? .number : .text
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
    }

    /// Nil unless the text begins with `0o` or `0x`; then whether digits follow, and only digits.
    private static func radixDigits(_ text: String) -> Bool? {
        let digits = text.dropFirst(2)
        switch text.prefix(2) {
        case "0o": return !digits.isEmpty && digits.allSatisfy { ("0"..."7").contains($0) }
        case "0x": return !digits.isEmpty && digits.allSatisfy { $0.isHexDigit && $0.isASCII }
        default: return nil
        }
    }

    /// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, the sign already read.
    private static func isFloat(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            let fraction = rest.prefix(while: isDigit)
            rest = rest.dropFirst(fraction.count)
            if whole.isEmpty, fraction.isEmpty { return false }
        }
        guard let exponent = rest.first else { return true }
        guard exponent == UInt8(ascii: "e") || exponent == UInt8(ascii: "E") else { return false }
        rest = rest.dropFirst()
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }
}
