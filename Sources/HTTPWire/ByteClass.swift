/// Classes of bytes in HTTP's grammar, as bits of one table.
enum ByteClass {
    /// `tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA` (RFC 9110 section 5.6.2)
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        // Bits of the ASCII bytes that are tchar: 0x21…0x3F in the low word, 0x40…0x7E in the high one.
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        if byte < 64 { return low >> UInt64(byte) & 1 == 1 }
        return byte < 128 && high >> UInt64(byte - 64) & 1 == 1
    }

    /// `field-vchar = VCHAR / obs-text`, and SP and HTAB between them (RFC 9110 section 5.5)
    @inline(__always)
    static func isFieldValue(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

/// `Host = uri-host [ ":" port ]` (RFC 9110 section 7.2), without percent-encodings: a name that resolves has none.
enum HostSyntax {
    static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard 1...255 ~= range.count else { return false }
        var position = range.lowerBound
        if bytes[position] == UInt8(ascii: "[") {
            position += 1
            let start = position
            while position < range.upperBound, isIPv6Byte(bytes[position]) { position += 1 }
            guard position - start >= 2, position < range.upperBound, bytes[position] == UInt8(ascii: "]") else { return false }
            position += 1
        } else {
            let start = position
            while position < range.upperBound, isNameByte(bytes[position]) { position += 1 }
            guard position > start else { return false }
        }
        guard position < range.upperBound else { return true }
        guard bytes[position] == UInt8(ascii: ":") else { return false }
        let port = position + 1..<range.upperBound
        guard port.count <= 5 else { return false }
        var number = 0
        for index in port {
            let digit = bytes[index] &- UInt8(ascii: "0")
            if digit >= 10 { return false }
            number = number * 10 + Int(digit)
        }
        return number <= 65535
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte &- UInt8(ascii: "0") < 10
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }

    private static func isIPv6Byte(_ byte: UInt8) -> Bool {
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f") || byte &- UInt8(ascii: "0") < 10
            || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }
}

extension Span<UInt8> {
    /// Whether `member`, lower-case ASCII, stands in the comma-separated list of `range`, compared without case (RFC 9110 section 5.6.1).
    package func hasListMember(_ range: Range<Int>, _ member: StaticString) -> Bool {
        var isFound = false
        forEachListMember(range) { if isEqualIgnoringCase($0, member) { isFound = true } }
        return isFound
    }

    /// Calls for each member of a comma-separated list that is not empty, without the white space around it.
    package func forEachListMember<E: Error>(_ range: Range<Int>, _ body: (Range<Int>) throws(E) -> Void) throws(E) {
        var position = range.lowerBound
        while position < range.upperBound {
            var end = position
            while end < range.upperBound, self[end] != UInt8(ascii: ",") { end += 1 }
            var start = position
            var stop = end
            while start < stop, ByteClass.isSpace(self[start]) { start += 1 }
            while stop > start, ByteClass.isSpace(self[stop - 1]) { stop -= 1 }
            if start < stop { try body(start..<stop) }
            position = end + 1
        }
    }
}
