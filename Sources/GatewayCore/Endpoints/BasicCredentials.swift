import OpenSSLCrypto

/// The client id and secret of an `Authorization: Basic` header (RFC 7617; both parts form-encoded, RFC 6749 section 2.3.1).
struct BasicCredentials {
    let clientID: String
    /// The secret's UTF-8 bytes.
    let secret: SecretBytes

    /// - Parameter value: the whole value of the header.
    /// - Returns: nil when this is no usable Basic header.
    init?(_ value: [UInt8]) {
        guard value.count > 6, value.count <= 1024,
            value[..<6].elementsEqual("basic ".utf8, by: { $0 | 0x20 == $1 | 0x20 }),
            let decoded = Self.base64(value[6...]), let colon = decoded.firstIndex(of: UInt8(ascii: ":")),
            let id = FormDecoder.text(decoded[..<colon]), let secret = FormDecoder.text(decoded[(colon + 1)...]), !id.isEmpty
        else { return nil }
        clientID = id
        self.secret = SecretBytes(Array(secret.utf8))
    }

    /// Canonical base64 with padding (RFC 4648 section 4); nil for anything else.
    private static func base64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard !text.isEmpty, text.count % 4 == 0 else { return nil }
        let padding = text.suffix(2).count { $0 == UInt8(ascii: "=") }
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.dropLast(padding) {
            guard let value = value(of: byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        // Unused bits must be zero.
        return bits & (1 << UInt32(count) - 1) == 0 ? result : nil
    }

    private static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
