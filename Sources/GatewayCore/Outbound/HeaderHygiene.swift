package import HTTPWire

/// Which header fields may pass the gateway, judged by a normal form of the name: lower case, every byte that is no letter or digit
/// taken for `-`, since backends fold `_` and `.` that way (attacks rows H-01 to H-08).
package enum HeaderHygiene {
    /// Whether a client's field may reach an upstream. `Host`, `Content-Length` and the body's framing are written anew by the gateway.
    static func mayReachUpstream(_ field: HeadField, _ bytes: Span<UInt8>) -> Bool {
        switch field.known {
        case .host, .contentLength, .transferEncoding, .connection, .expect, .upgrade, .authorization, .cookie, .signature,
            .signatureInput, .xRequestID, .traceparent:
            return false
        case .contentType, .contentDigest, .idempotencyKey, .ifMatch, .ifNoneMatch, .origin, .secFetchSite, .accept: return true
        // A second spelling of a field that is judged or written here, such as `content_length`, would be joined with it by a backend that folds.
        case .other: return KnownField.folded(bytes, field.name) == .other && !isRemoved(bytes, field.name)
        }
    }

    /// Whether an upstream's field may reach the client.
    package static func mayReachClient(_ field: HeadField, _ bytes: Span<UInt8>) -> Bool {
        switch field.known {
        case .contentLength, .transferEncoding, .connection, .upgrade, .xRequestID: return false
        case .other:
            let name = field.name
            return !hasPrefix(bytes, name, "x-gatehouse-") && !isHopByHop(bytes, name)
        default: return true
        }
    }

    /// Whether an upstream's field tells browsers which pages may see the answer. Where a credential was judged, or the gateway says so itself,
    /// this is the gateway's to say: an upstream that repeats any `Origin` would open sessions to every page.
    package static func isCrossOrigin(_ field: HeadField, _ bytes: Span<UInt8>) -> Bool {
        field.known == .other && hasPrefix(bytes, field.name, "access-control-")
    }

    private static func isRemoved(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
        switch bytes[name.lowerBound] | 0x20 {
        case UInt8(ascii: "x"):
            return hasPrefix(bytes, name, "x-gatehouse-") || hasPrefix(bytes, name, "x-forwarded-")
                || controls.contains { spells(bytes, name, $0) }
        case UInt8(ascii: "f"): return spells(bytes, name, "forwarded")
        case UInt8(ascii: "c"): return spells(bytes, name, "cf-connecting-ip")
        case UInt8(ascii: "t"): return spells(bytes, name, "true-client-ip") || isHopByHop(bytes, name)
        case UInt8(ascii: "k"), UInt8(ascii: "p"): return isHopByHop(bytes, name)
        case UInt8(ascii: "h"): return spells(bytes, name, "http2-settings")
        default: return false
        }
    }

    /// Headers by which somebody in between says where a request came from, went to, or what it should have been (rows H-05, H-08, H-09, H-14).
    private static let controls: [StaticString] = [
        "x-real-ip", "x-client-ip", "x-cluster-client-ip", "x-original-url", "x-original-uri", "x-original-method", "x-rewrite-url",
        "x-envoy-original-path", "x-http-method-override", "x-http-method", "x-method-override", "x-middleware-subrequest",
    ]

    /// RFC 9110 section 7.6.1; `Connection`, `Transfer-Encoding` and `Upgrade` are known fields.
    private static let hopByHop: [StaticString] = [
        "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    ]

    private static func isHopByHop(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool { hopByHop.contains { spells(bytes, name, $0) } }

    /// Names that `Connection` must not nominate: a hop before us may have added them, and dropping them would open a door (CVE-2024-45410).
    package static func isProtected(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
        protected.contains { spells(bytes, name, $0) } || hasPrefix(bytes, name, "x-gatehouse-") || hasPrefix(bytes, name, "x-forwarded-")
            || hasPrefix(bytes, name, "content-") || hasPrefix(bytes, name, "if-")
    }

    private static let protected: [StaticString] = [
        "accept", "authorization", "cookie", "forwarded", "host", "idempotency-key", "origin", "signature", "signature-input",
        "traceparent",
        "x-request-id", "sec-fetch-site",
    ]

    private static func spells(_ bytes: Span<UInt8>, _ name: Range<Int>, _ text: StaticString) -> Bool {
        name.count == text.utf8CodeUnitCount && hasPrefix(bytes, name, text)
    }

    private static func hasPrefix(_ bytes: Span<UInt8>, _ name: Range<Int>, _ prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        guard name.count >= count else { return false }
        for offset in 0..<count {
            // A StaticString's bytes live as long as the program, and `offset` is below their count.
            if unsafe normal(bytes[name.lowerBound + offset]) != prefix.utf8Start[offset] { return false }
        }
        return true
    }

    private static func normal(_ byte: UInt8) -> UInt8 {
        let lower = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
        let isAlphanumeric = lower &- UInt8(ascii: "a") < 26 || lower &- UInt8(ascii: "0") < 10
        return isAlphanumeric ? lower : UInt8(ascii: "-")
    }
}

/// The names that a `Connection` header nominates, which are removed with it (RFC 9110 section 7.6.1).
package struct NominatedNames {
    private var ranges: [Range<Int>] = []

    /// - Throws: when a name is nominated that must not be.
    init(_ head: borrowing RequestHead, _ bytes: Span<UInt8>) throws(Refusal) {
        guard head.value(.connection) != nil else { return }
        for field in head.fields where field.known == .connection {
            try bytes.forEachListMember(field.value) { name throws(Refusal) in
                if bytes.isEqualIgnoringCase(name, "close") || bytes.isEqualIgnoringCase(name, "keep-alive") { return }
                if HeaderHygiene.isProtected(bytes, name) {
                    throw Refusal(WireError.malformed("a Connection header that nominates a header it must not"))
                }
                ranges.append(name)
            }
        }
    }

    /// Of an answer. What must not be nominated is kept: an upstream may say so of its own hop only.
    package init(_ head: borrowing ResponseHead, _ bytes: Span<UInt8>) {
        guard head.value(.connection) != nil else { return }
        for field in head.fields where field.known == .connection {
            bytes.forEachListMember(field.value) { name in
                if !HeaderHygiene.isProtected(bytes, name) { ranges.append(name) }
            }
        }
    }

    package func contains(_ name: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        ranges.contains { bytes.isEqualIgnoringCase($0, as: name) }
    }
}
