/// Base64url without padding (RFC 4648 section 5, RFC 7515 section 2), in its one canonical form.
///
/// INVARIANT (one text per value): what `decode` accepts is exactly what `encode` writes. No padding, no other alphabet, no space, and
/// the unused bits of the last character are zero; so two different tokens never decode to the same bytes.
package enum Base64URL {
    /// Number of bytes that `characters` characters stand for, or nil where no bytes have that many characters.
    package static func decodedCount(_ characters: Int) -> Int? {
        switch characters & 3 {
        case 0: characters / 4 * 3
        case 2: characters / 4 * 3 + 1
        case 3: characters / 4 * 3 + 2
        default: nil
        }
    }

    /// Number of characters for `bytes` bytes.
    package static func encodedCount(_ bytes: Int) -> Int { (bytes * 4 + 2) / 3 }

    /// - Throws: `.badBase64` for everything but the canonical form.
    package static func decode(_ text: Span<UInt8>) throws(TokenError) -> [UInt8] {
        guard let count = decodedCount(text.count) else { throw .badBase64 }
        var bytes = [UInt8](repeating: 0, count: count)
        var output = bytes.mutableSpan
        try decode(text, into: &output)
        return bytes
    }

    package static func decode(_ text: String) throws(TokenError) -> [UInt8] { try decode(Array(text.utf8).span) }

    /// Writes the bytes into the beginning of `output`, which must have room for `decodedCount(text.count)`.
    /// - Throws: `.badBase64`; `output` then holds anything.
    package static func decode(_ text: Span<UInt8>, into output: inout MutableSpan<UInt8>) throws(TokenError) {
        guard let count = decodedCount(text.count) else { throw .badBase64 }
        precondition(output.count >= count, "no room for the decoded bytes")
        // Values are 0 to 63, so any high bit that ends up in `seen` belongs to a foreign character.
        var seen: UInt8 = 0
        var read = 0
        var write = 0
        while read &+ 4 <= text.count {
            let a = values[Int(text[read])]
            let b = values[Int(text[read &+ 1])]
            let c = values[Int(text[read &+ 2])]
            let d = values[Int(text[read &+ 3])]
            seen |= a | b | c | d
            output[write] = a << 2 | b >> 4
            output[write &+ 1] = b << 4 | c >> 2
            output[write &+ 2] = c << 6 | d
            read &+= 4
            write &+= 3
        }
        if read < text.count {
            let a = values[Int(text[read])]
            let b = values[Int(text[read &+ 1])]
            let c = read &+ 2 < text.count ? values[Int(text[read &+ 2])] : 0
            seen |= a | b | c
            output[write] = a << 2 | b >> 4
            let unused: UInt8
            if read &+ 2 < text.count {
                output[write &+ 1] = b << 4 | c >> 2
                unused = c & 0b11
            } else {
                unused = b & 0b1111
            }
            if unused != 0 { throw .badBase64 }
        }
        if seen & foreign != 0 { throw .badBase64 }
    }

    package static func encode(_ bytes: Span<UInt8>) -> String {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    package static func encode(_ bytes: [UInt8]) -> String { encode(bytes.span) }

    /// Appends the characters for `bytes`.
    package static func append(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
        text.reserveCapacity(text.count + encodedCount(bytes.count))
        var index = 0
        while index + 3 <= bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            text.append(character(group >> 18))
            text.append(character(group >> 12))
            text.append(character(group >> 6))
            text.append(character(group))
            index += 3
        }
        switch bytes.count - index {
        case 1:
            let group = UInt32(bytes[index]) << 4
            text.append(character(group >> 6))
            text.append(character(group))
        case 2:
            let group = UInt32(bytes[index]) << 10 | UInt32(bytes[index + 1]) << 2
            text.append(character(group >> 12))
            text.append(character(group >> 6))
            text.append(character(group))
        default: break
        }
    }

    private static let foreign: UInt8 = 0x80

    /// The value of each character, or `foreign`.
    private static let values = InlineArray<256, UInt8> { index in
        switch UInt8(index) {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt8(index) - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt8(index) - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(index) - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: foreign
        }
    }

    /// The character of the lowest six bits.
    private static func character(_ bits: UInt32) -> UInt8 {
        switch UInt8(truncatingIfNeeded: bits & 63) {
        case let value where value < 26: UInt8(ascii: "A") + value
        case let value where value < 52: UInt8(ascii: "a") + value - 26
        case let value where value < 62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "-")
        default: UInt8(ascii: "_")
        }
    }
}
