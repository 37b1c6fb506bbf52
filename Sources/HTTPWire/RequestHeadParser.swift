/// The strict HTTP/1.1 request head parser (RFC 9112): bytes in, ranges out, nothing copied.
///
/// It refuses whatever two readers have been seen to read differently, where the RFC would allow a repair (contract section 7). All that
/// it accepts, a lenient parser accepts with the same meaning.
///
/// States: a complete line -> a complete line … -> complete; or a `WireError`, after which it must not be used.
package struct RequestHeadParser: Sendable {
    package let limits: WireLimits
    package private(set) var head: RequestHead

    package init(limits: WireLimits) {
        self.limits = limits
        head = RequestHead(limits: limits)
    }

    /// Makes ready for the next request, whose first byte is then at offset 0.
    package mutating func reset() { head.reset() }

    /// Parses as far as the bytes go.
    /// - Parameter bytes: everything from the first byte of the request line on; the same bytes as before plus what came since.
    /// - Returns: true when the head is complete (`head.byteCount` bytes), false when more bytes are needed.
    package mutating func parse(_ bytes: Span<UInt8>) throws(WireError) -> Bool {
        while let line = try head.lines.next(bytes) {
            if head.method.isEmpty {
                try parseRequestLine(bytes, line)
            } else if line.isEmpty {
                head.byteCount = line.upperBound + 2
                try finish(bytes)
                return true
            } else {
                try head.lines.parseField(bytes, line)
            }
        }
        if head.method.isEmpty, bytes.count > 0 {
            // Method, version and spaces take less than 64 bytes, unless the method is none that anybody knows.
            if bytes.count > limits.target + 64 { throw .targetTooLong }
            if !ByteClass.isToken(bytes[0]) { throw .malformed("a request line that does not begin with a method") }
        }
        return false
    }

    /// `request-line = method SP request-target SP HTTP-version` (RFC 9112 section 3)
    private mutating func parseRequestLine(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(WireError) {
        var position = line.lowerBound
        while position < line.upperBound, ByteClass.isToken(bytes[position]) { position += 1 }
        let method = line.lowerBound..<position
        guard !method.isEmpty else { throw .malformed("a request line that does not begin with a method") }
        guard position < line.upperBound, bytes[position] == 0x20 else { throw .malformed("a method that one space does not follow") }
        position += 1
        let targetStart = position
        while position < line.upperBound, bytes[position] > 0x20, bytes[position] < 0x7F { position += 1 }
        let target = targetStart..<position
        if target.count > limits.target { throw .targetTooLong }
        if position < line.upperBound, bytes[position] >= 0x80 {
            throw .malformedTarget("a raw non-ASCII byte in the target; percent-encode it")
        }
        guard position < line.upperBound, bytes[position] == 0x20 else {
            throw .malformed("a target that one space and the version do not follow")
        }
        let version = position + 1..<line.upperBound
        if bytes.isEqual(version, "HTTP/1.1") {
            head.isHTTP10 = false
        } else if bytes.isEqual(version, "HTTP/1.0") {
            head.isHTTP10 = true
        } else {
            throw .malformed("a version that is neither HTTP/1.1 nor HTTP/1.0")
        }
        guard !target.isEmpty else { throw .malformedTarget("the target is empty") }
        head.method = method
        head.target = target
    }

    // MARK: What the fields say together

    private mutating func finish(_ bytes: Span<UInt8>) throws(WireError) {
        if head.byteCount - head.lines.fieldsStart > limits.headers + 2 { throw .headersTooLarge }
        guard let host = head.value(.host) else { throw .malformed("no Host header") }
        guard HostSyntax.isValid(bytes, host) else { throw .malformed("a Host header that is not a host and optional port") }
        head.framing = try framing(bytes)
        head.target = try originForm(bytes, host: host)
        head.isKeepAlive = !head.isHTTP10 && !head.lines.hasConnectionOption(bytes, "close")
        if let expect = head.value(.expect) {
            guard bytes.isEqualIgnoringCase(expect, "100-continue") else { throw .expectationFailed }
            head.expectsContinue = !head.isHTTP10 && head.framing.hasBody
        }
    }

    /// RFC 9112 section 6.3, with every case that it calls an error or lets a server repair refused.
    private func framing(_ bytes: Span<UInt8>) throws(WireError) -> RequestHead.Framing {
        let length = try head.lines.contentLength(bytes)
        if let encoding = head.value(.transferEncoding) {
            if length != nil { throw .malformed("both Content-Length and Transfer-Encoding") }
            if head.isHTTP10 { throw .malformed("Transfer-Encoding in HTTP/1.0") }
            guard bytes.isEqualIgnoringCase(encoding, "chunked") else {
                throw .malformed("a Transfer-Encoding other than exactly `chunked`")
            }
            return .chunked
        }
        return length.map { .length($0) } ?? .none
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
