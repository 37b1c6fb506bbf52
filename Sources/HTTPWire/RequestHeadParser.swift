/// The strict HTTP/1.1 request head parser (RFC 9112): bytes in, ranges out, nothing copied.
///
/// It refuses whatever two readers have been seen to read differently, where the RFC would allow a repair: bare LF, obs-fold,
/// empty lines before the request line, white space before the colon, two lengths (contract section 7). All that it accepts,
/// a lenient parser accepts with the same meaning.
///
/// States: `line start` -> `parse` (a complete line) -> `line start` … -> `.complete`; or a `WireError`, after which it must not be used.
package struct RequestHeadParser: Sendable {
    package let limits: WireLimits
    package private(set) var head = RequestHead()
    /// Start of the line that is not complete yet.
    private var lineStart = 0
    /// Bytes already searched for the end of that line, so that a head that drips in costs one look at each byte.
    private var searched = 0
    private var hasRequestLine = false
    private var headerStart = 0

    package init(limits: WireLimits) { self.limits = limits }

    /// Makes ready for the next request, whose first byte is then at offset 0.
    package mutating func reset() {
        head.reset()
        lineStart = 0
        searched = 0
        hasRequestLine = false
        headerStart = 0
    }

    /// Parses as far as the bytes go.
    /// - Parameter bytes: everything from the first byte of the request line on; the same bytes as before plus what came since.
    /// - Returns: true when the head is complete (`head.byteCount` bytes), false when more bytes are needed.
    package mutating func parse(_ bytes: Span<UInt8>) throws(WireError) -> Bool {
        while true {
            guard let end = try lineEnd(bytes) else {
                try checkIncomplete(bytes)
                return false
            }
            if !hasRequestLine {
                try parseRequestLine(bytes, lineStart..<end)
                hasRequestLine = true
                headerStart = end + 2
            } else if end == lineStart {
                head.byteCount = end + 2
                try finish(bytes)
                return true
            } else {
                try parseField(bytes, lineStart..<end)
            }
            lineStart = end + 2
            searched = lineStart
        }
    }

    /// Offset of the CR that ends the line; nil when the line is not complete.
    ///
    /// Only the LF is searched for, here with the CR before it required; the parsers of the lines refuse every CR inside.
    @inline(__always)
    private mutating func lineEnd(_ bytes: Span<UInt8>) throws(WireError) -> Int? {
        var position = searched
        let count = bytes.count
        while position < count {
            // `position` is below `count`.
            if unsafe bytes[unchecked: position] == 0x0A {
                guard position > lineStart, bytes[position - 1] == 0x0D else {
                    throw .malformed("a line feed without a carriage return in the head")
                }
                return position - 1
            }
            position += 1
        }
        searched = count
        return nil
    }

    private func checkIncomplete(_ bytes: Span<UInt8>) throws(WireError) {
        let pending = bytes.count - lineStart
        if !hasRequestLine {
            // Method, version and spaces take less than 64 bytes.
            if pending > limits.target + 64 { throw .targetTooLong }
            if pending > 0, !ByteClass.isToken(bytes[0]) { throw .malformed("the request line must begin with a method") }
        } else if bytes.count - headerStart > limits.headers {
            throw .headersTooLarge
        }
    }

    // MARK: Request line

    /// `request-line = method SP request-target SP HTTP-version` (RFC 9112 section 3)
    private mutating func parseRequestLine(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(WireError) {
        var position = line.lowerBound
        while position < line.upperBound, ByteClass.isToken(bytes[position]) { position += 1 }
        head.method = line.lowerBound..<position
        guard !head.method.isEmpty, head.method.count <= 32 else { throw .malformed("the request line must begin with a method") }
        guard position < line.upperBound, bytes[position] == 0x20 else {
            throw .malformed("the method must be followed by one space")
        }
        position += 1
        let targetStart = position
        while position < line.upperBound, bytes[position] > 0x20, bytes[position] < 0x7F { position += 1 }
        let target = targetStart..<position
        if target.count > limits.target { throw .targetTooLong }
        if position < line.upperBound, bytes[position] >= 0x80 {
            throw .malformedTarget("a raw non-ASCII byte in the target; percent-encode it")
        }
        guard position < line.upperBound, bytes[position] == 0x20 else {
            throw .malformed("the request target must be followed by one space and the version")
        }
        let version = position + 1..<line.upperBound
        if bytes.isEqual(version, "HTTP/1.1") {
            head.isHTTP10 = false
        } else if bytes.isEqual(version, "HTTP/1.0") {
            head.isHTTP10 = true
        } else {
            throw .malformed("the version must be HTTP/1.1 or HTTP/1.0")
        }
        guard !target.isEmpty else { throw .malformedTarget("the target is empty") }
        head.target = target
    }

    // MARK: Fields

    /// `field-line = field-name ":" OWS field-value OWS` (RFC 9112 section 5)
    private mutating func parseField(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(WireError) {
        guard line.upperBound + 2 - headerStart <= limits.headers, line.upperBound < Int(UInt16.max) else {
            throw .headersTooLarge
        }
        guard head.fields.count < limits.headerCount else { throw .headersTooLarge }
        var position = line.lowerBound
        while position < line.upperBound, ByteClass.isToken(bytes[position]) { position += 1 }
        let name = line.lowerBound..<position
        guard position < line.upperBound, bytes[position] == UInt8(ascii: ":") else { throw badName(bytes, line, position) }
        guard !name.isEmpty else { throw .malformed("a header without a name") }
        position += 1
        while position < line.upperBound, ByteClass.isSpace(bytes[position]) { position += 1 }
        let valueStart = position
        while position < line.upperBound {
            // `position` is below the line's end, which lies inside the bytes.
            guard ByteClass.isFieldValue(unsafe bytes[unchecked: position]) else {
                throw .malformed("a control character in a header value")
            }
            position += 1
        }
        var valueEnd = position
        while valueEnd > valueStart, ByteClass.isSpace(bytes[valueEnd - 1]) { valueEnd -= 1 }
        let known = KnownField.named(bytes, name)
        if known != .other {
            let slot = Int(known.rawValue)
            if head.first[slot] < 0 {
                head.first[slot] = Int16(head.fields.count)
            } else if known.isSingleton {
                throw repeated(known)
            }
        }
        head.fields.append(
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

    // MARK: What the fields say together

    private mutating func finish(_ bytes: Span<UInt8>) throws(WireError) {
        if head.byteCount - headerStart > limits.headers + 2 { throw .headersTooLarge }
        guard let host = head.value(.host) else { throw .malformed("the Host header is missing") }
        guard HostSyntax.isValid(bytes, host) else { throw .malformed("the Host header is not a host and optional port") }
        head.framing = try framing(bytes)
        head.target = try originForm(bytes, host: host)
        head.isKeepAlive = !head.isHTTP10
        for field in head.fields where field.known == .connection && bytes.hasListMember(field.value, "close") {
            head.isKeepAlive = false
        }
        if let expect = head.value(.expect) {
            guard bytes.isEqualIgnoringCase(expect, "100-continue") else { throw .expectationFailed }
            head.expectsContinue = !head.isHTTP10 && head.framing != .none && head.framing != .length(0)
        }
    }

    /// RFC 9112 section 6.3, with every case that it calls an error or lets a server repair refused.
    private func framing(_ bytes: Span<UInt8>) throws(WireError) -> RequestHead.Framing {
        let length: Range<Int>? = head.value(.contentLength)
        if let encoding = head.value(.transferEncoding) {
            if length != nil { throw .malformed("both Content-Length and Transfer-Encoding") }
            if head.isHTTP10 { throw .malformed("Transfer-Encoding in an HTTP/1.0 request") }
            guard bytes.isEqualIgnoringCase(encoding, "chunked") else {
                throw .malformed("a Transfer-Encoding other than exactly `chunked`")
            }
            return .chunked
        }
        guard let length else { return .none }
        // 18 digits stay below 2^63.
        guard 1...18 ~= length.count else { throw .malformed("the Content-Length is not a number of bytes") }
        var value = 0
        for position in length {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { throw .malformed("the Content-Length is not a number of bytes") }
            value = value * 10 + Int(digit)
        }
        return .length(value)
    }

    /// Origin-form as it is; absolute-form only when its authority is the Host; `*` only for OPTIONS (RFC 9112 section 3.2).
    private func originForm(_ bytes: Span<UInt8>, host: Range<Int>) throws(WireError) -> Range<Int> {
        let target = head.target
        let isConnect = bytes.isEqual(head.method, "CONNECT")
        if bytes[target.lowerBound] == UInt8(ascii: "/"), !isConnect { return target }
        if bytes.isEqual(target, "*"), bytes.isEqual(head.method, "OPTIONS") { return target }
        for scheme in ["http://", "https://"] as [StaticString] where !isConnect {
            let length = scheme.utf8CodeUnitCount
            guard target.count > length,
                bytes.isEqualIgnoringCase(target.lowerBound..<target.lowerBound + length, scheme)
            else { continue }
            let start = target.lowerBound + length
            var end = start
            while end < target.upperBound, bytes[end] != UInt8(ascii: "/"), bytes[end] != UInt8(ascii: "?") { end += 1 }
            guard bytes.isEqualIgnoringCase(start..<end, as: host) else {
                throw .malformedTarget("the authority of the target differs from the Host header")
            }
            guard end == target.upperBound || bytes[end] == UInt8(ascii: "/") else {
                throw .malformedTarget("the target has a query but no path")
            }
            return end..<target.upperBound
        }
        throw .malformedTarget("the target must be a path, or an absolute URI whose authority is the Host header")
    }
}
