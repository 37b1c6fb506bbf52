package import Access
import Foundation

/// Unix seconds for people.
package enum UnixTime {
    /// RFC 3339 in UTC: `2025-01-31T09:00:00Z`.
    package static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
    }

    /// `20250131`.
    static func day(_ seconds: Int64) -> String {
        text(seconds).prefix(10).filter { $0 != "-" }
    }

    package static func now() -> Int64 { Int64(Date().timeIntervalSince1970) }
}

enum Hex {
    /// Lower case, two digits a byte.
    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension Diagnostic {
    /// A mistake of a file as a whole, or of a flag or variable: line 0 stands for no line.
    package static func whole(_ file: String, _ message: String, severity: Severity = .error, suggestion: String? = nil) -> Diagnostic {
        Diagnostic(file: file, line: 0, column: 0, severity: severity, message: message, suggestion: suggestion)
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
