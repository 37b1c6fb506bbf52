import COpenSSL

/// Bytes from OpenSSL's random generator, which the kernel seeds.
package enum RandomBytes {
    /// `count` bytes that others may see: nonces, identifiers, initialisation vectors.
    ///
    /// A generator that fails stops the process: a predictable nonce or identifier is worse than none.
    package static func generate(_ count: Int) -> [UInt8] {
        // unsafe: OpenSSL writes exactly `count` bytes.
        unsafe [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
            require(unsafe RAND_bytes(output.baseAddress, CInt(count)) == 1, "generate random bytes")
            initialized = count
        }
    }

    /// `count` bytes that nobody may see: keys and secrets, from the generator OpenSSL keeps apart for them.
    package static func generateSecret(_ count: Int) -> SecretBytes {
        SecretBytes(count: count) { output in
            // unsafe: OpenSSL writes exactly `count` bytes, the length of `output`.
            unsafe output.withUnsafeMutableBufferPointer { bytes in
                require(unsafe RAND_priv_bytes(bytes.baseAddress, CInt(bytes.count)) == 1, "generate a secret")
            }
        }
    }
}
