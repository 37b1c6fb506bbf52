import ArgumentParser
import GatewayConfiguration

/// Every flag of the configuration's table, for the commands that serve or judge the whole of it.
struct SettingsOptions: ParsableArguments {
    @OptionGroup var files: FileOptions

    @Option(name: .long, help: ArgumentHelp("Where to listen; may be repeated (default: 127.0.0.1:8080).", valueName: "address"))
    var listen: [String] = []

    @Option(
        name: .long, help: ArgumentHelp("Where health, metrics and status are, or off (default: 127.0.0.1:9090).", valueName: "address"))
    var admin: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The name of this gateway in tokens (default: http://, with TLS https://, and the first listen address).", valueName: "url"))
    var issuer: String?

    @Option(name: .long, help: ArgumentHelp("Who tokens are for (default: provisioning).", valueName: "name"))
    var audience: String?

    @Option(name: .long, help: ArgumentHelp("sqlite:PATH or postgres://… (default: sqlite:data/gatehouse.sqlite).", valueName: "store"))
    var store: String?

    @Option(name: .long, help: ArgumentHelp("Event loops (default: one a core).", valueName: "count"))
    var threads: String?

    @Option(name: .long, help: ArgumentHelp("trace, debug, info, notice, warning, error or critical (default: info).", valueName: "level"))
    var logLevel: String?

    @Option(name: .long, help: ArgumentHelp("text or json (default: text on a terminal).", valueName: "format"))
    var logFormat: String?

    @Option(name: .long, help: ArgumentHelp("The decision log: a file, - or off (default: data/decisions.jsonl).", valueName: "file"))
    var decisions: String?

    @Option(name: .long, help: ArgumentHelp("The certificate chain, PEM.", valueName: "file"))
    var tlsCertificate: String?

    @Option(name: .long, help: ArgumentHelp("The certificate's key, PEM.", valueName: "file"))
    var tlsKey: String?

    @Option(name: .customLong("tls-client-ca"), help: ArgumentHelp("Who signs the certificates of clients, PEM.", valueName: "file"))
    var tlsClientCA: String?

    @Option(
        name: .customLong("trusted-proxy"),
        help: ArgumentHelp("A network that is believed about X-Forwarded-*; may be repeated.", valueName: "cidr"))
    var trustedProxies: [String] = []

    @Option(name: .long, help: ArgumentHelp("Where decision mode listens, or off (default: off).", valueName: "address"))
    var decide: String?

    @Option(name: .long, help: ArgumentHelp("A candidate policy to judge beside the live one.", valueName: "file"))
    var shadowPolicy: String?

    @Flag(name: .long, help: "Allow plain HTTP on addresses that other machines can reach.")
    var insecureHttp = false

    /// What was given, by key.
    private var flags: [SettingKey: [String]] {
        let single: [(SettingKey, String?)] = [
            (.admin, admin), (.issuer, issuer), (.audience, audience), (.store, store), (.threads, threads), (.logLevel, logLevel),
            (.logFormat, logFormat), (.decisions, decisions), (.tlsCertificate, tlsCertificate), (.tlsKey, tlsKey),
            (.tlsClientCA, tlsClientCA), (.decide, decide), (.shadowPolicy, shadowPolicy), (.insecureHttp, insecureHttp ? "true" : nil),
        ]
        var flags: [SettingKey: [String]] = [:]
        for (key, text) in single { flags[key] = text.map { [$0] } }
        if !listen.isEmpty { flags[.listen] = listen }
        if !trustedProxies.isEmpty { flags[.trustedProxies] = trustedProxies }
        return flags
    }

    func load() -> LoadedSettings { files.load(flags) }

    /// The effective configuration; a mistake in it is told and ends the command with 78.
    func settings() throws -> Settings { try files.settings(flags) }
}
