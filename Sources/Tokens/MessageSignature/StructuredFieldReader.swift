/// Reads the few forms of structured fields (RFC 9651) that a signed request has, in their canonical serialization alone.
///
/// A reader of our own, since the general ones do less and more than is wanted here. What is signed is the text of the parameters as
/// it was sent (RFC 9421 section 2.3), so a reader that repairs (the last of two equal keys wins, spaces, other spellings of a number
/// or of base64) would judge one text and sign another. Every reading method takes its form or leaves the position where it was.
struct StructuredFieldReader {
    let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    /// Takes this byte, if it is the next one.
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    /// `key = ( lcalpha / "*" ) *( lcalpha / DIGIT / "_" / "-" / "." / "*" )` (RFC 9651 section 3.1.2), at most 64 characters
    mutating func key() -> String? {
        var end = position
        while end < bytes.count, Self.isKeyByte(bytes[end]), end > position || Self.isKeyStart(bytes[end]) { end += 1 }
        guard 1...64 ~= end - position else { return nil }
        defer { position = end }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    /// `sf-string = DQUOTE *( unescaped / "\" ( DQUOTE / "\" ) ) DQUOTE` (section 3.3.3)
    mutating func string() -> String? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
        var index = position + 1
        var text: [UInt8] = []
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                position = index + 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                index += 1
                guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "\\") else { return nil }
                text.append(bytes[index])
            case 0x20..<0x7F: text.append(bytes[index])
            default: return nil
            }
            index += 1
        }
        return nil
    }

    /// A whole number of at most 15 digits without sign or leading zero (section 3.3.1); a decimal is none.
    mutating func integer() -> Int64? {
        var end = position
        var value: Int64 = 0
        while end < bytes.count, bytes[end] &- UInt8(ascii: "0") < 10, end - position < 16 {
            value = value * 10 + Int64(bytes[end] - UInt8(ascii: "0"))
            end += 1
        }
        guard 1...15 ~= end - position, end - position == 1 || bytes[position] != UInt8(ascii: "0"),
            end == bytes.count || bytes[end] != UInt8(ascii: ".")
        else { return nil }
        position = end
        return value
    }

    /// `":" *base64 ":"` (section 3.3.5), with canonical base64
    mutating func byteSequence() -> [UInt8]? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: ":"),
            let end = bytes[(position + 1)...].firstIndex(of: UInt8(ascii: ":")),
            let value = Base64.decode(Array(bytes[(position + 1)..<end]))
        else { return nil }
        position = end + 1
        return value
    }

    private static func isKeyStart(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "*") }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        isKeyStart(byte) || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".")
    }
}
