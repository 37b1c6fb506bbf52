import COpenSSL

/// A hash of bytes that are all at hand.
package enum Digest {
    /// The hash of `data`, `algorithm.byteCount` bytes.
    package static func hash(_ algorithm: HashAlgorithm, _ data: Span<UInt8>) -> [UInt8] {
        // unsafe: OpenSSL reads exactly `data` and writes exactly `byteCount` bytes, both alive for the call.
        unsafe data.withUnsafeBufferPointer { input in
            unsafe [UInt8](unsafeUninitializedCapacity: algorithm.byteCount) { output, count in
                let done = unsafe EVP_Digest(
                    input.baseAddress, input.count, output.baseAddress, nil, algorithm.messageDigest, nil)
                require(done == 1, "hash")
                count = algorithm.byteCount
            }
        }
    }

    package static func hash(_ algorithm: HashAlgorithm, _ data: [UInt8]) -> [UInt8] { hash(algorithm, data.span) }
}

/// A hash of bytes that come in pieces. After `finalize` it begins anew.
@safe
package struct StreamingDigest: ~Copyable {
    package let algorithm: HashAlgorithm
    // One owner: this value, which frees it.
    private let context: OpaquePointer

    package init(_ algorithm: HashAlgorithm) {
        self.algorithm = algorithm
        unsafe context = required(EVP_MD_CTX_new(), "digest context")
        require(unsafe EVP_DigestInit_ex2(context, algorithm.messageDigest, nil) == 1, "begin a hash")
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    package mutating func update(_ data: Span<UInt8>) {
        // unsafe: OpenSSL reads exactly `data`, alive for the call.
        let done = unsafe data.withUnsafeBufferPointer { input in
            unsafe EVP_DigestUpdate(context, input.baseAddress, input.count)
        }
        require(done == 1, "hash")
    }

    /// The hash of everything given since the beginning or the last `finalize`, `algorithm.byteCount` bytes.
    package mutating func finalize() -> [UInt8] {
        // unsafe: OpenSSL writes exactly `byteCount` bytes.
        let hash = unsafe [UInt8](unsafeUninitializedCapacity: algorithm.byteCount) { output, count in
            let done = unsafe EVP_DigestFinal_ex(context, output.baseAddress, nil)
            require(done == 1, "hash")
            count = algorithm.byteCount
        }
        reset()
        return hash
    }

    /// Forgets what was given so far.
    package mutating func reset() {
        // Without naming the algorithm again, which OpenSSL would look up again.
        require(unsafe EVP_DigestInit_ex2(context, nil, nil) == 1, "begin a hash")
    }
}
