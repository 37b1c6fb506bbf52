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
        // A group of four values has 24 bits; what stands above them comes from a foreign character.
        let values = values.span
        var seen: UInt32 = 0
        var read = 0
        var write = 0
        let whole = text.count & ~3
        while read < whole {
            let group =
                values[Int(text[read])] << 18 | values[Int(text[read &+ 1])] << 12 | values[Int(text[read &+ 2])] << 6
                | values[Int(text[read &+ 3])]
            seen |= group
            output[write] = UInt8(truncatingIfNeeded: group >> 16)
            output[write &+ 1] = UInt8(truncatingIfNeeded: group >> 8)
            output[write &+ 2] = UInt8(truncatingIfNeeded: group)
            read &+= 4
            write &+= 3
        }
        if read < text.count {
            let hasThird = read &+ 2 < text.count
            let group =
                values[Int(text[read])] << 18 | values[Int(text[read &+ 1])] << 12
                | (hasThird ? values[Int(text[read &+ 2])] << 6 : 0)
            seen |= group
            output[write] = UInt8(truncatingIfNeeded: group >> 16)
            if hasThird { output[write &+ 1] = UInt8(truncatingIfNeeded: group >> 8) }
            // The bits that no byte takes up must be zero.
            let unused: UInt32 = hasThird ? 0xFF : 0xFFFF
            if group & unused != 0 { throw .badBase64 }
        }
        if seen >> 24 != 0 { throw .badBase64 }
    }

    package static func encode(_ bytes: Span<UInt8>) -> String {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    package static func encode(_ bytes: [UInt8]) -> String { encode(bytes.span) }

    /// Appends the characters for `bytes`.
    package static func append(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
        var end = text.count
        text.append(contentsOf: repeatElement(0, count: encodedCount(bytes.count)))
        var output = text.mutableSpan
        var index = 0
        // Every byte of a byte array may hold anything.
        var raw = unsafe output.mutableBytes
        while index + 8 <= bytes.count {
            // Eight bytes are there, of which six become the next eight characters, for which there is room.
            let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self).bigEndian
            unsafe raw.storeBytes(of: characters(for: word >> 16).bigEndian, toUncheckedByteOffset: end, as: UInt64.self)
            index += 6
            end += 8
        }
        // One word more, or two, of which not all is there.
        while index < bytes.count {
            var word: UInt64 = 0
            let count = min(6, bytes.count - index)
            for offset in 0..<count { word |= UInt64(bytes[index + offset]) << UInt64(40 - 8 * offset) }
            let characters = characters(for: word)
            for offset in 0..<encodedCount(count) {
                output[end + offset] = UInt8(truncatingIfNeeded: characters >> UInt64(56 - 8 * offset))
            }
            index += count
            end += encodedCount(count)
        }
    }

    /// The eight characters for 48 bits, the first one highest. Reckoned in all eight at once and not looked up, so the time it takes
    /// says nothing of what is encoded.
    @inline(__always)
    private static func characters(for bits: UInt64) -> UInt64 {
        var values = (bits >> 24) << 32 | bits & 0xFF_FFFF
        values = (values & 0x00FF_F000_00FF_F000) << 4 | values & 0x0000_0FFF_0000_0FFF
        values = (values & 0x0FC0_0FC0_0FC0_0FC0) << 2 | values & 0x003F_003F_003F_003F
        // One in each byte whose value is at least `limit`.
        func atLeast(_ limit: UInt64) -> UInt64 { (values &+ ones &* (128 - limit)) >> 7 & ones }
        // A…Z begin at 65, a…z at 97, 0…9 at 48; `-` is 45 and `_` 95.
        let letters = values &+ ones &* 65 &+ atLeast(26) &* 6
        return letters &- atLeast(52) &* 75 &- atLeast(62) &* 13 &+ atLeast(63) &* 49
    }

    private static var ones: UInt64 { 0x0101_0101_0101_0101 }

    /// Every bit above a value's six: shifted by 0, 6, 12 or 18 it still sets the eight bits above a group's 24.
    private static let foreign: UInt32 = 0xFFFF_FFC0

    /// The value of each character, or `foreign`. An array of words: of the tables tried it decodes fastest.
    private static let values: [UInt32] = (UInt8.min...UInt8.max).map { character in
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: foreign
        }
    }
}
