/// How heads, claims and records are put together.
extension [UInt8] {
    /// Appends the bytes of `range`.
    package mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        let part = bytes.extracting(range)
        // The buffer lives for the call.
        unsafe part.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    package mutating func append(text: StaticString) {
        // A StaticString's bytes live as long as the program.
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package mutating func append(decimal number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = 20
        var rest = number.magnitude
        repeat {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        append(digits.span, start..<20)
    }

    /// Appends the 16 lower-case hexadecimal digits of a number.
    package mutating func append(hexadecimal number: UInt64) {
        append(hexadecimal: UInt32(truncatingIfNeeded: number >> 32))
        append(hexadecimal: UInt32(truncatingIfNeeded: number))
    }

    /// Appends the 8 lower-case hexadecimal digits of a number.
    package mutating func append(hexadecimal number: UInt32) {
        // One digit a byte.
        var digits = UInt64(number)
        digits = (digits | digits << 16) & 0x0000_FFFF_0000_FFFF
        digits = (digits | digits << 8) & 0x00FF_00FF_00FF_00FF
        digits = (digits | digits << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // One in every byte that stands for a letter.
        let letters = (digits &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        let text = digits &+ 0x3030_3030_3030_3030 &+ letters &* UInt64(UInt8(ascii: "a") - 10 - UInt8(ascii: "0"))
        // The bytes live for the call.
        unsafe Swift.withUnsafeBytes(of: text.bigEndian) { unsafe append(contentsOf: $0) }
    }
}
