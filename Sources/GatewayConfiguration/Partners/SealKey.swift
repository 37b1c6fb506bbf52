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

    /// The one that seals comes first; the others only open, until everything is sealed anew.
    private let keys: [SecretBytes]
    /// Authenticates the cursors of lists, alike on every node that has this seal key, and after a restart.
    package let cursorKey: SecretBytes

    /// Reads the text a seal key is kept as: the key, and behind it, separated by white space or commas, the one before it while partners'
    /// secrets are still sealed with that.
    ///
    /// - Throws: `SealKeyError` unless each is the base64url of exactly 32 bytes, and there are one or two.
    package init(text: SecretBytes) throws(SealKeyError) {
        let secrets = text.withBytes { text -> [SecretBytes?] in
            var found: [SecretBytes?] = []
            var position = 0
            while position < text.count {
                let start = position
                while position < text.count, !Self.isSeparator(text[position]) { position += 1 }
                if position > start {
                    let bytes = try? Base64URL.decode(text.extracting(start..<position))
                    found.append(bytes.flatMap { $0.count == Self.byteCount ? SecretBytes($0) : nil })
                }
                position += 1
            }
            return found
        }
        let good = secrets.compactMap(\.self)
        guard good.count == secrets.count, (1...2).contains(good.count) else { throw SealKeyError.notAKey }
        do {
            keys = try good.map { secret throws(CryptoError) in
                try HKDF.derive(secret: secret, salt: [], info: Array("gatehouse partner secret sealing v1".utf8), byteCount: 32)
            }
            cursorKey = try HKDF.derive(secret: good[0], salt: [], info: Array("gatehouse list cursors v1".utf8), byteCount: 32)
        } catch {
            throw SealKeyError.crypto(error)
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 || byte == UInt8(ascii: ",")
    }

    /// Whether there is an older key too, which only opens.
    package var hasPrevious: Bool { keys.count > 1 }

    /// Of a seal key's text the key that seals, as a line.
    static func firstLine(of text: [UInt8]) -> [UInt8] {
        Array(text.drop(while: isSeparator).prefix { !isSeparator($0) }) + [UInt8(ascii: "\n")]
    }

    /// A new key as the text to be kept.
    package static func generateText() -> String { RandomBytes.generateSecret(byteCount).withBytes { Base64URL.encode($0) } }

    /// - Returns: base64url of nonce, ciphertext and tag.
    package func seal(_ secret: ClientSecret, partner: String, secretID: String) throws(CryptoError) -> String {
        // 96 random bits: safe for 2^32 secrets under one key (NIST SP 800-38D section 8.3).
        let nonce = RandomBytes.generate(AESGCM.nonceByteCount)
        let (ciphertext, tag) = try AESGCM.seal(
            Array(secret.reveal().utf8), key: keys[0], nonce: nonce, aad: Self.associatedData(partner, secretID)
        )
        return Base64URL.encode(nonce + ciphertext + tag)
    }

    /// Nil when no key of these did seal exactly this text for exactly this partner and secret id.
    package func open(_ sealed: String, partner: String, secretID: String) -> ClientSecret? {
        let overhead = AESGCM.nonceByteCount + AESGCM.tagByteCount
        guard let bytes = try? Base64URL.decode(Array(sealed.utf8).span), bytes.count == overhead + ClientSecret.length else { return nil }
        let body = AESGCM.nonceByteCount..<(bytes.count - AESGCM.tagByteCount)
        for key in keys {
            let plaintext = try? AESGCM.open(
                ciphertext: Array(bytes[body]), tag: Array(bytes[body.upperBound...]), key: key,
                nonce: Array(bytes[..<body.lowerBound]), aad: Self.associatedData(partner, secretID)
            )
            if let secret = plaintext.flatMap({ ClientSecret($0) }) { return secret }
        }
        return nil
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
    /// There is no newer key to move to; the name of the environment variable.
    case onlyKey(String)
    case file(FileError)
    case crypto(CryptoError)

    package var description: String {
        switch self {
        case .missing(let path):
            "the seal key is missing: neither \(path) nor \(SealKey.environmentName) is there. Without the one "
                + "they were sealed with the partners' secrets stay closed; `gatehouse init` makes a new one, for new secrets only"
        case .wrong(let source):
            "the seal key in \(source) is wrong: it opens none of the partners' secrets. Put back the one they were sealed with"
        case .notAKey:
            "the seal key must be 32 bytes in base64url (43 characters, no padding); while secrets are moved to a new one, the old one "
                + "stands behind it on a line of its own"
        case .onlyKey(let name):
            "\(name) holds the seal key, so only you can change it: put a new one in front (`\(name)=NEW,OLD`), restart the gateways with "
                + "that, run this again with it, and then take the old one out"
        case .file(let error): error.description
        case .crypto(let error): "the seal key cannot be used: \(error)"
        }
    }
}
