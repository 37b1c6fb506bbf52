import COpenSSL

/// Ed25519 signatures (RFC 8032, the pure variant): 32-byte keys, 64-byte signatures.
package enum Ed25519 {
    package static let keyByteCount = 32
    package static let signatureByteCount = 64

    package struct PrivateKey: Sendable {
        private let key: Key
        package let publicKey: PublicKey

        /// - Parameter seed: the 32 bytes that RFC 8032 calls the private key.
        package init(seed: SecretBytes) throws(CryptoError) {
            guard seed.count == keyByteCount else { throw CryptoError(.keyLength, "\(seed.count) bytes of seed") }
            // unsafe: OpenSSL copies exactly the seed.
            let pointer = unsafe seed.withBytes { bytes in
                unsafe bytes.withUnsafeBufferPointer { bytes in
                    unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, bytes.baseAddress, bytes.count)
                }
            }
            guard let pointer = unsafe pointer else { throw CryptoError.drained() }
            let key = unsafe Key(owning: pointer)
            self.key = key
            publicKey = try PublicKey(bytes: key.publicBytes())
        }

        /// 64 bytes; the same message always gets the same signature.
        package func sign(_ message: Span<UInt8>) throws(CryptoError) -> [UInt8] {
            let context = unsafe required(EVP_MD_CTX_new(), "signing context")
            defer { unsafe EVP_MD_CTX_free(context) }
            var signature = [UInt8](repeating: 0, count: signatureByteCount)
            // unsafe: OpenSSL reads exactly `message` and writes at most the 64 bytes it is told of.
            let done = unsafe message.withUnsafeBufferPointer { message in
                unsafe signature.withUnsafeMutableBufferPointer { output in
                    var count = output.count
                    return unsafe EVP_DigestSignInit(context, nil, nil, nil, key.pointer) == 1
                        && EVP_DigestSign(context, output.baseAddress, &count, message.baseAddress, message.count) == 1
                        && count == output.count
                }
            }
            guard done else { throw CryptoError.drained() }
            return signature
        }

        package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] { try sign(message.span) }
    }

    package struct PublicKey: Sendable {
        private let key: Key
        /// The key as RFC 8032 and RFC 8037 (`x`) write it, 32 bytes.
        package let bytes: [UInt8]

        package init(bytes: [UInt8]) throws(CryptoError) {
            guard bytes.count == keyByteCount else { throw CryptoError(.keyLength, "\(bytes.count) bytes of key") }
            // unsafe: OpenSSL copies exactly `bytes`.
            let pointer = unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes.baseAddress, bytes.count)
            }
            guard let pointer = unsafe pointer else { throw CryptoError.drained() }
            key = unsafe Key(owning: pointer)
            self.bytes = bytes
        }

        /// Whether `signature` is this key's over `message`. One of another length is not.
        package func isValid(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
            guard signature.count == signatureByteCount else { return false }
            let context = unsafe required(EVP_MD_CTX_new(), "signing context")
            defer { unsafe EVP_MD_CTX_free(context) }
            // unsafe: OpenSSL reads exactly `signature` and `message`.
            let valid = unsafe message.withUnsafeBufferPointer { message in
                unsafe signature.withUnsafeBufferPointer { signature in
                    unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key.pointer) == 1
                        && EVP_DigestVerify(
                            context, signature.baseAddress, signature.count, message.baseAddress, message.count) == 1
                }
            }
            if !valid { _ = CryptoError.drained() }
            return valid
        }

        package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
            isValid(signature.span, for: message.span)
        }
    }

    /// One OpenSSL key and the duty to free it.
    @safe
    // unchecked: OpenSSL keys are reference counted and not changed after they are made; each use has a context of its own.
    private final class Key: @unchecked Sendable {
        let pointer: OpaquePointer

        @unsafe
        init(owning pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

        deinit { unsafe EVP_PKEY_free(pointer) }

        func publicBytes() throws(CryptoError) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: keyByteCount)
            // unsafe: OpenSSL writes at most the 32 bytes it is told of.
            let done = unsafe bytes.withUnsafeMutableBufferPointer { output in
                var count = output.count
                return unsafe EVP_PKEY_get_raw_public_key(pointer, output.baseAddress, &count) == 1 && count == output.count
            }
            guard done else { throw CryptoError.drained() }
            return bytes
        }
    }
}
