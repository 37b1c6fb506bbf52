/// Why a text is not the JSON that Gatehouse reads, and where.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: String, Sendable {
        case unexpectedEnd = "unexpected end of input"
        case unexpectedByte = "unexpected character"
        case trailingBytes = "unexpected characters after the value"
        case invalidNumber = "invalid number"
        case invalidEscape = "invalid escape in a string"
        case loneSurrogate = "unpaired surrogate in a string"
        case controlCharacter = "unescaped control character in a string"
        case invalidUTF8 = "invalid UTF-8"
        case duplicateMember = "duplicate member name"
        case tooDeep = "nesting too deep"
        case tooLarge = "input too large"
    }

    package let reason: Reason
    /// Bytes from the start of the input to what is wrong; 0 is the first byte, the input's length means its end.
    package let offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String { "\(reason.rawValue) at byte \(offset)" }
}
