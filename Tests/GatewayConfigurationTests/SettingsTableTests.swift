import Access
import Foundation
import Testing

@testable import GatewayConfiguration

/// The table of the contract's section 3, as data.
private let table: [(key: String, flag: String, environment: String, default: String)] = [
    ("listen", "--listen", "GATEHOUSE_LISTEN", "127.0.0.1:8080"),
    ("admin", "--admin", "GATEHOUSE_ADMIN", "127.0.0.1:9090"),
    ("issuer", "--issuer", "GATEHOUSE_ISSUER", "http://127.0.0.1:8080"),
    ("audience", "--audience", "GATEHOUSE_AUDIENCE", "provisioning"),
    ("policy", "--policy", "GATEHOUSE_POLICY", "policies/policy.yaml"),
    ("keys", "--keys", "GATEHOUSE_KEYS", "keys"),
    ("store", "--store", "GATEHOUSE_STORE", "sqlite:data/gatehouse.sqlite"),
    ("threads", "--threads", "GATEHOUSE_THREADS", "6"),
    ("log.level", "--log-level", "GATEHOUSE_LOG_LEVEL", "info"),
    ("log.format", "--log-format", "GATEHOUSE_LOG_FORMAT", "json"),
    ("decisions", "--decisions", "GATEHOUSE_DECISIONS", "data/decisions.jsonl"),
    ("tls.certificate", "--tls-certificate", "GATEHOUSE_TLS_CERTIFICATE", "none"),
    ("tls.key", "--tls-key", "GATEHOUSE_TLS_KEY", "none"),
    ("tls.clientCA", "--tls-client-ca", "GATEHOUSE_TLS_CLIENT_CA", "none"),
    ("trustedProxies", "--trusted-proxy", "GATEHOUSE_TRUSTED_PROXIES", "none"),
    ("decide", "--decide", "GATEHOUSE_DECIDE", "off"),
    ("shadowPolicy", "--shadow-policy", "GATEHOUSE_SHADOW_POLICY", "none"),
    ("insecureHttp", "--insecure-http", "GATEHOUSE_INSECURE_HTTP", "false"),
]

private func load(_ yaml: String = "", flags: [SettingKey: [String]] = [:], environment: [String: String] = [:]) -> LoadedSettings {
    let source = YAMLReader.read(Array(yaml.utf8), file: "gateway.yaml")
    return Settings.load(
        source.root, file: "gateway.yaml", sources: SettingsSources(flags: flags, environment: environment, processorCount: 6)
    )
}

private func entry(_ key: String, in loaded: LoadedSettings) -> SettingEntry? { loaded.entries.first { $0.key == key } }

@Suite struct SettingsTableTests {
    @Test(arguments: table.indices)
    func everyKeyOfTheTableHasItsFlagVariableAndDefault(row: Int) throws {
        let expected = table[row]
        let key = try #require(SettingKey(rawValue: expected.key))
        #expect(key.flag == expected.flag)
        #expect(key.environmentName == expected.environment)
        let entry = entry(expected.key, in: load())
        #expect(entry?.text == expected.default)
        #expect(entry?.origin == .default)
    }

    @Test func theTableIsComplete() {
        #expect(Set(SettingKey.allCases.map(\.rawValue)) == Set(table.map(\.key)))
    }

    /// A value for every key: flag, environment, file. The rest of the configuration is what makes it valid.
    private static let values: [(key: SettingKey, flag: String, environment: String, file: String)] = [
        (.listen, "127.0.0.1:1", "127.0.0.1:2", "listen: [127.0.0.1:3]"),
        (.admin, "127.0.0.1:1", "off", "admin: 127.0.0.1:3"),
        (.issuer, "https://a.example", "https://b.example", "issuer: https://c.example"),
        (.audience, "a", "b", "audience: c"),
        (.policy, "a.yaml", "b.yaml", "policy: c.yaml"),
        (.keys, "a", "b", "keys: c"),
        (.store, "sqlite:a", "sqlite:b", "store: sqlite:c"),
        (.threads, "1", "2", "threads: 3"),
        (.logLevel, "debug", "error", "log: { level: trace }"),
        (.logFormat, "text", "json", "log: { format: text }"),
        (.decisions, "-", "off", "decisions: c.jsonl"),
        (.tlsCertificate, "a.pem", "b.pem", "tls: { certificate: c.pem, key: k.pem }"),
        (.tlsKey, "a.pem", "b.pem", "tls: { certificate: c.pem, key: k.pem }"),
        (.tlsClientCA, "a.pem", "b.pem", "tls: { certificate: c.pem, key: k.pem, clientCA: ca.pem }"),
        (.trustedProxies, "10.0.0.0/8", "10.1.0.0/16", "trustedProxies: [10.2.0.0/16]"),
        (.decide, "127.0.0.1:1", "127.0.0.1:2", "decide: 127.0.0.1:3"),
        (.shadowPolicy, "a.yaml", "b.yaml", "shadowPolicy: c.yaml"),
        (.insecureHttp, "true", "false", "insecureHttp: true"),
    ]

    @Test(arguments: values.indices)
    func aFlagGoesBeforeTheEnvironmentThatBeforeTheFileThatBeforeTheDefault(row: Int) throws {
        let (key, flag, variable, file) = Self.values[row]
        let name = key.rawValue

        let all = load(file, flags: [key: [flag]], environment: [key.environmentName: variable])
        #expect(all.diagnostics.isEmpty)
        #expect(entry(name, in: all)?.origin == .flag(key.flag))
        #expect(entry(name, in: all)?.text == flag)

        let two = load(file, environment: [key.environmentName: variable])
        #expect(entry(name, in: two)?.origin == .environment(key.environmentName))
        #expect(entry(name, in: two)?.text == variable)

        let one = load(file)
        #expect(entry(name, in: one)?.origin == .file("gateway.yaml", line: 1))
        #expect(file.contains(entry(name, in: one)?.text ?? "absent"))

        // A variable set to nothing is not set.
        #expect(entry(name, in: load(file, environment: [key.environmentName: ""]))?.origin == .file("gateway.yaml", line: 1))
    }

    @Test func aRepeatedFlagIsAListAndCommasSeparateInTheEnvironment() throws {
        let flags = load(flags: [.listen: ["127.0.0.1:1", "[::1]:2"], .trustedProxies: ["10.0.0.1", "fd00::/8"]])
        #expect(flags.settings?.listen == [ListenAddress(host: "127.0.0.1", port: 1), ListenAddress(host: "::1", port: 2)])
        #expect(flags.settings?.trustedProxies.map(\.description) == ["10.0.0.1/32", "fd00::/8"])
        let environment = load(environment: ["GATEHOUSE_LISTEN": "127.0.0.1:1, localhost:0"])
        #expect(environment.settings?.listen == [ListenAddress(host: "127.0.0.1", port: 1), ListenAddress(host: "localhost", port: 0)])
    }

    @Test func theIssuerFollowsTheFirstListenAddressUnlessGiven() {
        let derived = load("listen: ['[::1]:8443', 127.0.0.1:80]").settings
        #expect(derived?.issuer == "http://[::1]:8443")
        #expect(derived?.isIssuerDerived == true)
        let secure = load("listen: ['[::1]:8443']\ntls: { certificate: a.pem, key: a.key }").settings
        #expect(secure?.issuer == "https://[::1]:8443")
        let given = load("issuer: https://gate.example/partners").settings
        #expect(given?.issuer == "https://gate.example/partners")
        #expect(given?.isIssuerDerived == false)
    }

    @Test func theLogIsTextOnATerminal() {
        #expect(Settings.load(nil, file: "f", sources: SettingsSources(isTerminal: true)).settings?.logFormat == .text)
        #expect(Settings.load(nil, file: "f", sources: SettingsSources(isTerminal: false)).settings?.logFormat == .json)
    }

    @Test func theLimitsHaveTheContractsDefaults() throws {
        let limits = try #require(load().settings?.limits)
        #expect(limits.tokenLifetime == .seconds(600))
        #expect(limits.headers == 32 << 10)
        #expect(limits.headerCount == 100)
        #expect(limits.target == 8 << 10)
        #expect(limits.body == 1 << 20)
        #expect(limits.headTimeout == .seconds(10))
        #expect(limits.bodyTimeout == .seconds(30))
        #expect(limits.idleTimeout == .seconds(60))
        #expect(limits.connections == 10000)
        #expect(limits.connectionsPerAddress == 1000)
        #expect(limits.requestsPerConnection == nil)
        #expect(limits.rate == nil)
        #expect(limits.decisions == .all)
        #expect(limits.onAuditFailure == .refuse)
    }

    @Test func everyLimitCanBeSet() throws {
        let limits = try #require(
            load(
                """
                limits:
                  tokenLifetime: 1h
                  headers: 16KiB
                  headerCount: 50
                  target: 2KiB
                  body: 2GiB
                  headTimeout: 500ms
                  bodyTimeout: 1m
                  idleTimeout: 2m
                  connections: 7
                  connectionsPerAddress: 3
                  requestsPerConnection: 1000
                  rate: 50/s
                  decisions: denied
                  onAuditFailure: continue
                """
            ).settings?.limits
        )
        #expect(limits.tokenLifetime.seconds == 3600)
        #expect(limits.headers == 16384)
        #expect(limits.headerCount == 50)
        #expect(limits.target == 2048)
        #expect(limits.body == 2 << 30)
        #expect(limits.headTimeout.milliseconds == 500)
        #expect(limits.bodyTimeout.seconds == 60)
        #expect(limits.idleTimeout.seconds == 120)
        #expect(limits.connections == 7)
        #expect(limits.connectionsPerAddress == 3)
        #expect(limits.requestsPerConnection == 1000)
        #expect(limits.rate == RateLimit(requests: 50, windowMilliseconds: 1000))
        #expect(limits.decisions == .denied)
        #expect(limits.onAuditFailure == .continue)
    }

    @Test func sessionsHaveTheContractsDefaults() throws {
        let sessions = try #require(load("keys: /srv/keys").settings?.sessions)
        #expect(sessions.profiles == [.authjsV5, .nextauthV4])
        #expect(sessions.cookies.isEmpty)
        #expect(sessions.secure == .auto)
        #expect(sessions.secrets == "/srv/keys/session-secrets")
        #expect(sessions.subjectClaims == [["sub"], ["email"]])
        #expect(sessions.rolesClaims == [["roles"], ["role"]])
        #expect(sessions.tenantClaims == [["tenant"], ["tenantId"], ["companyId"]])
        #expect(sessions.requireExpiry)
        #expect(sessions.maximumAge == .days(30))
        #expect(sessions.allowedOrigins.isEmpty)
    }

    @Test func sessionsCanBeSet() throws {
        let sessions = try #require(
            load(
                """
                sessions:
                  profiles: [jwt-hs256]
                  cookies: [{ name: my.session, profile: jwt-hs256 }]
                  secure: both
                  secrets: /run/secrets/auth
                  claims: { subject: [user.id], roles: [https://example.com/roles], tenant: [] }
                  requireExpiry: false
                  maximumAge: 12h
                  allowedOrigins: ['https://APP.example.com:443', 'http://localhost:3000']
                """
            ).settings?.sessions
        )
        #expect(sessions.profiles == [.jwtHS256])
        #expect(sessions.cookies == [.init(name: "my.session", profile: .jwtHS256)])
        #expect(sessions.secure == .both)
        #expect(sessions.secrets == "/run/secrets/auth")
        #expect(sessions.subjectClaims == [["user", "id"]])
        #expect(sessions.tenantClaims.isEmpty)
        #expect(!sessions.requireExpiry)
        #expect(sessions.maximumAge.seconds == 43200)
        #expect(sessions.allowedOrigins.map(\.description) == ["https://app.example.com", "http://localhost:3000"])
    }

    @Test func upstreamsAreReadAsTheContractShowsThem() throws {
        let settings = try #require(
            load(
                """
                upstreams:
                  billing:
                    servers: [http://127.0.0.1:9001, https://127.0.0.1:9002]
                    rewrite: { strip: /billing }
                    timeout: { connect: 2s, response: 5s, idle: 10s }
                    retries: 0
                    health: { path: /healthz, interval: 1s }
                    connections: 4
                    assertion: hmac
                    host: upstream
                    tls: { ca: ca.pem, serverName: Billing.internal }
                  plain:
                    servers: http://[::1]:80
                """
            ).settings
        )
        #expect(settings.upstreamNames == ["billing", "plain"])
        let billing = settings.upstreams[0]
        #expect(billing.servers.map(\.description) == ["http://127.0.0.1:9001", "https://127.0.0.1:9002"])
        #expect(billing.strip == "/billing")
        #expect([billing.connectTimeout, billing.responseTimeout, billing.idleTimeout] == [.seconds(2), .seconds(5), .seconds(10)])
        #expect(billing.retries == 0)
        #expect(billing.health == .init(path: "/healthz", interval: .seconds(1)))
        #expect(billing.connections == 4)
        #expect(billing.assertion == .hmac)
        #expect(billing.host == .upstream)
        #expect(billing.tls == .init(ca: "ca.pem", serverName: "billing.internal"))
        let plain = settings.upstreams[1]
        #expect(plain.servers.map(\.description) == ["http://[::1]"])
        #expect(plain.strip == nil)
        #expect([plain.connectTimeout, plain.responseTimeout, plain.idleTimeout] == [.seconds(1), .seconds(30), .seconds(60)])
        #expect(plain.retries == 1)
        #expect(plain.health == nil)
        #expect(plain.connections == 128)
        #expect(plain.assertion == .ed25519)
        #expect(plain.host == .preserve)
    }

    @Test func hostsMatchWithoutCaseAndOnAnyPortUnlessOneIsGiven() throws {
        let hosts = try #require(load("hosts: [Gate.example, 'api.example:8443', '[::1]:80']").settings?.hosts)
        #expect(hosts.map(\.description) == ["gate.example", "api.example:8443", "[::1]:80"])
        #expect(hosts[0].matches(host: "GATE.EXAMPLE", port: 99))
        #expect(!hosts[0].matches(host: "gate.example.evil", port: nil))
        #expect(hosts[1].matches(host: "api.example", port: 8443))
        #expect(!hosts[1].matches(host: "api.example", port: 443))
        #expect(!hosts[1].matches(host: "api.example", port: nil))
    }

    @Test func jsonIsFineToo() {
        let settings = load(#"{"listen": ["127.0.0.1:0"], "threads": 2, "insecureHttp": false, "limits": {"body": "1KiB"}}"#).settings
        #expect(settings?.threads == 2)
        #expect(settings?.limits.body == 1024)
    }

    /// Settings in the file are behind `#` without a space, words for people behind `# ` with one.
    @Test(arguments: [false, true])
    func theFileInPoliciesShowsTheDefaultsAndSetsNothing(isUncommented: Bool) throws {
        let path = #filePath.replacing("Tests/GatewayConfigurationTests/SettingsTableTests.swift", with: "policies/gateway.yaml")
        let folder = try TemporaryFolder()
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let file = try folder.write("gateway.yaml", isUncommented ? text.replacing(/(?m)^#(?=(  )*[A-Za-z]+:)/, with: "") : text)
        let loaded = Settings.load(file: file, sources: SettingsSources(processorCount: 6))
        #expect(loaded.diagnostics.map(\.rendered) == [])
        let defaults = load()
        for entry in defaults.entries {
            let shown = loaded.entries.first { $0.key == entry.key }
            #expect(shown?.text == entry.text)
            #expect((shown?.origin == .default) != isUncommented || Self.contextual.contains(entry.key), "\(entry.key)")
        }
    }

    /// Defaults that follow from something else, and so are not in the file as values.
    private static let contextual: Set = [
        "issuer", "threads", "log.format", "sessions.secrets", "tls.certificate", "tls.key", "tls.clientCA", "shadowPolicy",
    ]
}
