/// The lines of a head, found and taken apart as its bytes come in: what requests and responses have in common (RFC 9112 section 2.1).
///
/// It refuses whatever two readers have been seen to read differently: bare LF, bare CR, obs-fold, white space before the colon, empty names.
struct HeadLines: Sendable {
    let limits: WireLimits
    var fields: [HeadField] = []
    /// Index into `fields` of the first field of each known name; -1 when absent, -2 when there are several and none of them counts.
    var first = InlineArray<20, Int16>(repeating: -1)
    /// Start of the line that is not complete yet.
    private(set) var lineStart = 0
    /// Bytes already searched for the end of that line, so that a head that drips in costs one look at each byte.
    private var searched = 0
    /// Where the fields begin; 0 while the first line is not complete.
    private(set) var fieldsStart = 0

    init(limits: WireLimits) { self.limits = limits }

    /// Makes ready for the next head and keeps the storage.
    mutating func reset() {
        fields.removeAll(keepingCapacity: true)
        first = InlineArray<20, Int16>(repeating: -1)
        lineStart = 0
        searched = 0
        fieldsStart = 0
    }

    /// Range of the value of a known field: of its first line, where more than one is allowed.
    @inline(__always)
    func value(_ field: KnownField) -> Range<Int>? {
        let index = first[Int(field.rawValue)]
        return index < 0 ? nil : fields[Int(index)].value
    }

    /// The next complete line without its CRLF; nil when more bytes are needed.
    ///
    /// Only the LF is searched for, here with the CR before it required; the parsers of the lines refuse every CR inside.
    @inline(__always)
    mutating func next(_ bytes: Span<UInt8>) throws(WireError) -> Range<Int>? {
        guard let position = bytes.firstIndex(of: 0x0A, from: searched) else {
            searched = bytes.count
            if fieldsStart > 0, bytes.count - fieldsStart > limits.headers { throw .headersTooLarge }
            return nil
        }
        guard position > lineStart, bytes[position - 1] == 0x0D else {
            throw .malformed("a line feed without a carriage return in the head")
        }
        let line = lineStart..<position - 1
        lineStart = position + 1
        searched = lineStart
        if fieldsStart == 0 { fieldsStart = lineStart }
        return line
    }

    /// `field-line = field-name ":" OWS field-value OWS` (RFC 9112 section 5)
    mutating func parseField(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(WireError) {
        guard line.upperBound + 2 - fieldsStart <= limits.headers, line.upperBound < Int(UInt16.max) else { throw .headersTooLarge }
        guard fields.count < limits.headerCount else { throw .headersTooLarge }
        var position = line.lowerBound
        while position < line.upperBound, ByteClass.isToken(bytes[position]) { position += 1 }
        let name = line.lowerBound..<position
        guard position < line.upperBound, bytes[position] == UInt8(ascii: ":") else { throw badName(bytes, line, position) }
        guard !name.isEmpty else { throw .malformed("a header without a name") }
        position += 1
        while position < line.upperBound, ByteClass.isSpace(bytes[position]) { position += 1 }
        let valueStart = position
        guard bytes.isFieldValue(valueStart..<line.upperBound) else { throw .malformed("a control character in a header value") }
        var valueEnd = line.upperBound
        while valueEnd > valueStart, ByteClass.isSpace(bytes[valueEnd - 1]) { valueEnd -= 1 }
        let known = KnownField.named(bytes, name)
        if known != .other {
            let slot = Int(known.rawValue)
            if first[slot] == -1 {
                first[slot] = Int16(fields.count)
            } else if known.isSingleton {
                throw repeated(known)
            } else if known.isName {
                first[slot] = -2
            }
        }
        fields.append(
            .init(
                known: known, nameStart: UInt16(name.lowerBound), nameLength: UInt16(name.count),
                valueStart: UInt16(valueStart), valueLength: UInt16(valueEnd - valueStart)
            )
        )
    }

    private func badName(_ bytes: Span<UInt8>, _ line: Range<Int>, _ position: Int) -> WireError {
        if ByteClass.isSpace(bytes[line.lowerBound]) { return .malformed("a folded header line") }
        if position < line.upperBound, ByteClass.isSpace(bytes[position]) {
            return .malformed("white space between a header's name and its colon")
        }
        return .malformed("a header line without a valid name and colon")
    }

    private func repeated(_ field: KnownField) -> WireError {
        switch field {
        case .host: .malformed("more than one Host header")
        case .contentLength: .malformed("more than one Content-Length header")
        case .transferEncoding: .malformed("more than one Transfer-Encoding header")
        default: .repeatedHeader("\(field.name)")
        }
    }

    /// A Content-Length: 1 to 19 digits, below 2^63. A tab behind it is refused, which some readers take for a part of the number.
    func contentLength(_ bytes: Span<UInt8>) throws(WireError) -> Int? {
        guard let range = value(.contentLength) else { return nil }
        guard 1...19 ~= range.count else { throw .malformed("the Content-Length is not a number of bytes") }
        // 19 digits fit 64 bits without a sign.
        var value: UInt64 = 0
        for position in range {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { throw .malformed("the Content-Length is not a number of bytes") }
            value = value * 10 + UInt64(digit)
        }
        guard let count = Int(exactly: value), !bytes.hasTab(from: range.upperBound) else {
            throw .malformed("the Content-Length is not a number of bytes")
        }
        return count
    }

    /// Whether `Connection` names this option, lower-case ASCII.
    func hasConnectionOption(_ bytes: Span<UInt8>, _ option: StaticString) -> Bool {
        guard value(.connection) != nil else { return false }
        for field in fields where field.known == .connection && bytes.hasListMember(field.value, option) { return true }
        return false
    }
}

/// One header field as ranges into the bytes of its head; half-open, counted from the first byte of the first line.
package struct HeadField: Sendable {
    package let known: KnownField
    let nameStart: UInt16
    let nameLength: UInt16
    let valueStart: UInt16
    let valueLength: UInt16

    package var name: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameLength) }
    /// Without the white space around it.
    package var value: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueLength) }
}

extension Span<UInt8> {
    /// Whether a tab stands in the white space that begins here.
    fileprivate func hasTab(from start: Int) -> Bool {
        var position = start
        while position < count, ByteClass.isSpace(self[position]) {
            if self[position] == 0x09 { return true }
            position += 1
        }
        return false
    }
}
