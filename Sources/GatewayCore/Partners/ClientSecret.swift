package import OpenSSLCrypto
import Tokens

/// What a partner proves itself with: `ghs_`, 43 characters of base64url (32 random bytes), `_` and the CRC-32 of all before
/// that `_` in eight hexadecimal digits.
///
/// The key material is the UTF-8 of the whole text, so that a partner uses what it was given as it is.
package struct ClientSecret: Sendable, CustomStringConvertible {
    package static let prefix = "ghs_"
    /// Bytes, and characters: it is ASCII.
    package static let length = 56

    package let text: SecretBytes

    package static func generate() -> ClientSecret {
        let body = Array((prefix + RandomBytes.generateSecret(32).withBytes { Base64URL.encode($0) }).utf8)
        return ClientSecret(unchecked: body + Array("_\(CRC32.text(body))".utf8))
    }

    /// Nil unless shape and check sum are right.
    package init?(_ text: [UInt8]) {
        guard text.count == Self.length, text.starts(with: Self.prefix.utf8), text[47] == UInt8(ascii: "_"),
            text[48...].elementsEqual(CRC32.text(text[..<47]).utf8),
            (try? Base64URL.decode(Array(text[4..<47]).span))?.count == 32
        else { return nil }
        self.init(unchecked: text)
    }

    private init(unchecked text: [UInt8]) { self.text = SecretBytes(text) }

    /// The text itself, to be shown to its owner once and written nowhere.
    package func reveal() -> String {
        text.withBytes { bytes in
            var copy: [UInt8] = []
            for index in bytes.indices { copy.append(bytes[index]) }
            return String(decoding: copy, as: UTF8.self)
        }
    }

    package var description: String { text.description }
}
