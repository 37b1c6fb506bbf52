import Access
import HTTPWire

/// The origins whose pages may use a session: the gateway's own, as the request names it, and those that are listed.
package struct AllowedOrigins: Sendable {
    /// As browsers send them (RFC 6454 section 6.2): lower case, without the scheme's own port.
    private let listed: [[UInt8]]

    package static let ownOnly = AllowedOrigins([])

    package init(_ listed: [String]) { self.listed = listed.map { Array($0.utf8) } }

    /// Refuses a request that changes something when it may have been made by a page of another site: a browser adds the cookie to it
    /// all the same. A WebSocket's handshake is a GET, but no CORS rule holds it back.
    /// - Throws: `cross_site` unless `Origin` is allowed or, where a browser sends none, `Sec-Fetch-Site` is `same-origin`.
    func checkSite(of method: Method, _ head: borrowing RequestHead, _ bytes: Span<UInt8>, isSecure: Bool) throws(Refusal) {
        switch method {
        case .get, .head, .options:
            guard head.value(.upgrade) != nil,
                head.fields.contains(where: { $0.known == .upgrade && bytes.hasListMember($0.value, "websocket") })
            else { return }
        case .post, .put, .patch, .delete: break
        }
        if head.value(.origin) != nil {
            guard allowedOrigin(head, bytes, isSecure: isSecure) != nil else { throw .crossSite }
        } else {
            guard let site = head.value(.secFetchSite), bytes.isEqual(site, "same-origin") else { throw .crossSite }
        }
    }

    /// What every answer to this request carries. Only an allowed origin gets more than `Vary`, which caches need as soon as answers
    /// can differ.
    func answerHeaders(_ head: borrowing RequestHead, _ bytes: Span<UInt8>, isSecure: Bool) -> [(String, String)] {
        guard let origin = allowedOrigin(head, bytes, isSecure: isSecure) else { return listed.isEmpty ? [] : CrossOrigin.varying }
        return CrossOrigin.headers(for: bytes.string(origin))
    }

    /// What answers a preflight beyond that; empty when the request is none, or none of an allowed origin.
    /// - Parameter methods: those that the policy's routes give the path.
    func preflightHeaders(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ methods: MethodSet, isSecure: Bool
    ) -> [(String, String)] {
        guard allowedOrigin(head, bytes, isSecure: isSecure) != nil else { return [] }
        return CrossOrigin.preflightHeaders(head, bytes, methods)
    }

    /// Range of the request's `Origin`, when it is an allowed one.
    private func allowedOrigin(_ head: borrowing RequestHead, _ bytes: Span<UInt8>, isSecure: Bool) -> Range<Int>? {
        guard let range = head.value(.origin) else { return nil }
        let origin = bytes.extracting(range)
        if let host = head.value(.host), isOwn(origin, host: bytes.extracting(host), isSecure: isSecure) { return range }
        let isListed = listed.contains { allowed in
            guard allowed.count == origin.count else { return false }
            for index in allowed.indices where allowed[index] != origin[index] { return false }
            return true
        }
        return isListed ? range : nil
    }

    /// Whether `origin` is the scheme of the connection and the Host; the host's letters are compared without case.
    private func isOwn(_ origin: Span<UInt8>, host: Span<UInt8>, isSecure: Bool) -> Bool {
        let scheme: StaticString = isSecure ? "https://" : "http://"
        let port: StaticString = isSecure ? ":443" : ":80"
        let schemeLength = scheme.utf8CodeUnitCount
        guard origin.count > schemeLength, origin.isEqual(0..<schemeLength, scheme) else { return false }
        var hostLength = host.count
        // A client may name the scheme's own port, an origin never does.
        let portLength = port.utf8CodeUnitCount
        if hostLength > portLength, host.isEqual(hostLength - portLength..<hostLength, port) { hostLength -= portLength }
        guard hostLength > 0, origin.count == schemeLength + hostLength else { return false }
        for index in 0..<hostLength where lower(origin[schemeLength + index]) != lower(host[index]) { return false }
        return true
    }

    private func lower(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }
}

/// The headers of the CORS protocol (Fetch standard, section 3.3). Only what goes to an allowed origin is made here.
enum CrossOrigin {
    static let allowedOriginName = "access-control-allow-origin"
    static let varying = [("vary", "Origin")]

    /// Of the answer headers that this gateway adds, those that a page may want to read.
    private static let exposed =
        "ETag, Location, Idempotent-Replayed, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id"

    /// Seconds for which a browser may remember a preflight: as long as a mistake in the policy may hurt.
    private static let preflightAge = "600"

    /// Longest list of header names that is answered, bytes.
    private static let longestList = 1024

    static func headers(for origin: String) -> [(String, String)] {
        [
            (allowedOriginName, origin), ("access-control-allow-credentials", "true"),
            ("access-control-expose-headers", exposed), ("vary", "Origin"),
        ]
    }

    /// Empty when the request is no preflight. The header names that the page wants to send are allowed as it names them: its origin is
    /// trusted, and upstreams have headers of their own.
    /// - Parameter methods: those that the policy's routes give the path.
    static func preflightHeaders(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ methods: MethodSet
    ) -> [(String, String)] {
        guard value("access-control-request-method", head, bytes) != nil else { return [] }
        var headers = [
            ("access-control-allow-methods", methods.list), ("access-control-max-age", preflightAge),
            ("vary", "Access-Control-Request-Method, Access-Control-Request-Headers"),
        ]
        if let names = value("access-control-request-headers", head, bytes), isNameList(bytes, names) {
            headers.append(("access-control-allow-headers", bytes.string(names)))
        }
        return headers
    }

    private static func value(_ name: StaticString, _ head: borrowing RequestHead, _ bytes: Span<UInt8>) -> Range<Int>? {
        for field in head.fields where bytes.isEqualIgnoringCase(field.name, name) { return field.value }
        return nil
    }

    /// `#field-name` (RFC 9110 section 5.6.1): letters, digits, `-` and `_` are all that real names have.
    private static func isNameList(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard 1...longestList ~= range.count else { return false }
        for index in range {
            switch bytes[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ","), UInt8(ascii: " "):
                continue
            default: return false
            }
        }
        return true
    }
}
