package import Access
import StrictJSON

/// What settings are made of, apart from the file itself.
package struct SettingsSources: Sendable {
    /// By key, in the order given, as text; `--insecure-http` gives `true`.
    package var flags: [SettingKey: [String]]
    package var environment: [String: String]
    /// What `log.format` follows by default.
    package var isTerminal: Bool
    /// What `threads` is by default.
    package var processorCount: Int

    package init(
        flags: [SettingKey: [String]] = [:], environment: [String: String] = [:], isTerminal: Bool = false, processorCount: Int = 1
    ) {
        self.flags = flags
        self.environment = environment
        self.isTerminal = isTerminal
        self.processorCount = processorCount
    }
}

/// What came of reading the configuration.
package struct LoadedSettings: Sendable {
    /// Nil when there was an error.
    package let settings: Settings?
    /// Every value that was read or defaulted, in the order of the contract's table, then the sections of the file.
    package let entries: [SettingEntry]
    package let diagnostics: [Diagnostic]
}

extension Settings {
    /// Puts flags, environment, file and defaults together: all of it, or every mistake.
    ///
    /// - Parameters:
    ///   - root: the file's contents; nil when there is no file or nothing in it.
    ///   - file: the file's name, for messages.
    package static func load(_ root: SourceNode?, file: String, sources: SettingsSources) -> LoadedSettings {
        var reader = SettingsReader(
            file: file, root: root?.kind == .null ? nil : root, flags: sources.flags, environment: sources.environment
        )
        let settings = Settings(&reader, sources)
        reader.checkEnvironmentNames(sources.environment)
        return LoadedSettings(
            settings: reader.diagnostics.contains { $0.severity == .error } ? nil : settings,
            entries: reader.entries, diagnostics: reader.diagnostics
        )
    }

    private init(_ reader: inout SettingsReader, _ sources: SettingsSources) {
        _ = reader.section(
            reader.whole,
            keys: [
                "listen", "admin", "issuer", "audience", "policy", "keys", "store", "threads", "log", "decisions", "tls", "trustedProxies",
                "decide", "shadowPolicy", "insecureHttp", "sessions", "upstreams", "limits", "hosts",
            ]
        )
        _ = reader.section("log", keys: ["level", "format"])
        _ = reader.section("tls", keys: ["certificate", "key", "clientCA"])

        let addresses = reader.listSetting(.listen, default: [ListenAddress(host: "127.0.0.1", port: 8080)], mayBeEmpty: false)
        listen = addresses
        admin = reader.setting(.admin, default: Switchable<ListenAddress, Off>(ListenAddress(host: "127.0.0.1", port: 9090))).value
        let derived = "\(reader.isGiven(.tlsCertificate) ? "https" : "http")://\(addresses.first?.description ?? "")"
        let issuer = reader.given(.issuer, as: Issuer.self)
        self.issuer = issuer?.text ?? reader.setting(.issuer, default: PlainText(derived)).text
        isIssuerDerived = issuer == nil
        audience = reader.setting(.audience, default: Audience(text: "provisioning")).text
        policy = reader.setting(.policy, default: PlainText("policies/policy.yaml")).text
        keys = reader.setting(.keys, default: PlainText("keys")).text
        store = reader.setting(.store, default: StoreLocation.sqlite(path: "data/gatehouse.sqlite"))
        threads =
            reader.setting(
                .threads, default: WholeNumber(min(max(sources.processorCount, 1), 1024)), range: WholeNumber(1)...WholeNumber(1024)
            ).value
        logLevel = reader.setting(.logLevel, default: Choice(LogLevel.info)).value
        logFormat = reader.setting(.logFormat, default: Choice(sources.isTerminal ? LogFormat.text : .json)).value
        decisions = reader.setting(.decisions, default: DecisionLog.file(path: "data/decisions.jsonl"))
        tls = Self.tls(&reader)
        let proxies = reader.listSetting(.trustedProxies, default: [Network](), mayBeEmpty: true).map(\.cidr)
        trustedProxies = proxies
        decide = reader.setting(.decide, default: Switchable<ListenAddress, Off>(nil)).value
        shadowPolicy = reader.optionalSetting(.shadowPolicy, as: PlainText.self)?.text
        insecureHttp = reader.setting(.insecureHttp, default: Flag(false)).value
        hosts = reader.list("hosts", in: reader.whole, default: [HostPattern]())
        sessions = SessionSettings(&reader, keys: keys)
        upstreams = UpstreamSettings.all(&reader)
        limits = LimitSettings(&reader)
        checkExposure(&reader)
    }

    private static func tls(_ reader: inout SettingsReader) -> TLS? {
        let certificate = reader.optionalSetting(.tlsCertificate, as: PlainText.self)?.text
        let key = reader.optionalSetting(.tlsKey, as: PlainText.self)?.text
        let clientCA = reader.optionalSetting(.tlsClientCA, as: PlainText.self)?.text
        switch (certificate, key) {
        case (let certificate?, let key?): return TLS(certificate: certificate, key: key, clientCA: clientCA)
        case (_?, nil): reader.problem("needs `tls.key` too", .tlsCertificate)
        case (nil, _?): reader.problem("needs `tls.certificate` too", .tlsKey)
        case (nil, nil): if clientCA != nil { reader.problem("needs `tls.certificate` and `tls.key` too", .tlsClientCA) }
        }
        return nil
    }

    /// What listens where others can connect, and whether that was meant.
    private func checkExposure(_ reader: inout SettingsReader) {
        for address in listen where !address.isLoopback && tls == nil && !insecureHttp {
            reader.problem(
                "is \(address), which other machines can reach without TLS: give `tls.certificate` and `tls.key`, or `--insecure-http` if "
                    + "something in front of it does TLS",
                .listen
            )
        }
        if let admin, !admin.isLoopback {
            reader.problem("is \(admin), which other machines can reach: it asks nobody who they are", .admin, severity: .warning)
        }
        if let decide, !decide.isLoopback && trustedProxies.isEmpty {
            reader.problem("is \(decide), which is not loopback: that needs `trustedProxies` to say who may ask", .decide)
        }
        for network in trustedProxies where network.prefix == 0 {
            reader.problem("has \(network), which trusts everybody to say who they are", .trustedProxies, severity: .warning)
        }
        var taken: Set<ListenAddress> = []
        let listeners =
            listen.map { (SettingKey.listen, $0) }
            + [(.admin, admin), (.decide, decide)].compactMap { key, address in
                address.map { (key, $0) }
            }
        for (key, address) in listeners where address.port != 0 && !taken.insert(address).inserted {
            reader.problem("has \(address), which is taken by another listener of this configuration", key)
        }
    }
}

extension SettingsReader {
    /// A variable that is nearly one of ours and so was meant to be. Others of the prefix are left alone: orchestrators make such names.
    fileprivate mutating func checkEnvironmentNames(_ environment: [String: String]) {
        let known = SettingKey.allCases.map(\.environmentName) + [SealKey.environmentName, Settings.fileEnvironmentName]
        for name in environment.keys.sorted() where name.hasPrefix("GATEHOUSE_") && !known.contains(name) {
            // Compared without the prefix, which would make everything look near.
            let (word, words) = (name.dropFirst(10), known.map { String($0.dropFirst(10)) })
            guard let near = Spelling.nearest(to: String(word), in: words).map({ "GATEHOUSE_\($0)" }) else { continue }
            add(
                Diagnostic(
                    file: ForeignText.quotable(name), line: 0, column: 0, severity: .warning, message: "no such variable is read",
                    suggestion: near
                )
            )
        }
    }
}

/// An issuer is a web address without query and fragment (RFC 8414 section 2).
struct Issuer: SettingValue {
    let text: String

    init(parsing text: String) throws(ValueError) {
        let authority = text.hasPrefix("https://") ? text.dropFirst(8) : text.hasPrefix("http://") ? text.dropFirst(7) : ""
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"?#\"\\<>@".utf8.contains($0) }
        guard let first = authority.first, first != "/", isPlain, text.utf8.count <= 1024 else {
            throw ValueError("must be an `http://` or `https://` address without query and fragment")
        }
        self.text = text
    }

    var shown: JSONValue { .string(text) }
}

/// An audience is a word that tokens carry: 1 to 255 printable characters without space.
struct Audience: SettingValue {
    let text: String

    init(text: String) { self.text = text }

    init(parsing text: String) throws(ValueError) {
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") }) else {
            throw ValueError("must be 1 to 255 printable characters without space")
        }
        self.text = text
    }

    var shown: JSONValue { .string(text) }
}

extension Settings.DecisionLog: SettingValue {
    init(parsing text: String) throws(ValueError) {
        switch text {
        case "off": self = .off
        case "-": self = .standardOutput
        default: self = .file(path: try PlainText(parsing: text).text)
        }
    }

    var shown: JSONValue {
        switch self {
        case .off: .string("off")
        case .standardOutput: .string("-")
        case .file(let path): .string(path)
        }
    }
}
