package import Access
package import HTTPWire

/// Who made a request that a trusted proxy passes on.
package enum ForwardedClient {
    /// The address is the rightmost of X-Forwarded-For that is not itself trusted: each proxy appends whom it has seen, so what stands left
    /// of that was written by somebody who is not believed. The scheme is that of X-Forwarded-Proto.
    /// - Parameters:
    ///   - proxy: the connection's other end, which is believed.
    ///   - trusted: whose addresses in X-Forwarded-For are proxies.
    /// - Throws: when the proxy says what cannot be understood. Passing on as somebody else's would be a guess.
    package static func peer(
        of head: borrowing RequestHead, _ bytes: Span<UInt8>, through proxy: Gatekeeper.Peer, trusting trusted: [CIDR]
    ) throws(Refusal) -> Gatekeeper.Peer {
        var address = proxy.address
        var isSecure: Bool?
        let fields = head.fields
        for index in fields.indices where fields[index].known == .other {
            if bytes.isEqualIgnoringCase(fields[index].name, "x-forwarded-proto") {
                guard isSecure == nil else { throw .forwarded("more than one X-Forwarded-Proto header") }
                isSecure = try scheme(bytes, fields[index].value)
            }
        }
        search: for field in fields.reversed() where field.known == .other && bytes.isEqualIgnoringCase(field.name, "x-forwarded-for") {
            var end = field.value.upperBound
            while end > field.value.lowerBound {
                var start = end
                while start > field.value.lowerBound, bytes[start - 1] != UInt8(ascii: ",") { start -= 1 }
                guard let found = node(bytes, start..<end) else { throw .forwarded("an X-Forwarded-For header with what is no address") }
                address = found
                if !trusted.contains(where: { $0.contains(found) }) { break search }
                end = start - 1
            }
        }
        return Gatekeeper.Peer(address: address, isSecure: isSecure ?? proxy.isSecure)
    }

    /// Some proxies name the protocol of a WebSocket so.
    private static func scheme(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(Refusal) -> Bool {
        if bytes.isEqualIgnoringCase(value, "https") || bytes.isEqualIgnoringCase(value, "wss") { return true }
        if bytes.isEqualIgnoringCase(value, "http") || bytes.isEqualIgnoringCase(value, "ws") { return false }
        throw .forwarded("an X-Forwarded-Proto header that is neither `http` nor `https`")
    }

    /// An address, with a port or without: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
    private static func node(_ bytes: Span<UInt8>, _ range: Range<Int>) -> IPAddress? {
        var text = bytes.string(range).trimmed
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]"), isPort(text[text.index(after: end)...]) else { return nil }
            return IPAddress(String(text[text.index(after: text.startIndex)..<end]))
        }
        if text.contains("."), !text.hasPrefix(":"), let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") {
            guard isPort(text[colon...]) else { return nil }
            text = text[..<colon]
        }
        return IPAddress(String(text))
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || text.hasPrefix(":") && 2...6 ~= text.utf8.count && text.utf8.dropFirst().allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
    }
}

extension String {
    /// Without spaces and tabs around it.
    fileprivate var trimmed: Substring {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text = text.dropFirst() }
        while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
        return text
    }
}

extension Refusal {
    static func forwarded(_ detail: String) -> Refusal { Refusal(WireError.malformed(detail)) }
}
