import COpenSSL

/// HKDF (RFC 5869), extract and expand in one.
package enum HKDF {
    /// `byteCount` bytes derived from `secret`; 1 to 255 times the hash's length.
    ///
    /// An empty salt means a string of zero bytes (RFC 5869 section 2.2). OpenSSL refuses an `info` above 1024 bytes.
    package static func derive(
        _ algorithm: HashAlgorithm = .sha256, secret: SecretBytes, salt: [UInt8], info: [UInt8], byteCount: Int
    ) throws(CryptoError) -> SecretBytes {
        guard byteCount >= 1, byteCount <= 255 * algorithm.byteCount else {
            throw CryptoError(.outputLength, "HKDF gives 1 to \(255 * algorithm.byteCount) bytes")
        }
        let context = unsafe required(EVP_KDF_CTX_new(OpenSSLAlgorithms.hkdf), "HKDF context")
        defer { unsafe EVP_KDF_CTX_free(context) }
        return try SecretBytes(count: byteCount) { output throws(CryptoError) in
            let done = secret.withBytes { secret in
                unsafe derive(context, algorithm, secret, salt, info, into: &output)
            }
            guard done else { throw CryptoError.drained() }
        }
    }

    @unsafe
    private static func derive(
        _ context: OpaquePointer, _ algorithm: HashAlgorithm, _ secret: Span<UInt8>, _ salt: [UInt8], _ info: [UInt8],
        into output: inout MutableSpan<UInt8>
    ) -> Bool {
        // unsafe: OpenSSL only reads through these pointers (its parameter type has no const), within the counts given,
        // while the closures keep the bytes alive; it writes exactly the length of `output`.
        unsafe secret.withUnsafeBytes { secret in
            unsafe salt.withUnsafeBytes { salt in
                unsafe info.withUnsafeBytes { info in
                    var parameters = unsafe [
                        OSSL_PARAM_construct_utf8_string(
                            OSSL_KDF_PARAM_DIGEST, UnsafeMutablePointer(mutating: algorithm.openSSLName.utf8Start.cChars), 0),
                        octets(OSSL_KDF_PARAM_KEY, secret),
                        octets(OSSL_KDF_PARAM_INFO, info),
                    ]
                    if unsafe !salt.isEmpty { unsafe parameters.append(octets(OSSL_KDF_PARAM_SALT, salt)) }
                    unsafe parameters.append(OSSL_PARAM_construct_end())
                    return unsafe output.withUnsafeMutableBufferPointer { bytes in
                        unsafe EVP_KDF_derive(context, bytes.baseAddress, bytes.count, parameters) == 1
                    }
                }
            }
        }
    }

    @unsafe
    private static func octets(_ name: UnsafePointer<CChar>, _ bytes: UnsafeRawBufferPointer) -> OSSL_PARAM {
        unsafe OSSL_PARAM_construct_octet_string(name, UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
}

extension UnsafePointer<UInt8> {
    /// The same bytes as C's `char`.
    var cChars: UnsafePointer<CChar> { unsafe UnsafeRawPointer(self).assumingMemoryBound(to: CChar.self) }
}
