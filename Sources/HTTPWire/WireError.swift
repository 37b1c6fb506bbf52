/// Why the bytes of a request are refused. Each ends the connection: what follows on it cannot be trusted.
package enum WireError: Error, Equatable, Sendable {
    /// What is wrong, in words; quotes nothing of the request.
    case malformed(String)
    case malformedTarget(String)
    /// Lower-case name of a field that may stand once.
    case repeatedHeader(String)
    case targetTooLong
    case headersTooLarge
    case unknownMethod
    case expectationFailed
    case bodyTooLarge
}

/// Bounds of what is read before anything is decided (contract section 10).
package struct WireLimits: Sendable {
    /// Bytes of the request target, as sent; inclusive.
    package var target: Int
    /// Bytes from the end of the request line to the end of the head; inclusive.
    package var headers: Int
    /// Number of header fields; inclusive. At most 1000.
    package var headerCount: Int

    package init(target: Int = 8 << 10, headers: Int = 32 << 10, headerCount: Int = 100) {
        self.target = target
        self.headers = headers
        self.headerCount = headerCount
    }
}
