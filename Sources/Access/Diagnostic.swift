/// A place in a file.
package struct SourcePosition: Hashable, Comparable, Sendable {
    /// From 1.
    package let line: Int
    /// From 1, counted in Unicode scalars.
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One problem in a file, where it is, and what was probably meant.
///
/// Messages are lower case, without a full stop, names in backticks. They never hold a secret.
package struct Diagnostic: Hashable, Sendable {
    package enum Severity: String, Sendable { case error, warning }

    /// As the person named it.
    package let file: String
    package let line: Int
    package let column: Int
    package let severity: Severity
    package let message: String
    /// The text to write instead, when one is near.
    package let suggestion: String?

    package init(
        file: String, line: Int, column: Int, severity: Severity = .error, message: String, suggestion: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.severity = severity
        self.message = message
        self.suggestion = suggestion
    }
}

extension Diagnostic: CustomStringConvertible {
    /// `file:line:column: error: message` on one line, as compilers print it, so that editors can jump there.
    package var description: String {
        let hint = suggestion.map { " (did you mean `\($0)`?)" } ?? ""
        return "\(file):\(line):\(column): \(severity.rawValue): \(message)\(hint)"
    }
}
