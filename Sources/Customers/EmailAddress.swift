/// Which texts are an e-mail address: those that Zod 3's `email()` takes, no more and no fewer.
package enum EmailAddress {
    /// Decides as Zod 3's expression does (`emailRegex` in its `types.ts`, flag `i` without `u`, so ASCII letters only):
    ///
    ///     ^(?!\.)(?!.*\.\.)([A-Z0-9_'+\-\.]*)[A-Z0-9_+-]@([A-Z0-9][A-Z0-9\-]*\.)+[A-Z]{2,}$
    ///
    /// In words: neither a dot at the start nor two in a row; one `@`; before it at least one of letters, digits and
    /// `_'+-.`, the last no `'` and no dot; after it labels that begin with a letter or digit and go on with these and `-`,
    /// each followed by a dot, and at the end two or more letters.
    package static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8.span
        var at = 0
        while at < bytes.count, isLocal(bytes[at]) {
            if bytes[at] == dot, at == 0 || bytes[at - 1] == dot { return false }
            at += 1
        }
        guard at > 0, at < bytes.count, bytes[at] == UInt8(ascii: "@") else { return false }
        guard bytes[at - 1] != dot, bytes[at - 1] != UInt8(ascii: "'") else { return false }

        var labelStart = at + 1
        var isInLetters = true
        for index in at + 1..<bytes.count {
            let byte = bytes[index]
            if byte == dot {
                // An empty label is two dots in a row, or a dot right after the `@`.
                if index == labelStart { return false }
                labelStart = index + 1
                isInLetters = true
            } else if isLetter(byte) {
                continue
            } else if isDigit(byte) || (byte == UInt8(ascii: "-") && index > labelStart) {
                isInLetters = false
            } else {
                return false
            }
        }
        return labelStart > at + 1 && isInLetters && bytes.count - labelStart >= 2
    }

    private static let dot = UInt8(ascii: ".")

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private static func isLocal(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == dot || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "'")
            || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
    }
}
