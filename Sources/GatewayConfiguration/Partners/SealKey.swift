package import GatewayCore
package import OpenSSLCrypto
import Tokens

/// The key that keeps the partners' secrets closed in their files.
///
/// A secret is sealed with AES-256-GCM under a key derived from the 32 bytes of the seal key (HKDF-SHA-256, no salt), with the partner's and the
/// secret's id as associated data: a sealed secret moved to another partner or id does not open.
package struct SealKey: Sendable {
    package static let byteCount = 32
    package static let environmentName = "GATEHOUSE_SEAL_KEY"

    private let key: SecretBytes
    /// Authenticates the cursors of lists, alike on every node that has this seal key, and after a restart.
    package let cursorKey: SecretBytes

    /// Reads the one line of text a seal key is kept as; white space around it does not count.
    ///
    /// - Throws: `SealKeyError` unless it is the base64url of exactly 32 bytes.
    package init(text: SecretBytes) throws(SealKeyError) {
        let bytes = text.withBytes { text -> [UInt8]? in
            var (first, end) = (0, text.count)
            while first < end, Self.isSpace(text[first]) { first += 1 }
            while first < end, Self.isSpace(text[end - 1]) { end -= 1 }
            return try? Base64URL.decode(text.extracting(first..<end))
        }
        guard let bytes, bytes.count == Self.byteCount else {
            throw SealKeyError.notAKey
        }
        do {
            let secret = SecretBytes(bytes)
            key = try HKDF.derive(secret: secret, salt: [], info: Array("gatehouse partner secret sealing v1".utf8), byteCount: 32)
            cursorKey = try HKDF.derive(secret: secret, salt: [], info: Array("gatehouse list cursors v1".utf8), byteCount: 32)
        } catch {
            throw SealKeyError.crypto(error)
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    /// A new key as the text to be kept.
    package static func generateText() -> String { Base64URL.encode(RandomBytes.generate(byteCount)) }

    /// - Returns: base64url of nonce, ciphertext and tag.
    package func seal(_ secret: ClientSecret, partner: String, secretID: String) throws(CryptoError) -> String {
        // 96 random bits: safe for 2^32 secrets under one key (NIST SP 800-38D section 8.3).
        let nonce = RandomBytes.generate(AESGCM.nonceByteCount)
        let (ciphertext, tag) = try AESGCM.seal(
            Array(secret.reveal().utf8), key: key, nonce: nonce, aad: Self.associatedData(partner, secretID)
        )
        return Base64URL.encode(nonce + ciphertext + tag)
    }

    /// Nil when this key did not seal exactly this text for exactly this partner and secret id.
    package func open(_ sealed: String, partner: String, secretID: String) -> ClientSecret? {
        let overhead = AESGCM.nonceByteCount + AESGCM.tagByteCount
        guard let bytes = try? Base64URL.decode(Array(sealed.utf8).span), bytes.count == overhead + ClientSecret.length else { return nil }
        let body = AESGCM.nonceByteCount..<(bytes.count - AESGCM.tagByteCount)
        let plaintext = try? AESGCM.open(
            ciphertext: Array(bytes[body]), tag: Array(bytes[body.upperBound...]), key: key,
            nonce: Array(bytes[..<body.lowerBound]), aad: Self.associatedData(partner, secretID)
        )
        return plaintext.flatMap { ClientSecret($0) }
    }

    /// Unambiguous: neither id holds a zero byte.
    private static func associatedData(_ partner: String, _ secretID: String) -> [UInt8] {
        Array("gatehouse partner secret v1\0\(partner)\0\(secretID)".utf8)
    }
}

/// Why there is no seal key.
package enum SealKeyError: Error, Equatable, CustomStringConvertible {
    case missing(path: String)
    case notAKey
    /// It opens none of the secrets that are there.
    case wrong(source: String)
    case file(FileError)
    case crypto(CryptoError)

    package var description: String {
        switch self {
        case .missing(let path):
            "the seal key is missing: neither \(path) nor \(SealKey.environmentName) is there. Without the one "
                + "they were sealed with the partners' secrets stay closed; `gatehouse init` makes a new one, for new secrets only"
        case .notAKey: "the seal key must be 32 bytes in base64url (43 characters, no padding)"
        case .wrong(let source):
            "the seal key in \(source) is wrong: it opens none of the partners' secrets. Put back the one they were sealed with"
        case .file(let error): error.description
        case .crypto(let error): "the seal key cannot be used: \(error)"
        }
    }
}
