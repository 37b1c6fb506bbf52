import HTTPWire

/// The request that a proxy asks about, written out as HTTP/1.1 so that the parser and the gatekeeper judge it like any other.
///
/// What it is comes from the proxy's headers alone; its credentials and other headers are those that came along.
struct DescribedRequest {
    let bytes: [UInt8]
    /// Whether it may have a body, which is not seen here.
    let mayHaveBody: Bool

    /// - Throws: when the proxy does not say, or says in two ways, what the request is (CVE-2026-40575: whichever is not set by the proxy
    ///   itself comes from the client).
    init(_ head: borrowing RequestHead, _ bytes: Span<UInt8>) throws(Refusal) {
        let method = try Self.value(head, bytes, "x-forwarded-method", or: "x-original-method", name: "X-Forwarded-Method")
        let target = try Self.value(head, bytes, "x-forwarded-uri", or: "x-original-uri", name: "X-Forwarded-Uri")
        let host = try Self.single(head, bytes, "x-forwarded-host", name: "X-Forwarded-Host") ?? head.value(.host)
        guard let method else { throw .undescribed("X-Forwarded-Method") }
        guard let target else { throw .undescribed("X-Forwarded-Uri") }
        var result: [UInt8] = []
        result.reserveCapacity(head.byteCount)
        result.append(bytes, method)
        result.append(text: " ")
        result.append(bytes, target)
        result.append(text: " HTTP/1.1\r\nhost: ")
        if let host { result.append(bytes, host) }
        var isWebSocket = false
        for field in head.fields where Self.isPart(field, bytes) {
            result.append(text: "\r\n")
            result.append(bytes, field.name)
            result.append(text: ": ")
            result.append(bytes, field.value)
            isWebSocket = isWebSocket || bytes.isEqualIgnoringCase(field.name, "sec-websocket-key")
        }
        // Proxies take `Upgrade` away, which belongs to their connection; yet it decides whether another site may have begun this.
        if isWebSocket { result.append(text: "\r\nupgrade: websocket") }
        result.append(text: "\r\n\r\n")
        self.bytes = result
        mayHaveBody =
            !["GET", "HEAD", "DELETE", "OPTIONS"].contains(bytes.string(method)) || head.framing.hasBody
            || head.value(.contentType) != nil || head.value(.contentDigest) != nil
    }

    private static func isPart(_ field: HeadField, _ bytes: Span<UInt8>) -> Bool {
        switch field.known {
        case .host, .connection, .expect, .upgrade: return false
        case .other:
            let isOurs = ["x-forwarded-", "x-original-"].contains { (prefix: StaticString) in
                let length = prefix.utf8CodeUnitCount
                let name = field.name
                return name.count >= length && bytes.isEqualIgnoringCase(name.lowerBound..<name.lowerBound + length, prefix)
            }
            return !isOurs
        default: return true
        }
    }

    private static func value(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ first: StaticString, or second: StaticString, name: StaticString
    ) throws(Refusal) -> Range<Int>? {
        let (one, two) = (try single(head, bytes, first, name: name), try single(head, bytes, second, name: name))
        if let one, let two, !Self.isSame(bytes, one, two) {
            throw Refusal(WireError.malformed("an \(name) header and another that says otherwise"))
        }
        return one ?? two
    }

    private static func single(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ field: StaticString, name: StaticString
    ) throws(Refusal) -> Range<Int>? {
        var found: Range<Int>?
        for candidate in head.fields where candidate.known == .other && bytes.isEqualIgnoringCase(candidate.name, field) {
            guard found == nil else { throw Refusal(WireError.repeatedHeader("\(name)")) }
            found = candidate.value
        }
        return found
    }

    private static func isSame(_ bytes: Span<UInt8>, _ one: Range<Int>, _ two: Range<Int>) -> Bool {
        guard one.count == two.count else { return false }
        for offset in 0..<one.count where bytes[one.lowerBound + offset] != bytes[two.lowerBound + offset] { return false }
        return true
    }
}

extension Refusal {
    fileprivate static func undescribed(_ header: String) -> Refusal {
        Refusal(WireError.malformed("no \(header) header, by which the proxy says which request it asks about"))
    }
}
