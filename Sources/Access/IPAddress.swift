/// A client address, compared as bits and never as text.
///
/// An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`, RFC 4291 section 2.5.5.2) becomes the IPv4 address it stands for, so that one
/// client has one address whatever socket it arrived on (attack H-17).
package struct IPAddress: Hashable, Sendable {
    package enum Family: UInt8, Sendable { case v4, v6 }

    package let family: Family
    /// The 128 bits, an IPv4 address in the lowest 32.
    let high: UInt64
    let low: UInt64

    package init(v4 value: UInt32) {
        self.init(family: .v4, high: 0, low: UInt64(value))
    }

    /// Unmaps `::ffff:a.b.c.d`.
    package init(v6High high: UInt64, low: UInt64) {
        if high == 0, low >> 32 == 0xffff {
            self.init(v4: UInt32(truncatingIfNeeded: low))
        } else {
            self.init(family: .v6, high: high, low: low)
        }
    }

    private init(family: Family, high: UInt64, low: UInt64) {
        self.family = family
        self.high = high
        self.low = low
    }

    /// The 4 or 16 bytes in network order; nil for any other count.
    package init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4:
            self.init(v4: bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self.init(
                v6High: bytes[0..<8].reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
            )
        default:
            return nil
        }
    }

    /// Reads dotted decimal with four parts and no leading zeros (which some readers take for octal), or RFC 4291 section 2.2 text.
    /// No zone, no port, no brackets, no surrounding space.
    package init?(_ text: String) {
        guard let parsed = IPAddressParser.parse(Array(text.utf8)) else { return nil }
        self = parsed.address
    }

    /// What one subscriber is given: the address itself, or the /64 of an IPv6 address. For counting, not for deciding.
    package var subscriber: IPAddress {
        family == .v4 ? self : IPAddress(family: .v6, high: high, low: 0)
    }

    /// 32 or 128.
    package var bitCount: Int {
        family == .v4 ? 32 : 128
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or RFC 5952 text: lower case, the first longest run of two or more zero groups shortened.
    package var description: String {
        guard family == .v6 else {
            return [24, 16, 8, 0].map { String((low >> UInt64($0)) & 0xff) }.joined(separator: ".")
        }
        let groups = [48, 32, 16, 0].map { (high >> UInt64($0)) & 0xffff } + [48, 32, 16, 0].map { (low >> UInt64($0)) & 0xffff }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > best.count { best = start..<end }
            start = end + 1
        }
        let text = { (part: ArraySlice<UInt64>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
        guard best.count >= 2 else { return text(groups[...]) }
        return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
    }
}

/// The text forms of an address.
enum IPAddressParser {
    /// `isMapped`: the text spelled an IPv4-mapped IPv6 address.
    static func parse(_ text: [UInt8]) -> (address: IPAddress, isMapped: Bool)? {
        guard text.contains(UInt8(ascii: ":")) else {
            return parseV4(text[...]).map { (IPAddress(v4: $0), false) }
        }
        guard let (high, low) = parseV6(text) else { return nil }
        let address = IPAddress(v6High: high, low: low)
        return (address, address.family == .v4)
    }

    private static func parseV4(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard let octet = decimal(part, maximum: 255) else { return nil }
            value = value << 8 | UInt32(octet)
        }
        return value
    }

    /// A decimal without sign or leading zero, at most `maximum`.
    static func decimal(_ digits: ArraySlice<UInt8>, maximum: Int) -> Int? {
        guard !digits.isEmpty, digits.count <= 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard digits.count == 1 || digits.first != 0x30 else { return nil }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return value <= maximum ? value : nil
    }

    private static func parseV6(_ text: [UInt8]) -> (UInt64, UInt64)? {
        var text = text[...]
        var tail: [UInt64] = []
        if text.contains(UInt8(ascii: ".")) {  // the last 32 bits in dotted decimal
            guard let colon = text.lastIndex(of: UInt8(ascii: ":")), let v4 = parseV4(text[(colon + 1)...]) else { return nil }
            tail = [UInt64(v4 >> 16), UInt64(v4 & 0xffff)]
            text = text[...colon]
            if text.count < 2 || text[text.endIndex - 2] != UInt8(ascii: ":") { text = text.dropLast() }
        }
        var before: [UInt64] = []
        var after: [UInt64] = []
        if let gap = gapIndex(text) {
            guard let first = groups(text[..<gap]), let second = groups(text[(gap + 2)...]) else { return nil }
            before = first
            after = second + tail
            guard before.count + after.count <= 7 else { return nil }
        } else {
            guard let all = groups(text) else { return nil }
            before = all + tail
            guard before.count == 8 else { return nil }
        }
        let all = before + Array(repeating: 0, count: 8 - before.count - after.count) + after
        return (all[0..<4].reduce(0) { $0 << 16 | $1 }, all[4..<8].reduce(0) { $0 << 16 | $1 })
    }

    /// Where the first `::` is.
    private static func gapIndex(_ text: ArraySlice<UInt8>) -> Int? {
        text.indices.dropLast().first { text[$0] == UInt8(ascii: ":") && text[$0 + 1] == UInt8(ascii: ":") }
    }

    /// Groups of one to four hexadecimal digits between single colons; empty text is no groups.
    private static func groups(_ text: ArraySlice<UInt8>) -> [UInt64]? {
        guard !text.isEmpty else { return [] }
        var result: [UInt64] = []
        for part in text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
            guard (1...4).contains(part.count) else { return nil }
            var value: UInt64 = 0
            for byte in part {
                switch byte {
                case 0x30...0x39: value = value << 4 | UInt64(byte - 0x30)
                case 0x41...0x46: value = value << 4 | UInt64(byte - 0x37)
                case 0x61...0x66: value = value << 4 | UInt64(byte - 0x57)
                default: return nil
                }
            }
            result.append(value)
        }
        return result
    }
}
