package import Access
import StrictJSON

/// Text that says something to people or names a file: 1 to 4096 bytes, no control characters.
struct PlainText: SettingValue {
    let text: String

    init(_ text: String) { self.text = text }

    init(parsing text: String) throws(ValueError) {
        guard !text.isEmpty else { throw ValueError("must not be empty") }
        guard text.utf8.count <= 4096, text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            throw ValueError("must be at most 4096 bytes, without control characters")
        }
        self.text = text
    }

    var shown: JSONValue { .string(text) }
}

struct WholeNumber: SettingValue, Comparable, CustomStringConvertible {
    static let kinds: Set<SourceNode.Kind> = [.integer]
    let value: Int

    init(_ value: Int) { self.value = value }

    init(parsing text: String) throws(ValueError) {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let value = Int(text) else {
            throw ValueError("must be a whole number")
        }
        self.value = value
    }

    var description: String { "\(value)" }
    var shown: JSONValue { .integer(Int64(value)) }

    static func < (left: WholeNumber, right: WholeNumber) -> Bool { left.value < right.value }
}

struct Flag: SettingValue {
    static let kinds: Set<SourceNode.Kind> = [.boolean]
    let value: Bool

    init(_ value: Bool) { self.value = value }

    init(parsing text: String) throws(ValueError) {
        switch text {
        case "true": value = true
        case "false": value = false
        default: throw ValueError("must be `true` or `false`", suggestion: ["true", "false"].first { $0 == text.lowercased() })
        }
    }

    var shown: JSONValue { .bool(value) }
}

/// A word of a closed list.
struct Choice<Word: RawRepresentable<String> & CaseIterable & Sendable>: SettingValue {
    let value: Word

    init(_ value: Word) { self.value = value }

    init(parsing text: String) throws(ValueError) {
        guard let value = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue)
            throw ValueError(
                "must be \(words.dropLast().map { "`\($0)`" }.joined(separator: ", ")) or `\(words.last ?? "")`",
                suggestion: Spelling.nearest(to: text, in: words)
            )
        }
        self.value = value
    }

    var shown: JSONValue { .string(value.rawValue) }
}

/// A value that one word switches off, such as `off` or `unlimited`.
struct Switchable<Value: SettingValue, Word: OffWord>: SettingValue {
    static var kinds: Set<SourceNode.Kind> { Value.kinds.union([.text]) }
    /// Nil: switched off.
    let value: Value?

    init(_ value: Value?) { self.value = value }

    init(parsing text: String) throws(ValueError) {
        if text == Word.word {
            value = nil
            return
        }
        do {
            value = try Value(parsing: text)
        } catch {
            let suggestion = error.suggestion ?? Spelling.nearest(to: text, in: [Word.word])
            throw ValueError("\(error.message), or `\(Word.word)`", suggestion: suggestion)
        }
    }

    var shown: JSONValue { value?.shown ?? .string(Word.word) }
}

protocol OffWord: Sendable { static var word: String { get } }
enum Off: OffWord { static let word = "off" }
enum Unlimited: OffWord { static let word = "unlimited" }

extension RateLimit: SettingValue {
    /// `50/s`, `100/m`, `1000/h`.
    init(parsing text: String) throws(ValueError) {
        guard let rate = Quantity.rate(text) else {
            throw ValueError("must be a number of requests a second, minute or hour, such as `50/s`")
        }
        self = rate
    }

    var shown: JSONValue {
        switch windowMilliseconds {
        case 1000: .string("\(requests)/s")
        case 60_000: .string("\(requests)/m")
        case 3_600_000: .string("\(requests)/h")
        default: .string("\(requests)/\(windowMilliseconds)ms")
        }
    }
}
