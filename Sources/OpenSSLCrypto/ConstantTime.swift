import COpenSSL

/// The only comparison allowed for secrets, tags and MACs.
package enum ConstantTime {
    /// Whether both are the same bytes. The time taken depends on the lengths alone, which are not secret; other lengths are unequal.
    package static func equal(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        // unsafe: both have `count` bytes and live for the call.
        return unsafe a.withUnsafeBufferPointer { left in
            unsafe b.withUnsafeBufferPointer { right in
                unsafe CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
            }
        }
    }

    package static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool { equal(a.span, b.span) }
}
