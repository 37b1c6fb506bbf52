import NIOCore

extension ByteBuffer {
    /// Appends the bytes of `range`.
    mutating func write(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        let part = bytes.extracting(range)
        // The buffer pointer lives for the call.
        unsafe part.withUnsafeBytes { _ = unsafe writeBytes($0) }
    }
}
