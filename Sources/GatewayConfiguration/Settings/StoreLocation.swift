import StrictJSON

/// Where the store is.
package enum StoreLocation: SettingValue, CustomStringConvertible, CustomReflectable {
    /// The path of the database file.
    case sqlite(path: String)
    /// A connection URI as libpq takes it, with the password in it: never to be printed. `description` leaves the password out.
    case postgres(uri: String)

    init(parsing text: String) throws(ValueError) {
        let expected = "must be `sqlite:PATH` or `postgres://user:password@host:port/database`"
        guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control && $0 != " " }) || text.hasPrefix("sqlite:") else {
            throw ValueError(expected)
        }
        if text.hasPrefix("sqlite:") {
            let path = text.dropFirst(7)
            guard !path.isEmpty, path.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
                throw ValueError("must have the path of a file behind `sqlite:`")
            }
            self = .sqlite(path: String(path))
            return
        }
        guard let rest = Self.behindScheme(text) else { throw ValueError(expected) }
        // Everything up to the last `@` before the path is user and password (RFC 3986 section 3.2).
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        let database = rest.dropFirst(authority.count + 1).prefix { $0 != "?" && $0 != "#" }
        guard !host.isEmpty, rest.dropFirst(authority.count).first == "/", !database.isEmpty else { throw ValueError(expected) }
        // A `/` in the password would cut it in two, and the second half would be taken for the database and printed.
        guard !database.contains("@") else {
            throw ValueError("has an `@` behind the host: write `/` as %2F and `@` as %40 in user and password")
        }
        // Several hosts may stand there, IPv6 addresses in brackets.
        for host in host.split(separator: ",") {
            guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else { continue }
            let digits = host[host.index(after: colon)...]
            guard digits.isEmpty || HostAndPort.port(String(digits), minimum: 1) != nil else {
                throw ValueError("has a port that is not 1 to 65535")
            }
        }
        self = .postgres(uri: text)
    }

    private static func behindScheme(_ text: String) -> Substring? {
        for scheme in ["postgres://", "postgresql://"] where text.hasPrefix(scheme) { return text.dropFirst(scheme.count) }
        return nil
    }

    /// Without the password, and without what a `?` brings: a password can stand there too.
    package var description: String {
        switch self {
        case .sqlite(let path): return "sqlite:\(path)"
        case .postgres(let uri):
            guard let rest = Self.behindScheme(uri) else { return "postgres://…" }
            let scheme = uri.dropLast(rest.count)
            let plain = rest.prefix { $0 != "?" && $0 != "#" }
            let authority = plain.prefix { $0 != "/" }
            guard let at = authority.lastIndex(of: "@") else { return "\(scheme)\(plain)" }
            let user = authority[..<at].prefix { $0 != ":" }
            let hidden = user.endIndex < at ? ":…" : ""
            return "\(scheme)\(user)\(hidden)\(plain[at...])"
        }
    }

    package var customMirror: Mirror { Mirror(self, children: ["location": description]) }
    var shown: JSONValue { .string(description) }
}
