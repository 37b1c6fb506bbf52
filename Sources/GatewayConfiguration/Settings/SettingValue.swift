import Access
package import StrictJSON

/// A value of the configuration that is written as one word.
protocol SettingValue: Sendable {
    /// What it may look like in the file; a flag and the environment give text for every kind.
    static var kinds: Set<SourceNode.Kind> { get }

    /// - Throws: `ValueError` that says what is expected; it never quotes `text`, which may hold a secret.
    init(parsing text: String) throws(ValueError)

    /// As `config show` prints it: effective, and without secrets.
    var shown: JSONValue { get }
}

extension SettingValue {
    static var kinds: Set<SourceNode.Kind> { [.text] }
}

/// Why a text is not a value, in words for the person who wrote it.
struct ValueError: Error, Equatable {
    /// Follows the name of the key: "must be …".
    let message: String
    /// What was probably meant.
    let suggestion: String?

    init(_ message: String, suggestion: String? = nil) {
        self.message = message
        self.suggestion = suggestion
    }
}

/// Where a value comes from, the strongest first.
package enum SettingOrigin: Equatable, Sendable, CustomStringConvertible {
    /// With its dashes.
    case flag(String)
    case environment(String)
    case file(String, line: Int)
    case `default`

    /// `flag`, `environment`, `file` or `default`.
    package var kind: String {
        switch self {
        case .flag: "flag"
        case .environment: "environment"
        case .file: "file"
        case .default: "default"
        }
    }

    /// The flag, the variable or the line; nil for a default.
    package var place: String? {
        switch self {
        case .flag(let name), .environment(let name): name
        case .file(let file, let line): "\(file):\(line)"
        case .default: nil
        }
    }

    package var description: String { place ?? kind }
}

/// One effective value, for `config show`.
package struct SettingEntry: Sendable {
    /// Dotted: `limits.tokenLifetime`.
    package let key: String
    package let value: JSONValue
    package let origin: SettingOrigin

    /// The value on one line.
    package var text: String {
        switch value {
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .bool(let flag): "\(flag)"
        case .array(let elements) where elements.isEmpty: "none"
        case .array(let elements):
            elements.map { SettingEntry(key: key, value: $0, origin: origin).text }.joined(separator: ", ")
        case .null: "none"
        default: value.serialized()
        }
    }
}
