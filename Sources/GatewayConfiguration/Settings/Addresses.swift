import Access
import StrictJSON

/// Where to listen: an IP address, or `localhost`, and a port; port 0 takes a free one.
package struct ListenAddress: SettingValue, Hashable, CustomStringConvertible {
    /// `127.0.0.1`, `::1` or `localhost`: without brackets.
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Whether only this machine can connect.
    package var isLoopback: Bool {
        if host == "localhost" { return true }
        guard let address = IPAddress(host) else { return false }
        return Self.loopbackNetworks.contains { $0.contains(address) }
    }

    private static let loopbackNetworks = ["127.0.0.0/8", "::1/128"].compactMap { try? CIDR(parsing: $0) }

    init(parsing text: String) throws(ValueError) {
        let expected = "must be an address and a port, such as `127.0.0.1:8080` or `[::1]:8080`"
        guard let (host, digits) = HostAndPort.split(text), let digits else {
            let isPort = !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            throw ValueError(expected, suggestion: isPort ? "127.0.0.1:\(text)" : nil)
        }
        guard let port = HostAndPort.port(digits, minimum: 0) else { throw ValueError("has a port that is not 0 to 65535") }
        guard host == "localhost" || IPAddress(host) != nil else { throw ValueError(expected) }
        self.init(host: host, port: port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    var shown: JSONValue { .string(description) }
}

/// A name that requests may use in `Host`.
package struct HostPattern: SettingValue, Hashable, CustomStringConvertible {
    /// Lower case; an IPv6 address without brackets.
    package let host: String
    /// Nil: any port.
    package let port: Int?

    init(parsing text: String) throws(ValueError) {
        let expected = "must be a host name, with a port or without"
        // An address of the web, written where its host belongs.
        if text.contains("/") { throw ValueError(expected, suggestion: (try? Origin(parsing: text)).map { $0.authority }) }
        guard let (host, digits) = HostAndPort.split(text), HostAndPort.isHost(host) else { throw ValueError(expected) }
        self.host = host.lowercased()
        if let digits {
            guard let port = HostAndPort.port(digits, minimum: 1) else { throw ValueError("has a port that is not 1 to 65535") }
            self.port = port
        } else {
            port = nil
        }
    }

    /// Whether a request for this host and port is meant for us.
    package func matches(host: String, port: Int?) -> Bool {
        self.host == host.lowercased() && (self.port == nil || self.port == port)
    }

    package var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(name):\($0)" } ?? name
    }
    var shown: JSONValue { .string(description) }
}

/// A network whose machines are believed, or a single address.
struct Network: SettingValue {
    let cidr: CIDR

    init(parsing text: String) throws(ValueError) {
        do {
            cidr = try CIDR(parsing: text)
        } catch {
            throw ValueError("is no network: \(error.message)", suggestion: error.suggestion)
        }
    }

    var shown: JSONValue { .string(cidr.description) }
}

/// The scheme, host and port of a web address.
package struct Origin: SettingValue, Hashable, CustomStringConvertible {
    package let isSecure: Bool
    /// Lower case; an IPv6 address without brackets.
    package let host: String
    package let port: Int

    init(parsing text: String) throws(ValueError) {
        let expected = "must be `http://` or `https://`, a host and perhaps a port, and nothing behind"
        let rest: Substring
        if text.hasPrefix("https://") {
            isSecure = true
            rest = text.dropFirst(8)
        } else if text.hasPrefix("http://") {
            isSecure = false
            rest = text.dropFirst(7)
        } else {
            throw ValueError(expected)
        }
        if let slash = rest.firstIndex(of: "/") { throw ValueError(expected, suggestion: String(text[..<slash])) }
        guard !rest.contains("@"), let (host, digits) = HostAndPort.split(String(rest)), HostAndPort.isHost(host) else {
            throw ValueError(expected)
        }
        self.host = host.lowercased()
        if let digits {
            guard let port = HostAndPort.port(digits, minimum: 1) else { throw ValueError("has a port that is not 1 to 65535") }
            self.port = port
        } else {
            port = isSecure ? 443 : 80
        }
    }

    /// As RFC 6454 section 6.2 writes it: without the scheme's own port.
    package var description: String { (isSecure ? "https://" : "http://") + authority }

    /// The host, and the port if it is not the scheme's own.
    fileprivate var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }
    var shown: JSONValue { .string(description) }
}

/// `host`, `host:port`, `[v6]` and `[v6]:port` taken apart.
enum HostAndPort {
    /// Nil when the brackets or colons are wrong. The host comes without brackets, the port as it is written.
    static func split(_ text: String) -> (host: String, port: String?)? {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let host = String(text[text.index(after: text.startIndex)..<end])
            guard IPAddress(host)?.family == .v6 else { return nil }
            let rest = text[text.index(after: end)...]
            if rest.isEmpty { return (host, nil) }
            return rest.hasPrefix(":") ? (host, String(rest.dropFirst())) : nil
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = parts.first, !host.isEmpty, parts.count <= 2 else { return nil }
        return (String(host), parts.count == 2 ? String(parts[1]) : nil)
    }

    static func port(_ digits: String, minimum: Int) -> Int? {
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = Int(digits), (minimum...65535).contains(port)
        else { return nil }
        return port
    }

    /// An IP address, or labels of letters, digits, `-` and `_`, each 1 to 63 bytes, at most 253 together.
    static func isHost(_ text: String) -> Bool {
        if IPAddress(text) != nil { return true }
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count)
                && label.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
                    default: false
                    }
                }
        }
    }
}
