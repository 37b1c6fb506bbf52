import COpenSSL

/// Bytes that nobody should read by accident: they are cleared when the last reference goes, and print as their count.
///
/// The array or string a secret came from is the caller's to drop; only this copy is cleared.
@safe
// unchecked: the memory is written in `init` alone and freed in `deinit` alone, so all threads only read it.
package final class SecretBytes: @unchecked Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let storage: UnsafeMutableBufferPointer<UInt8>

    package init(_ bytes: [UInt8]) {
        unsafe storage = .allocate(capacity: bytes.count)
        // unsafe: the memory has room for all of `bytes`.
        _ = unsafe storage.initialize(fromContentsOf: bytes)
    }

    package init(_ bytes: Span<UInt8>) {
        unsafe storage = .allocate(capacity: bytes.count)
        // unsafe: the memory has room for all of `bytes`.
        unsafe bytes.withUnsafeBufferPointer { source in
            _ = unsafe storage.initialize(fromContentsOf: source)
        }
    }

    /// `count` bytes that are zero until `fill` writes them. Nothing is kept when `fill` throws.
    package init<E: Error>(count: Int, fill: (inout MutableSpan<UInt8>) throws(E) -> Void) throws(E) {
        unsafe storage = .allocate(capacity: count)
        unsafe storage.initialize(repeating: 0)
        var span = unsafe storage.mutableSpan
        try fill(&span)
    }

    deinit {
        // unsafe: the memory is this object's own; nobody holds the object any more.
        unsafe OPENSSL_cleanse(storage.baseAddress, storage.count)
        unsafe storage.deallocate()
    }

    /// Number of bytes.
    package var count: Int { unsafe storage.count }

    /// Lends the bytes for the length of the call. Do not copy them out.
    package func withBytes<R: ~Copyable, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        // unsafe: the memory lives as long as `self`, which the call keeps alive.
        try body(unsafe storage.span)
    }

    package var description: String { "<\(count) secret bytes>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
