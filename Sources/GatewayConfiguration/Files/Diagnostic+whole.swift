package import Access

extension Diagnostic {
    /// A mistake of a file as a whole, or of a flag or variable: line 0 stands for no line.
    package static func whole(_ file: String, _ message: String, severity: Severity = .error, suggestion: String? = nil) -> Diagnostic {
        Diagnostic(file: file, line: 0, column: 0, severity: severity, message: message, suggestion: suggestion)
    }

    /// The same where it is no reason to refuse anything.
    var asWarning: Diagnostic {
        Diagnostic(file: file, line: line, column: column, severity: .warning, message: message, suggestion: suggestion)
    }

    static func whole(_ error: FileError) -> Diagnostic {
        whole(error.path, error.remedy.map { "\(error.reason): \($0)" } ?? error.reason)
    }

    /// `file:line:column: error: message`; without line and column where there is none.
    package var rendered: String {
        guard line == 0 else { return description }
        let hint = suggestion.map { " (did you mean `\($0)`?)" } ?? ""
        return "\(file): \(severity.rawValue): \(message)\(hint)"
    }
}
