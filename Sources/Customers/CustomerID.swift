/// Names one customer: `cus_` and 26 characters that sort by the time of creation. 128 bits in the layout of a ULID:
/// 48 bits of unix milliseconds, then 80 random bits; written in Crockford's base32, upper case.
package struct CustomerID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let prefix = "cus_"
    /// Bytes of the text form, prefix included.
    package static let textLength = 30

    /// Milliseconds in the upper 48 bits, then the first 16 random ones.
    let high: UInt64
    /// The last 64 random bits.
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads exactly the form that `description` writes: no lower case, no look-alike letters, nothing around it.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == Self.textLength, bytes.starts(with: Self.prefix.utf8) else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (position, byte) in bytes.dropFirst(Self.prefix.utf8.count).enumerated() {
            guard let digit = Self.alphabet.firstIndex(of: byte) else { return nil }
            // 26 digits carry 130 bits: the first may use three of its five, or the number would not fit.
            if position == 0 && digit > 7 { return nil }
            high = high << 5 | low >> 59
            low = low << 5 | UInt64(digit)
        }
        self.init(high: high, low: low)
    }

    /// Reads the 16 bytes of `bytes`, any 16.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for byte in bytes {
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(byte)
        }
        self.init(high: high, low: low)
    }

    /// 16 bytes, most significant first.
    package var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> (56 - 8 * UInt64($0 % 8))) }
    }

    package var description: String {
        var text = [UInt8](repeating: 0, count: Self.textLength)
        let (prefix, alphabet) = (Self.prefix.utf8, Self.alphabet)
        for (position, byte) in prefix.enumerated() { text[position] = byte }
        var (high, low) = (high, low)
        for position in (prefix.count..<Self.textLength).reversed() {
            text[position] = alphabet[Int(low & 31)]
            low = low >> 5 | high << 59
            high >>= 5
        }
        return String(decoding: text, as: UTF8.self)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// Crockford's base32: digits, then letters without I, L, O, U. In ASCII order, so that text sorts as the number does.
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
}
