import HTTPWire

/// Looks for credentials in a query. They are never read there, and refused so that nobody goes on sending them (attacks row T-04).
package enum QueryGuard {
    /// Parameters that carry a credential wherever they stand, lower case.
    private static let names: [StaticString] = ["access_token", "client_secret", "client_assertion", "jwt"]

    /// Whether the canonical query, without its `?`, has a parameter of such a name.
    package static func namesToken(_ query: Span<UInt8>) -> Bool {
        var start = 0
        while start < query.count {
            var end = start
            while end < query.count, query[end] != UInt8(ascii: "&"), query[end] != UInt8(ascii: "=") { end += 1 }
            for name in names where query.isEqualIgnoringCase(start..<end, name) { return true }
            while end < query.count, query[end] != UInt8(ascii: "&") { end += 1 }
            start = end + 1
        }
        return false
    }
}

/// Compares media types; parameters do not take part (RFC 9110 section 8.3.1).
package enum MediaType {
    /// Whether the value of a Content-Type header is one of these, which are lower case and without parameters.
    static func isOne(of types: [String], _ value: Span<UInt8>) -> Bool {
        var end = 0
        while end < value.count, value[end] != UInt8(ascii: ";"), value[end] != 0x20, value[end] != 0x09 { end += 1 }
        return types.contains { type in
            let type = type.utf8.span
            guard type.count == end else { return false }
            for index in 0..<end where lower(value[index]) != type[index] { return false }
            return true
        }
    }
}

/// The hosts that are served (attacks row H-15: case, trailing dot and port are dealt with once, here).
enum HostList {
    static func contains(_ hosts: [String], _ host: Span<UInt8>) -> Bool {
        var nameEnd = host.count
        var index = host.count - 1
        while index > 0, host[index] &- UInt8(ascii: "0") < 10 { index -= 1 }
        if index > 0, host[index] == UInt8(ascii: ":"), host[0] != UInt8(ascii: "[") || host[index - 1] == UInt8(ascii: "]") {
            nameEnd = index
        }
        let port = host.extracting(nameEnd..<host.count)
        let name = host.extracting(0..<(nameEnd > 1 && host[nameEnd - 1] == UInt8(ascii: ".") ? nameEnd - 1 : nameEnd))
        return hosts.contains { entry in
            let entry = entry.utf8.span
            guard entry.count == name.count || entry.count == name.count + port.count, entry.count >= name.count else { return false }
            for index in 0..<name.count where lower(name[index]) != entry[index] { return false }
            for index in name.count..<entry.count where entry[index] != port[index - name.count] { return false }
            return true
        }
    }
}

private func lower(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }
