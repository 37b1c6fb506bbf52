import COpenSSL

/// An HMAC key (RFC 2104), prepared once and used by every thread at once.
///
/// Preparing means hashing both padded key blocks; a message then costs no more than its own hashing, and neither call allocates
/// anything of ours. OpenSSL's contexts are not to be shared by threads, so each key keeps a few of them, each used by one thread
/// at a time (`HMACContexts`).
package final class HMACKey: Sendable {
    package let algorithm: HashAlgorithm
    private let contexts: HMACContexts

    /// A key of any length: RFC 2104 hashes one that is longer than the hash's block. How long it must be is the caller's rule.
    package init(_ algorithm: HashAlgorithm, key: SecretBytes) {
        self.algorithm = algorithm
        contexts = HMACContexts(algorithm, key: key)
    }

    /// Length of a MAC, in bytes.
    package var byteCount: Int { algorithm.byteCount }

    package func authenticate(_ message: Span<UInt8>) -> [UInt8] {
        var mac = [UInt8](repeating: 0, count: byteCount)
        var output = mac.mutableSpan
        authenticate(message, into: &output)
        return mac
    }

    package func authenticate(_ message: [UInt8]) -> [UInt8] { authenticate(message.span) }

    /// Writes the MAC into the first `byteCount` bytes of `output`, which must have that many.
    package func authenticate(_ message: Span<UInt8>, into output: inout MutableSpan<UInt8>) {
        precondition(output.count >= byteCount, "no room for the MAC")
        // unsafe: the context is this thread's until the closure returns; `output` has room for `byteCount` bytes.
        unsafe output.withUnsafeMutableBufferPointer { bytes in
            unsafe contexts.withContext { context in
                unsafe Self.update(context, message)
                unsafe Self.finish(context, bytes)
            }
        }
    }

    /// Whether `mac` is the whole MAC of `message`: a shorter, longer or empty one is not. Compared by `CRYPTO_memcmp`.
    package func isValid(_ mac: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        guard mac.count == byteCount else { return false }
        var expected = InlineArray<64, UInt8>(repeating: 0)
        var output = expected.mutableSpan
        authenticate(message, into: &output)
        return ConstantTime.equal(mac, expected.span.extracting(first: byteCount))
    }

    package func isValid(_ mac: [UInt8], for message: [UInt8]) -> Bool { isValid(mac.span, for: message.span) }

    /// The MAC of four pieces as if they were one (RFC 7518 section 5.2.2.1 step 5), into at least `byteCount` bytes.
    func authenticate(
        _ first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8>, _ fourth: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) {
        precondition(output.count >= byteCount, "no room for the MAC")
        // unsafe: as above.
        unsafe output.withUnsafeMutableBufferPointer { bytes in
            unsafe contexts.withContext { context in
                unsafe Self.update(context, first)
                unsafe Self.update(context, second)
                unsafe Self.update(context, third)
                unsafe Self.update(context, fourth)
                unsafe Self.finish(context, bytes)
            }
        }
    }

    @unsafe
    private static func update(_ context: OpaquePointer, _ data: Span<UInt8>) {
        // unsafe: OpenSSL reads exactly `data`, alive for the call.
        let done = unsafe data.withUnsafeBufferPointer { input in
            unsafe EVP_MAC_update(context, input.baseAddress, input.count)
        }
        require(done == 1, "authenticate")
    }

    @unsafe
    private static func finish(_ context: OpaquePointer, _ output: UnsafeMutableBufferPointer<UInt8>) {
        var written = 0
        // unsafe: OpenSSL is told how much room there is.
        let done = unsafe EVP_MAC_final(context, output.baseAddress, &written, output.count)
        require(done == 1, "authenticate")
    }
}
