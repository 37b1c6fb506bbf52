/// The check sum at the end of a client secret: CRC-32 as in ISO 3309 and zlib (polynomial 0xEDB88320, reflected).
///
/// It proves to a secret scanner, or to somebody who pasted half a secret, that a text is one; it protects nothing.
enum CRC32 {
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }

    /// Eight lower-case hexadecimal digits.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = String(checksum(bytes), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
