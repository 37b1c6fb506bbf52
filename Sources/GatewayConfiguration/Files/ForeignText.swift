/// Text that somebody else wrote, on its way into a message.
package enum ForeignText {
    /// A word from outside, fit to stand in a message: printable characters, at most 64.
    package static func quotable(_ word: String) -> String {
        let scalars = word.unicodeScalars.prefix(64).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: Unicode.Scalar(0xFFFD) ?? "?"
            default: scalar
            }
        }
        var text = String(String.UnicodeScalarView(scalars))
        if word.unicodeScalars.count > 64 { text += "…" }
        return text
    }
}
