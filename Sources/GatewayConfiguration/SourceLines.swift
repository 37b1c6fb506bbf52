import Access

/// The lines of a file, to show where a problem is.
struct SourceLines {
    private let lines: [[Unicode.Scalar]]
    /// Characters on each side of the place that is shown.
    private static let margin = 100

    init(_ bytes: [UInt8]) {
        lines = String(decoding: bytes, as: UTF8.self).unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(
            Array.init)
    }

    /// The line of the problem, and a caret under its column; nothing when there is no such line.
    func marked(_ problem: Diagnostic) -> [String] {
        guard problem.line >= 1, problem.line <= lines.count else { return [] }
        var line = lines[problem.line - 1].filter { $0 != "\r" && $0 != "\u{feff}" }
        guard problem.column >= 1, problem.column <= line.count + 1, !line.isEmpty else { return [] }
        var column = problem.column - 1
        if line.count > 2 * Self.margin {
            let start = max(0, column - Self.margin)
            line = Array(line[start..<min(line.count, column + Self.margin)])
            column -= start
        }
        let number = String(problem.line)
        // A tab under a tab, so that the caret stays in its place however wide those are.
        let padding = line[..<column].map { $0 == "\t" ? "\t" : " " as Unicode.Scalar }
        return [
            " \(number) | " + String(String.UnicodeScalarView(line)),
            " " + String(repeating: " ", count: number.count) + " | " + String(String.UnicodeScalarView(padding)) + "^",
        ]
    }
}
