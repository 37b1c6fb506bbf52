import Access
import StrictJSON

/// A JSON file being read strictly: every mistake of it, with its place, instead of the first one.
///
/// No message quotes a value: the files that are read this way hold secrets. Names of members are quoted, cut short.
struct JSONFile {
    let path: String
    let document: JSONDocument
    private(set) var diagnostics: [Diagnostic] = []

    /// Nil when the text is no JSON; then `diagnostics` gains where it breaks.
    init?(path: String, bytes: [UInt8], diagnostics: inout [Diagnostic]) {
        do {
            document = try JSONDocument(bytes)
            self.path = path
        } catch {
            let place = Self.place(of: error.offset, in: bytes)
            diagnostics.append(
                Diagnostic(
                    file: path, line: place.line, column: place.column, message: "not valid JSON: \(error)"
                )
            )
            return nil
        }
    }

    var isGood: Bool { diagnostics.isEmpty }

    mutating func problem(_ message: String, at element: JSONElement, suggestion: String? = nil) {
        // A string's range begins behind its quote.
        let offset = element.rawRange.lowerBound - (element.kind == .string ? 1 : 0)
        let place = Self.place(of: offset, in: document.bytes)
        diagnostics.append(
            Diagnostic(file: path, line: place.line, column: place.column, message: message, suggestion: suggestion)
        )
    }

    /// Checks that `element` is an object with all of `required`, perhaps some of `optional` and nothing else.
    mutating func checkObject(_ element: JSONElement, required: [String], optional: [String], what: String) -> Bool {
        guard element.kind == .object else {
            problem("\(what) must be an object, not \(element.kind.name)", at: element)
            return false
        }
        let before = diagnostics.count
        let members = element.members
        for member in members where !required.contains(member.name) && !optional.contains(member.name) {
            problem(
                "unknown key `\(ForeignText.quotable(member.name))` in \(what)", at: member.value,
                suggestion: Spelling.nearest(to: member.name, in: required + optional)
            )
        }
        for name in required where !members.contains(where: { $0.name == name }) {
            problem("\(what) has no `\(name)`", at: element)
        }
        return diagnostics.count == before
    }

    mutating func string(_ name: String, of object: JSONElement, _ rule: (String) -> Bool = { _ in true }, expected: String = "a string")
        -> String?
    {
        guard let element = object[name] else { return nil }
        guard let text = element.string, rule(text) else {
            problem("`\(name)` must be \(expected)", at: element)
            return nil
        }
        return text
    }

    /// Unix seconds, 0 to the year 9999.
    mutating func time(_ name: String, of object: JSONElement) -> Int64? {
        guard let element = object[name] else { return nil }
        guard let seconds = element.integer, (0...253_402_300_799).contains(seconds) else {
            problem("`\(name)` must be unix seconds, a whole number", at: element)
            return nil
        }
        return seconds
    }

    mutating func bool(_ name: String, of object: JSONElement) -> Bool? {
        guard let element = object[name] else { return nil }
        guard let value = element.bool else {
            problem("`\(name)` must be true or false", at: element)
            return nil
        }
        return value
    }

    /// A list of strings that each keep to `rule`, none twice.
    mutating func strings(_ name: String, of object: JSONElement, _ rule: (String) -> Bool, expected: String) -> [String]? {
        guard let element = object[name] else { return nil }
        guard element.kind == .array else {
            problem("`\(name)` must be a list", at: element)
            return nil
        }
        var result: [String] = []
        for item in element.elements {
            guard let text = item.string, rule(text) else {
                problem("each of `\(name)` must be \(expected)", at: item)
                continue
            }
            if result.contains(text) { problem("`\(name)` has `\(ForeignText.quotable(text))` twice", at: item) }
            result.append(text)
        }
        return result
    }

    /// Line and column of a byte, both from 1; columns count Unicode scalars.
    private static func place(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
        let before = bytes[..<min(offset, bytes.count)]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        // Every byte of UTF-8 but a continuation byte begins a scalar.
        return (line, before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1)
    }
}
