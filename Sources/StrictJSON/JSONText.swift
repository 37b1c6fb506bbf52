/// Strings as JSON text, appended to bytes.
package enum JSONText {
    /// Appends `text` in quotes; quote, backslash and control characters are escaped, so a value never breaks a line (RFC 8259 section 7).
    package static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(text.utf8.span, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends UTF-8 text as it stands inside quotes.
    package static func appendEscaped(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
        var start = 0
        for index in text.indices where needsEscape(text[index]) {
            append(text.extracting(start..<index), to: &bytes)
            appendEscaped(text[index], to: &bytes)
            start = index + 1
        }
        append(text.extracting(start..<text.count), to: &bytes)
    }

    private static func append(_ part: Span<UInt8>, to bytes: inout [UInt8]) {
        // The buffer lives for the call.
        unsafe part.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }

    /// Appends one byte of UTF-8 text as it stands inside quotes.
    @inline(__always)
    private static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case UInt8(ascii: "\n"): bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
        case UInt8(ascii: "\r"): bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
        case UInt8(ascii: "\t"): bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
        case 0..<0x20, 0x7F:
            for character in [UInt8(ascii: "\\"), UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")] {
                bytes.append(character)
            }
            bytes.append(hex(byte >> 4))
            bytes.append(hex(byte & 15))
        default: bytes.append(byte)
        }
    }

    private static func hex(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
