/// A request head as ranges into the bytes it was parsed from. Only `RequestHeadParser` makes one.
///
/// Offsets count from the first byte of the request line and are half-open.
package struct RequestHead: Sendable {
    package struct Field: Sendable {
        package let known: KnownField
        let nameStart: UInt16
        let nameLength: UInt16
        let valueStart: UInt16
        let valueLength: UInt16

        package var name: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameLength) }
        /// Without the white space around it.
        package var value: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueLength) }
    }

    /// How the body is delimited (RFC 9112 section 6).
    package enum Framing: Equatable, Sendable {
        case none
        /// Bytes; 0 is possible.
        case length(Int)
        case chunked
    }

    package internal(set) var method: Range<Int> = 0..<0
    /// Path and query in origin-form; of an absolute-form target the part behind the authority. Empty means `/`; `*` only for OPTIONS.
    package internal(set) var target: Range<Int> = 0..<0
    package internal(set) var isHTTP10 = false
    package internal(set) var fields: [Field] = []
    package internal(set) var framing: Framing = .none
    /// Whether another request may follow on the connection.
    package internal(set) var isKeepAlive = true
    package internal(set) var expectsContinue = false
    /// Bytes of the whole head, the empty line included.
    package internal(set) var byteCount = 0
    /// Index into `fields` of the first field of each known name, -1 when absent.
    var first = InlineArray<20, Int16>(repeating: -1)

    /// Range of the value of a known field: of its first line, where more than one is allowed.
    @inline(__always)
    package func value(_ field: KnownField) -> Range<Int>? {
        let index = first[Int(field.rawValue)]
        return index < 0 ? nil : fields[Int(index)].value
    }

    package init() {}

    /// Forgets the request and keeps the storage.
    mutating func reset() {
        method = 0..<0
        target = 0..<0
        isHTTP10 = false
        fields.removeAll(keepingCapacity: true)
        framing = .none
        isKeepAlive = true
        expectsContinue = false
        byteCount = 0
        first = InlineArray<20, Int16>(repeating: -1)
    }
}
