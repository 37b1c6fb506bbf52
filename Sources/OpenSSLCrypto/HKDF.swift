import COpenSSL

/// HKDF (RFC 5869), extract and expand in one.
package enum HKDF {
    /// `byteCount` bytes derived from `secret`; 1 to 255 times the hash's length.
    ///
    /// An empty salt means a string of zero bytes (RFC 5869 section 2.2).
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
        // unsafe: the closures keep the bytes alive while OpenSSL reads them; it writes exactly the length of `output`.
        unsafe secret.withUnsafeBytes { secret in
            unsafe salt.withUnsafeBytes { salt in
                unsafe info.withUnsafeBytes { info in
                    var parameters = unsafe [
                        OSSL_PARAM.text("digest", algorithm.openSSLName),
                        OSSL_PARAM.octets("key", secret),
                        OSSL_PARAM.octets("info", info),
                    ]
                    if unsafe !salt.isEmpty { unsafe parameters.append(.octets("salt", salt)) }
                    unsafe parameters.append(OSSL_PARAM_construct_end())
                    return unsafe output.withUnsafeMutableBufferPointer { bytes in
                        unsafe EVP_KDF_derive(context, bytes.baseAddress, bytes.count, parameters) == 1
                    }
                }
            }
        }
    }
}
