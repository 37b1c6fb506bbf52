import HTTPWire

/// Keeps sessions from the upstreams: the other cookies pass as they are.
enum CookieHygiene {
    /// Calls for each cookie of a header value that is not one of the named, or a chunk of it (`<name>.<number>`), with or without
    /// the prefixes `__Secure-` and `__Host-`.
    static func forEachOther(_ bytes: Span<UInt8>, _ value: Range<Int>, than names: [String], _ body: (Range<Int>) -> Void) {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != UInt8(ascii: ";") { end += 1 }
            var cookie = start..<end
            while !cookie.isEmpty, isSpace(bytes[cookie.lowerBound]) { cookie = cookie.lowerBound + 1..<cookie.upperBound }
            while !cookie.isEmpty, isSpace(bytes[cookie.upperBound - 1]) { cookie = cookie.lowerBound..<cookie.upperBound - 1 }
            if !cookie.isEmpty, !names.contains(where: { isNamed(bytes, cookie, $0) }) { body(cookie) }
            start = end + 1
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isNamed(_ bytes: Span<UInt8>, _ cookie: Range<Int>, _ name: String) -> Bool {
        var start = cookie.lowerBound
        // `=name=value` is a cookie without a name to some readers, and this one to others (CVE-2023-23934).
        while start < cookie.upperBound, bytes[start] == UInt8(ascii: "=") || isSpace(bytes[start]) { start += 1 }
        for prefix in ["__Secure-", "__Host-"] as [StaticString] {
            let length = prefix.utf8CodeUnitCount
            if cookie.upperBound - start > length, bytes.isEqual(start..<start + length, prefix) {
                start += length
                break
            }
        }
        let name = name.utf8.span
        guard cookie.upperBound - start >= name.count else { return false }
        for index in 0..<name.count where bytes[start + index] != name[index] { return false }
        // A nameless or valueless cookie of that name goes too; a longer name stays.
        var next = start + name.count
        if next < cookie.upperBound, bytes[next] == UInt8(ascii: ".") {
            next += 1
            while next < cookie.upperBound, bytes[next] &- UInt8(ascii: "0") < 10 { next += 1 }
        }
        return next == cookie.upperBound || bytes[next] == UInt8(ascii: "=") || isSpace(bytes[next])
    }
}
