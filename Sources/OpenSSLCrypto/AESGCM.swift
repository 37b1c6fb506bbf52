/// AES in Galois/counter mode (NIST SP 800-38D) with 12-byte nonces and full 16-byte tags only.
///
/// A nonce must never come twice under one key: use `RandomBytes.generate(AESGCM.nonceByteCount)` and few messages a key.
package enum AESGCM {
    package static let nonceByteCount = 12
    package static let tagByteCount = 16

    /// - Parameter key: 16, 24 or 32 bytes.
    package static func seal(
        _ plaintext: [UInt8], key: SecretBytes, nonce: [UInt8], aad: [UInt8]
    ) throws(CryptoError) -> (ciphertext: [UInt8], tag: [UInt8]) {
        try key.withBytes { key throws(CryptoError) in
            var context = try CipherContext(cipher(keyByteCount: key.count), key: key, nonce: nonce.span, encrypt: true)
            try context.authenticate(aad.span)
            let ciphertext = try context.run(plaintext.span, room: 0)
            return (ciphertext, try context.tag(byteCount: tagByteCount))
        }
    }

    /// The plaintext, or `.authentication` and nothing of it.
    /// - Parameter key: 16, 24 or 32 bytes.
    package static func open(
        ciphertext: Span<UInt8>, tag: Span<UInt8>, key: SecretBytes, nonce: Span<UInt8>, aad: Span<UInt8>
    ) throws(CryptoError) -> [UInt8] {
        // OpenSSL would take a tag cut to as little as one byte (CVE-2026-49230 and its like).
        guard tag.count == tagByteCount else { throw CryptoError(.tagLength, "\(tag.count) bytes of tag") }
        return try key.withBytes { key throws(CryptoError) in
            var context = try CipherContext(cipher(keyByteCount: key.count), key: key, nonce: nonce, encrypt: false)
            try context.authenticate(aad)
            try context.expect(tag: tag)
            return try context.run(ciphertext, room: 0)
        }
    }

    package static func open(
        ciphertext: [UInt8], tag: [UInt8], key: SecretBytes, nonce: [UInt8], aad: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try open(ciphertext: ciphertext.span, tag: tag.span, key: key, nonce: nonce.span, aad: aad.span)
    }

    private static func cipher(keyByteCount: Int) throws(CryptoError) -> Cipher {
        switch keyByteCount {
        case 16: .aes128GCM
        case 24: .aes192GCM
        case 32: .aes256GCM
        default: throw CryptoError(.keyLength, "\(keyByteCount) bytes of key")
        }
    }
}
