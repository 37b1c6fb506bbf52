import OpenSSLCrypto
import Tokens

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
            let decoded = Base64.decode(Array(value[6...])), let colon = decoded.firstIndex(of: UInt8(ascii: ":")),
            let id = FormDecoder.text(decoded[..<colon]), let secret = FormDecoder.text(decoded[(colon + 1)...]), !id.isEmpty
        else { return nil }
        clientID = id
        self.secret = SecretBytes(Array(secret.utf8))
    }
}
