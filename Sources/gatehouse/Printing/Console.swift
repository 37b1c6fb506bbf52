import Access
import ArgumentParser
import Foundation
import GatewayConfiguration
import StrictJSON

/// Where commands write: answers to standard output, everything about mistakes to standard error.
enum Console {
    /// Exit codes beside 0.
    enum Exit {
        /// What was asked for could not be done, or does not hold.
        static let failure = ExitCode(1)
        /// EX_CONFIG: the configuration, policy, a key or a partner's file cannot be used.
        static let configuration = ExitCode(78)
        /// EX_NOINPUT: a file to be read is not there, or cannot be read.
        static let noInput = ExitCode(66)
        /// EX_UNAVAILABLE: an address or the store cannot be had.
        static let unavailable = ExitCode(69)
    }

    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    static func print(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    /// Lines of a report; a first word that is in `colours` is shown so.
    static func print(_ lines: [String], colours: [String: Style] = [:]) {
        for line in lines {
            let text = printable(line)
            let word = String(text.prefix { $0 != " " })
            if let style = colours[word] { print(styled(word, style) + text.dropFirst(word.count)) } else { print(text) }
        }
    }

    static func print(_ value: JSONValue) { print(value.serialized(pretty: true)) }

    static func printError(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Says why nothing was done, and ends the command with `code`.
    static func fail(_ messages: [String], code: ExitCode = Exit.failure) -> ExitCode {
        for message in messages { printError("\(styled("error:", .red, for: .standardError)) \(printable(message))") }
        return code
    }

    static func fail(_ message: String, code: ExitCode = Exit.failure) -> ExitCode { fail([message], code: code) }

    /// One line each, on standard error.
    static func report(_ diagnostics: [Diagnostic]) {
        for diagnostic in diagnostics { printError(printable(diagnostic.rendered)) }
    }

    /// Whether a person is looking: then answers may have colours.
    static var isTerminal: Bool { isTerminal(.standardOutput) }

    private static func isTerminal(_ file: FileHandle) -> Bool { isatty(file.fileDescriptor) == 1 }

    /// The text in a style where the output is a terminal and nobody asked for none (no-color.org).
    static func styled(_ text: String, _ style: Style, for file: FileHandle = .standardOutput) -> String {
        let isPlain = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        return isTerminal(file) && !isPlain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Text from outside, without what a terminal would obey (attacks row L-02). Line ends stay.
    static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control where scalar != "\n", .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}" as Unicode.Scalar
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

extension Diagnostic {
    /// As every `--json` shows a problem; no line is null.
    var json: JSONValue {
        .object([
            ("file", .string(file)),
            ("line", line == 0 ? .null : .integer(Int64(line))),
            ("column", column == 0 ? .null : .integer(Int64(column))),
            ("severity", .string(severity.rawValue)),
            ("message", .string(message)),
            ("suggestion", suggestion.map { .string($0) } ?? .null),
        ])
    }
}
