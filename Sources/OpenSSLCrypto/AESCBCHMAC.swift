/// AES-CBC with HMAC (RFC 7518 section 5.2): the three sizes that JWE names.
///
/// The key is the MAC key followed by the encryption key, each half of it. The tag is the first half of
/// HMAC(associated data ‖ IV ‖ ciphertext ‖ length of the associated data in bits as 64 bits).
package enum AESCBCHMAC: String, Sendable, CaseIterable {
    case a128CBCHS256 = "A128CBC-HS256"
    case a192CBCHS384 = "A192CBC-HS384"
    case a256CBCHS512 = "A256CBC-HS512"

    package static let ivByteCount = 16

    /// 32, 48 or 64 bytes.
    package var keyByteCount: Int { hash.byteCount }
    /// 16, 24 or 32 bytes.
    package var tagByteCount: Int { hash.byteCount / 2 }

    package func seal(
        _ plaintext: [UInt8], key: SecretBytes, iv: [UInt8], aad: [UInt8]
    ) throws(CryptoError) -> (ciphertext: [UInt8], tag: [UInt8]) {
        try AESCBCHMACKey(self, key: key).seal(plaintext, iv: iv, aad: aad)
    }

    package func open(
        ciphertext: [UInt8], tag: [UInt8], key: SecretBytes, iv: [UInt8], aad: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try AESCBCHMACKey(self, key: key).open(ciphertext: ciphertext.span, tag: tag.span, iv: iv.span, aad: aad.span)
    }

    fileprivate var hash: HashAlgorithm {
        switch self {
        case .a128CBCHS256: .sha256
        case .a192CBCHS384: .sha384
        case .a256CBCHS512: .sha512
        }
    }

    fileprivate var cipher: Cipher {
        switch self {
        case .a128CBCHS256: .aes128CBC
        case .a192CBCHS384: .aes192CBC
        case .a256CBCHS512: .aes256CBC
        }
    }
}

/// A key of `AESCBCHMAC`, its MAC half prepared, for all threads.
package final class AESCBCHMACKey: Sendable {
    package let algorithm: AESCBCHMAC
    private let macKey: HMACKey
    private let encryptionKey: SecretBytes

    /// - Parameter key: exactly `algorithm.keyByteCount` bytes.
    package init(_ algorithm: AESCBCHMAC, key: SecretBytes) throws(CryptoError) {
        guard key.count == algorithm.keyByteCount else { throw CryptoError(.keyLength, "\(key.count) bytes of key") }
        self.algorithm = algorithm
        let half = key.count / 2
        (macKey, encryptionKey) = key.withBytes { bytes in
            (
                HMACKey(algorithm.hash, key: SecretBytes(bytes.extracting(first: half))),
                SecretBytes(bytes.extracting(last: half))
            )
        }
    }

    /// - Parameter iv: 16 bytes that nobody could foresee.
    package func seal(
        _ plaintext: [UInt8], iv: [UInt8], aad: [UInt8]
    ) throws(CryptoError) -> (ciphertext: [UInt8], tag: [UInt8]) {
        let ciphertext = try encryptionKey.withBytes { key throws(CryptoError) in
            var context = try CipherContext(algorithm.cipher, key: key, nonce: iv.span, encrypt: true)
            return try context.run(plaintext.span, room: AESCBCHMAC.ivByteCount)
        }
        var tag = [UInt8](repeating: 0, count: macKey.byteCount)
        var output = tag.mutableSpan
        authenticate(ciphertext.span, iv: iv.span, aad: aad.span, into: &output)
        tag.removeLast(tag.count - algorithm.tagByteCount)
        return (ciphertext, tag)
    }

    /// The plaintext, or `.authentication`. The tag is compared, in constant time, before anything is decrypted, so no answer
    /// depends on the padding of a ciphertext that somebody made up.
    package func open(
        ciphertext: Span<UInt8>, tag: Span<UInt8>, iv: Span<UInt8>, aad: Span<UInt8>
    ) throws(CryptoError) -> [UInt8] {
        guard iv.count == AESCBCHMAC.ivByteCount else { throw CryptoError(.nonceLength, "\(iv.count) bytes of IV") }
        guard tag.count == algorithm.tagByteCount else { throw CryptoError(.tagLength, "\(tag.count) bytes of tag") }
        var expected = InlineArray<64, UInt8>(repeating: 0)
        var output = expected.mutableSpan
        authenticate(ciphertext, iv: iv, aad: aad, into: &output)
        guard ConstantTime.equal(tag, expected.span.extracting(first: algorithm.tagByteCount)) else {
            throw CryptoError(.authentication, "the tag does not match")
        }
        return try encryptionKey.withBytes { key throws(CryptoError) in
            var context = try CipherContext(algorithm.cipher, key: key, nonce: iv, encrypt: false)
            return try context.run(ciphertext, room: AESCBCHMAC.ivByteCount)
        }
    }

    private func authenticate(
        _ ciphertext: Span<UInt8>, iv: Span<UInt8>, aad: Span<UInt8>, into output: inout MutableSpan<UInt8>
    ) {
        let bits = UInt64(aad.count) * 8
        let length = InlineArray<8, UInt8> { index in UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * index)) }
        macKey.authenticate(aad, iv, ciphertext, length.span, into: &output)
    }
}
