/// The mistakes of one file, collected so that all are told at once.
struct ProblemList {
    private let file: String
    private(set) var diagnostics: [Diagnostic] = []
    /// Looking for near names takes time: names that may still be compared. A file with more mistakes has other worries.
    private var remainingComparisons = 100_000

    init(file: String) {
        self.file = file
    }

    var hasErrors: Bool {
        diagnostics.contains { $0.severity == .error }
    }

    mutating func error(_ message: String, at position: SourcePosition, suggestion: String? = nil) {
        add(.error, message, position, suggestion)
    }

    mutating func warning(_ message: String, at position: SourcePosition) {
        add(.warning, message, position, nil)
    }

    /// An error about a name, with the nearest of the names that would have been right.
    /// - Returns: that name.
    @discardableResult
    mutating func unknown(
        _ message: String, name: String, at position: SourcePosition, known: @autoclosure () -> [String]
    ) -> String? {
        var suggestion: String?
        if remainingComparisons > 0 {
            let names = known()
            remainingComparisons -= names.count
            suggestion = Spelling.nearest(to: name, in: names)
        }
        add(.error, message, position, suggestion)
        return suggestion
    }

    /// In the order of the file.
    consuming func sorted() -> [Diagnostic] {
        diagnostics.enumerated()
            .sorted { ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset) }
            .map(\.element)
    }

    private mutating func add(
        _ severity: Diagnostic.Severity, _ message: String, _ position: SourcePosition, _ suggestion: String?
    ) {
        diagnostics.append(
            Diagnostic(
                file: file, line: position.line, column: position.column, severity: severity, message: message,
                suggestion: suggestion
            )
        )
    }
}
