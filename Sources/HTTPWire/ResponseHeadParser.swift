/// A response head as ranges into the bytes it was parsed from. Only `ResponseHeadParser` makes one.
package struct ResponseHead: Sendable {
    /// How the body is delimited (RFC 9112 section 6.3).
    package enum Framing: Equatable, Sendable {
        case none
        case length(Int)
        case chunked
        /// By the end of the connection.
        case untilClose
    }

    /// 100 to 599.
    package internal(set) var status = 0
    var lines: HeadLines
    package internal(set) var framing: Framing = .none
    package internal(set) var isKeepAlive = true
    var isHTTP10 = false
    package internal(set) var byteCount = 0

    package var fields: [HeadField] { lines.fields }

    @inline(__always)
    package func value(_ field: KnownField) -> Range<Int>? { lines.value(field) }
}

/// The strict HTTP/1.1 response head parser, for what upstreams answer. An upstream that speaks otherwise is not understood, and that is a 502.
package struct ResponseHeadParser: Sendable {
    package private(set) var head: ResponseHead

    package init(limits: WireLimits) { head = ResponseHead(lines: HeadLines(limits: limits)) }

    package mutating func reset() {
        head.lines.reset()
        head.status = 0
        head.framing = .none
        head.isKeepAlive = true
        head.isHTTP10 = false
        head.byteCount = 0
    }

    /// - Parameters:
    ///   - bytes: everything from the first byte of the status line on.
    ///   - isHead: whether the request was HEAD, whose answer has no body whatever it says.
    /// - Returns: true when the head is complete, false when more bytes are needed.
    package mutating func parse(_ bytes: Span<UInt8>, isHead: Bool) throws(WireError) -> Bool {
        while let line = try head.lines.next(bytes) {
            if head.status == 0 {
                try parseStatusLine(bytes, line)
            } else if line.isEmpty {
                head.byteCount = line.upperBound + 2
                try finish(bytes, isHead: isHead)
                return true
            } else {
                try head.lines.parseField(bytes, line)
            }
        }
        if head.status == 0, bytes.count >= Self.statusLineLimit { throw .malformed("a status line that does not end") }
        return false
    }

    /// Bytes, the line's end included.
    private static let statusLineLimit = 1024

    /// `status-line = HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 section 4); the space may be missing with the phrase.
    private mutating func parseStatusLine(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(WireError) {
        let start = line.lowerBound
        // Whether it came in one piece or in many.
        guard line.count + 2 <= Self.statusLineLimit else { throw .malformed("a status line that does not end") }
        guard line.count >= 12, bytes.isEqual(start..<start + 9, "HTTP/1.1 ") || bytes.isEqual(start..<start + 9, "HTTP/1.0 ") else {
            throw .malformed("a status line that is not HTTP/1.1")
        }
        var status = 0
        for position in start + 9..<start + 12 {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { throw .malformed("a status that is not a number") }
            status = status * 10 + Int(digit)
        }
        guard 100...599 ~= status, line.count == 12 || bytes[start + 12] == 0x20 else { throw .malformed("a status out of range") }
        for position in start + 12..<line.upperBound where !ByteClass.isFieldValue(bytes[position]) {
            throw .malformed("a control character in the status line")
        }
        head.status = status
        head.isHTTP10 = bytes[start + 7] == UInt8(ascii: "0")
        head.isKeepAlive = !head.isHTTP10
    }

    private mutating func finish(_ bytes: Span<UInt8>, isHead: Bool) throws(WireError) {
        if head.lines.hasConnectionOption(bytes, "close") { head.isKeepAlive = false }
        let length = try head.lines.contentLength(bytes)
        let encoding = head.value(.transferEncoding)
        // RFC 9112 section 6.1: a version that has no chunks cannot have meant them.
        if encoding != nil, head.isHTTP10 { throw .malformed("Transfer-Encoding in HTTP/1.0") }
        if encoding != nil, length != nil { throw .malformed("both Content-Length and Transfer-Encoding") }
        if let encoding, !bytes.isEqualIgnoringCase(encoding, "chunked") {
            throw .malformed("a Transfer-Encoding other than exactly `chunked`")
        }
        switch head.status {
        case 100..<200, 204, 304: head.framing = .none
        default:
            if isHead {
                head.framing = .none
            } else if encoding != nil {
                head.framing = .chunked
            } else if let length {
                head.framing = .length(length)
            } else {
                head.framing = .untilClose
                head.isKeepAlive = false
            }
        }
    }
}
