/// Base64 with padding (RFC 4648 section 4), in its one canonical form.
///
/// INVARIANT (one text per value): what `decode` accepts is exactly what `encode` writes: full padding, no other alphabet, no space, and
/// the unused bits of the last character are zero. So no two headers carry the same signature (attacks row M-06).
package enum Base64 {
    /// The bytes, or nil for everything but the canonical form. Nothing is the form of no bytes.
    package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count & 3 == 0 else { return nil }
        var end = text.count
        while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for index in 0..<end {
            guard let value = value(of: text[index]) else { return nil }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        // The bits that no byte takes up must be zero.
        return bits & (1 << count - 1) == 0 ? bytes : nil
    }

    package static func decode(_ text: [UInt8]) -> [UInt8]? { decode(text.span) }

    package static func encode(_ bytes: Span<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let (second, third) = (index + 1 < bytes.count, index + 2 < bytes.count)
            let group = UInt32(bytes[index]) << 16 | (second ? UInt32(bytes[index + 1]) << 8 : 0) | (third ? UInt32(bytes[index + 2]) : 0)
            text.append(character(group >> 18))
            text.append(character(group >> 12))
            text.append(second ? character(group >> 6) : UInt8(ascii: "="))
            text.append(third ? character(group) : UInt8(ascii: "="))
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    package static func encode(_ bytes: [UInt8]) -> String { encode(bytes.span) }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// The character of the lowest six bits.
    private static func character(_ bits: UInt32) -> UInt8 {
        switch UInt8(truncatingIfNeeded: bits & 63) {
        case let value where value < 26: UInt8(ascii: "A") + value
        case let value where value < 52: UInt8(ascii: "a") + value - 26
        case let value where value < 62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}
