import StrictJSON

/// One of the `upstreams` of the configuration: a backend that authorized requests are forwarded to.
package struct UpstreamSettings: Sendable {
    package enum Assertion: String, CaseIterable, Sendable { case ed25519, hmac, none }
    package enum Host: String, CaseIterable, Sendable { case preserve, upstream }

    package struct Health: Sendable, Equatable {
        package let path: String
        package let interval: TimeSpan
    }

    /// How a server's certificate is judged. That it is judged cannot be switched off.
    package struct TLS: Sendable, Equatable {
        /// PEM file of the authorities to believe; nil: the system's.
        package let ca: String?
        /// The name the certificate must have; nil: the server's host.
        package let serverName: String?
    }

    package let name: String
    /// At least one.
    package let servers: [Origin]
    /// The path prefix to take away, without a slash at its end; nil: none.
    package let strip: String?
    package let connectTimeout: TimeSpan
    package let responseTimeout: TimeSpan
    package let idleTimeout: TimeSpan
    /// 0 to 10.
    package let retries: Int
    /// Nil: a server is judged by its answers alone.
    package let health: Health?
    /// Per server and event loop.
    package let connections: Int
    package let assertion: Assertion
    package let host: Host
    package let tls: TLS

    /// What a policy calls the internal module.
    private static let reservedName = "provisioning"

    /// All of the file's upstreams; one with a mistake is among the diagnostics instead.
    static func all(_ reader: inout SettingsReader) -> [UpstreamSettings] {
        reader.namedSections("upstreams").compactMap { name, node in
            guard name != reservedName, isName(name) else {
                let reason = name == reservedName ? "is what the internal module is called" : "must be 1 to 63 letters, digits, `-` and `_`"
                reader.problem("names an upstream `\(ForeignText.quotable(name))`, which \(reason)", node)
                return nil
            }
            return UpstreamSettings(name, &reader, node)
        }
    }

    /// It becomes an audience and a label of a metric.
    private static func isName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_".unicodeScalars.contains($0))
            }
    }

    private init?(_ name: String, _ reader: inout SettingsReader, _ item: SettingsReader.Section) {
        let section = reader.section(
            item, keys: ["servers", "rewrite", "timeout", "retries", "health", "connections", "assertion", "host", "tls"]
        )
        self.name = name
        servers = reader.list("servers", in: section, default: [Origin](), mayBeEmpty: false)
        strip = reader.optional("strip", in: reader.section("rewrite", in: section, keys: ["strip"]), as: PathPrefix.self)?.text
        let timeout = reader.section("timeout", in: section, keys: ["connect", "response", "idle"])
        let range = TimeSpan(milliseconds: 10)...TimeSpan.days(1)
        connectTimeout = reader.value("connect", in: timeout, default: .seconds(1), range: range)
        responseTimeout = reader.value("response", in: timeout, default: .seconds(30), range: range)
        idleTimeout = reader.value("idle", in: timeout, default: .seconds(60), range: range)
        retries = reader.value("retries", in: section, default: WholeNumber(1), range: .init(0)...(.init(10))).value
        health = Self.health(&reader, section)
        connections = reader.value("connections", in: section, default: WholeNumber(128), range: .init(1)...(.init(100_000))).value
        assertion = reader.value("assertion", in: section, default: Choice(Assertion.ed25519)).value
        host = reader.value("host", in: section, default: Choice(Host.preserve)).value
        let tls = reader.section("tls", in: section, keys: ["ca", "serverName"])
        self.tls = TLS(
            ca: reader.optional("ca", in: tls, as: PlainText.self)?.text,
            serverName: reader.optional("serverName", in: tls, as: ServerName.self)?.text
        )
        if tls.isPresent && !servers.contains(where: \.isSecure) {
            reader.problem("is given, but no server is `https://`", tls)
        }
        if servers.isEmpty { return nil }
    }

    private static func health(_ reader: inout SettingsReader, _ section: SettingsReader.Section) -> Health? {
        let health = reader.section("health", in: section, keys: ["path", "interval"])
        guard health.isPresent else { return nil }
        let path = reader.required("path", in: health, as: RequestPath.self)
        let interval = reader.value("interval", in: health, default: .seconds(5), range: TimeSpan(milliseconds: 100)...TimeSpan.hours(1))
        return path.map { Health(path: $0.text, interval: interval) }
    }
}

/// A path with nothing in it that two readers could take differently.
struct RequestPath: SettingValue {
    let text: String

    init(parsing text: String) throws(ValueError) {
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"%\\;#\"<>".utf8.contains($0) }
        guard text.hasPrefix("/"), isPlain, !text.contains("//"), !text.split(separator: "/").contains(where: { $0 == "." || $0 == ".." })
        else { throw ValueError("must be a path that begins with `/`") }
        self.text = text
    }

    var shown: JSONValue { .string(text) }
}

/// A path to be taken from the front of others.
struct PathPrefix: SettingValue {
    let text: String

    init(parsing text: String) throws(ValueError) {
        let path = try RequestPath(parsing: text)
        guard path.text != "/", !path.text.contains("?") else { throw ValueError("must be a path with at least one segment") }
        guard !path.text.hasSuffix("/") else {
            throw ValueError("must not end with `/`", suggestion: String(path.text.dropLast()))
        }
        self.text = path.text
    }

    var shown: JSONValue { .string(text) }
}

struct ServerName: SettingValue {
    let text: String

    init(parsing text: String) throws(ValueError) {
        guard HostAndPort.isHost(text) else { throw ValueError("must be a host name") }
        self.text = text.lowercased()
    }

    var shown: JSONValue { .string(text) }
}
