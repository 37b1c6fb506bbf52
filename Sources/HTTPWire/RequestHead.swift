/// A request head as ranges into the bytes it was parsed from. Only `RequestHeadParser` makes one.
///
/// Offsets count from the first byte of the request line and are half-open.
package struct RequestHead: Sendable {
    /// How a body is delimited (RFC 9112 section 6).
    package enum Framing: Equatable, Sendable {
        case none
        /// Bytes; 0 is possible.
        case length(Int)
        case chunked

        /// Whether there can be bytes of a body.
        package var hasBody: Bool { self != .none && self != .length(0) }
    }

    package internal(set) var method: Range<Int> = 0..<0
    /// Path and query in origin-form; of an absolute-form target the part behind the authority. Empty means `/`; `*` only for OPTIONS.
    package internal(set) var target: Range<Int> = 0..<0
    package internal(set) var isHTTP10 = false
    var lines: HeadLines
    package internal(set) var framing: Framing = .none
    /// Whether another request may follow on the connection.
    package internal(set) var isKeepAlive = true
    package internal(set) var expectsContinue = false
    /// Bytes of the whole head, the empty line included.
    package internal(set) var byteCount = 0

    package var fields: [HeadField] { lines.fields }

    /// Range of the value of a known field: of its first line, where more than one is allowed.
    @inline(__always)
    package func value(_ field: KnownField) -> Range<Int>? { lines.value(field) }

    init(limits: WireLimits) { lines = HeadLines(limits: limits) }

    /// Forgets the request and keeps the storage.
    mutating func reset() {
        lines.reset()
        method = 0..<0
        target = 0..<0
        isHTTP10 = false
        framing = .none
        isKeepAlive = true
        expectsContinue = false
        byteCount = 0
    }
}
