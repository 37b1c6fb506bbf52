package import OpenSSLCrypto
import Synchronization

/// One opened secret of a partner and the keys that follow from it.
package final class PartnerSecret: Sendable {
    package let id: String
    /// Unix seconds.
    package let created: Int64
    /// Unix seconds from which it is refused; nil: never.
    package let expires: Int64?
    /// SHA-256 of the secret's UTF-8 bytes: what a presented secret is compared by.
    package let fingerprint: SecretBytes

    private let secret: ClientSecret
    private let derivedSigningKey = Mutex<HMACKey?>(nil)

    package init(id: String, created: Int64, expires: Int64?, secret: ClientSecret) {
        self.id = id
        self.created = created
        self.expires = expires
        self.secret = secret
        fingerprint = SecretBytes(secret.text.withBytes { Digest.hash(.sha256, $0) })
    }

    package func isLive(at now: Int64) -> Bool { expires.map { now < $0 } ?? true }

    /// The key of `client_secret_jwt`: HS256 with the secret's UTF-8 bytes. Prepared anew at each call: it is asked for once a token.
    package func assertionKey() -> HMACKey { HMACKey(.sha256, key: secret.text) }

    /// The key of signed requests: HKDF-SHA-256 of the secret's UTF-8 bytes, no salt, info `gatehouse request signing v1`, 32 bytes.
    /// Derived at the first call and kept: most partners never sign.
    package func signingKey() throws(CryptoError) -> HMACKey {
        if let key = derivedSigningKey.withLock({ $0 }) { return key }
        let bytes = try HKDF.derive(
            secret: secret.text, salt: [], info: Array("gatehouse request signing v1".utf8), byteCount: 32
        )
        let key = HMACKey(.sha256, key: bytes)
        return derivedSigningKey.withLock { kept in
            // Two threads may have derived it at once; both keys are the same, the first stays.
            if kept == nil { kept = key }
            return kept ?? key
        }
    }
}
