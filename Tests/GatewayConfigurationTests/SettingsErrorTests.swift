import Access
import Testing

@testable import GatewayConfiguration

/// What is wrong, and exactly what is said about it.
private struct Row: Sendable, CustomTestStringConvertible {
    var yaml = ""
    var flags: [SettingKey: [String]] = [:]
    var environment: [String: String] = [:]
    let says: [String]

    var testDescription: String { "\(yaml)\(flags)\(environment)" }
}

private let rows: [Row] = [
    // Unknown keys, with the near one.
    Row(yaml: "lisen: [127.0.0.1:1]", says: ["gateway.yaml:1:1: error: unknown key `lisen` (did you mean `listen`?)"]),
    Row(yaml: "xyzzy: 1", says: ["gateway.yaml:1:1: error: unknown key `xyzzy`"]),
    Row(yaml: "log:\n  levle: info", says: ["gateway.yaml:2:3: error: unknown key `log.levle` (did you mean `level`?)"]),
    Row(
        yaml: "tls: {certificate: a, kye: b}",
        says: [
            "gateway.yaml:1:23: error: unknown key `tls.kye` (did you mean `key`?)",
            "gateway.yaml:1:20: error: `tls.certificate` needs `tls.key` too",
        ]),
    Row(
        yaml: "limits:\n  tokenLifetim: 1m",
        says: ["gateway.yaml:2:3: error: unknown key `limits.tokenLifetim` (did you mean `tokenLifetime`?)"]),
    Row(
        yaml: "sessions:\n  claims: { subjects: [sub] }",
        says: [
            "gateway.yaml:2:13: error: unknown key `sessions.claims.subjects` (did you mean `subject`?)"
        ]),
    // Verification of an upstream's certificate has no switch.
    Row(
        yaml: "upstreams:\n  a:\n    servers: [https://a.example]\n    tls: { verify: false }",
        says: [
            "gateway.yaml:4:12: error: unknown key `upstreams.a.tls.verify`"
        ]),
    Row(
        yaml: "upstreams:\n  a:\n    servers: [https://a.example]\n    tls: off",
        says: [
            "gateway.yaml:4:10: error: `upstreams.a.tls` must be a mapping, not text"
        ]),
    // Wrong types.
    Row(yaml: "- listen", says: ["gateway.yaml:1:1: error: the file must be a mapping, not a list"]),
    Row(yaml: "limits: 5", says: ["gateway.yaml:1:9: error: `limits` must be a mapping, not an integer"]),
    Row(yaml: "limits:", says: ["gateway.yaml:1:8: error: `limits` must be a mapping, not nothing"]),
    Row(yaml: "threads: many", says: ["gateway.yaml:1:10: error: `threads` must be a whole number"]),
    Row(yaml: "threads: '4'", says: ["gateway.yaml:1:10: error: `threads` must be an integer, not text (did you mean `4`?)"]),
    Row(yaml: "threads: [4]", says: ["gateway.yaml:1:10: error: `threads` must be an integer, not a list"]),
    Row(yaml: "threads: 4.5", says: ["gateway.yaml:1:10: error: `threads` must be a whole number"]),
    Row(yaml: "audience: 5", says: ["gateway.yaml:1:11: error: `audience` must be text, not an integer (did you mean `\"5\"`?)"]),
    Row(yaml: "audience: ~", says: ["gateway.yaml:1:11: error: `audience` has no value"]),
    Row(yaml: "insecureHttp: yes", says: ["gateway.yaml:1:15: error: `insecureHttp` must be `true` or `false`"]),
    Row(yaml: "insecureHttp: True", says: ["gateway.yaml:1:15: error: `insecureHttp` must be `true` or `false` (did you mean `true`?)"]),
    Row(
        yaml: "insecureHttp: 'true'",
        says: ["gateway.yaml:1:15: error: `insecureHttp` must be true or false, not text (did you mean `true`?)"]),
    Row(yaml: "trustedProxies:", says: ["gateway.yaml:1:16: error: `trustedProxies` must be a list, not nothing"]),
    Row(yaml: "hosts: { a: b }", says: ["gateway.yaml:1:8: error: `hosts` must be a list, not a mapping"]),
    Row(yaml: "upstreams: [a]", says: ["gateway.yaml:1:12: error: `upstreams` must be a mapping, not a list"]),
    Row(yaml: "sessions: { cookies: my.session }", says: ["gateway.yaml:1:22: error: `sessions.cookies` must be a list, not text"]),
    // Out of range.
    Row(yaml: "threads: 0", says: ["gateway.yaml:1:10: error: `threads` must be 1 to 1024"]),
    Row(yaml: "limits: { tokenLifetime: 2h }", says: ["gateway.yaml:1:26: error: `limits.tokenLifetime` must be 1s to 1h"]),
    Row(yaml: "limits: { tokenLifetime: 0s }", says: ["gateway.yaml:1:26: error: `limits.tokenLifetime` must be 1s to 1h"]),
    Row(
        yaml: "limits: { tokenLifetime: 600 }",
        says: [
            "gateway.yaml:1:26: error: `limits.tokenLifetime` must be a time in ms, s, m, h or d, such as `10s`"
        ]),
    Row(
        yaml: "limits: { headers: 32kib }",
        says: [
            "gateway.yaml:1:20: error: `limits.headers` must be a size in B, KiB, MiB or GiB, such as `64KiB` (did you mean `32KiB`?)"
        ]),
    Row(yaml: "limits: { headers: 2MiB }", says: ["gateway.yaml:1:20: error: `limits.headers` must be 1KiB to 1MiB"]),
    Row(
        yaml: "limits: { body: 9999999999999GiB }",
        says: ["gateway.yaml:1:17: error: `limits.body` must be a size in B, KiB, MiB or GiB, such as `64KiB`"]),
    Row(
        yaml: "limits: { requestsPerConnection: 0 }",
        says: [
            "gateway.yaml:1:34: error: `limits.requestsPerConnection` must be at least 1, or `unlimited`"
        ]),
    Row(
        yaml: "limits: { requestsPerConnection: unlimted }",
        says: [
            "gateway.yaml:1:34: error: `limits.requestsPerConnection` must be a whole number, or `unlimited` (did you mean `unlimited`?)"
        ]),
    Row(
        yaml: "limits: { rate: 50 }",
        says: [
            "gateway.yaml:1:17: error: `limits.rate` must be a number of requests a second, minute or hour, such as `50/s`, or `off`"
        ]),
    Row(
        yaml: "limits: { rate: 0/s }",
        says: [
            "gateway.yaml:1:17: error: `limits.rate` must be a number of requests a second, minute or hour, such as `50/s`, or `off`"
        ]),
    // Closed lists.
    Row(
        yaml: "log: { level: inof }",
        says: [
            "gateway.yaml:1:15: error: `log.level` must be `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical` (did you mean `info`?)"
        ]),
    Row(
        yaml: "limits: { onAuditFailure: ignore }",
        says: ["gateway.yaml:1:27: error: `limits.onAuditFailure` must be `refuse` or `continue`"]),
    Row(
        yaml: "sessions: { profiles: [authjs-v4] }",
        says: [
            "gateway.yaml:1:24: error: `sessions.profiles` must be `authjs-v5`, `nextauth-v4`, `nextauth-v3`, `jwt-hs256` or `jwt-hs512` (did you mean `authjs-v5`?)"
        ]),
    // Addresses.
    Row(
        yaml: "listen: [8080]",
        says: [
            "gateway.yaml:1:10: error: `listen` must be an address and a port, such as `127.0.0.1:8080` or `[::1]:8080` (did you mean `127.0.0.1:8080`?)"
        ]),
    Row(
        yaml: "listen: [127.0.0.1]",
        says: [
            "gateway.yaml:1:10: error: `listen` must be an address and a port, such as `127.0.0.1:8080` or `[::1]:8080`"
        ]),
    Row(
        yaml: "listen: ['::1:8080']",
        says: [
            "gateway.yaml:1:10: error: `listen` must be an address and a port, such as `127.0.0.1:8080` or `[::1]:8080`"
        ]),
    Row(yaml: "listen: [127.0.0.1:65536]", says: ["gateway.yaml:1:10: error: `listen` has a port that is not 0 to 65535"]),
    Row(yaml: "listen: []", says: ["gateway.yaml:1:9: error: `listen` must not be empty"]),
    Row(
        yaml: "admin: of",
        says: [
            "gateway.yaml:1:8: error: `admin` must be an address and a port, such as `127.0.0.1:8080` or `[::1]:8080`, or `off`"
        ]),
    Row(
        yaml: "admin: 127.0.0.1:8080",
        says: ["gateway.yaml:1:8: error: `admin` has 127.0.0.1:8080, which is taken by another listener of this configuration"]),
    Row(
        yaml: "issuer: gate.example",
        says: [
            "gateway.yaml:1:9: error: `issuer` must be an `http://` or `https://` address without query and fragment"
        ]),
    Row(
        yaml: "sessions: { allowedOrigins: ['https://a.example/'] }",
        says: [
            "gateway.yaml:1:30: error: `sessions.allowedOrigins` must be `http://` or `https://`, a host and perhaps a port, and nothing behind (did you mean `https://a.example`?)"
        ]),
    Row(
        yaml: "hosts: [\"https://a.example:8443\"]",
        says: [
            "gateway.yaml:1:9: error: `hosts` must be a host name, with a port or without (did you mean `a.example:8443`?)"
        ]),
    Row(
        yaml: "upstreams: { a: { servers: [\"http://127.0.0.1:9001/x\"] } }",
        says: [
            "gateway.yaml:1:29: error: `upstreams.a.servers` must be `http://` or `https://`, a host and perhaps a port, and nothing behind (did you mean `http://127.0.0.1:9001`?)"
        ]),
    Row(yaml: "hosts: ['a b']", says: ["gateway.yaml:1:9: error: `hosts` must be a host name, with a port or without"]),
    // Trust lists that match more than was meant (attack H-17).
    Row(
        yaml: "trustedProxies: ['::ffff:10.0.0.0/8']",
        says: [
            "gateway.yaml:1:18: error: `trustedProxies` is no network: an IPv4-mapped IPv6 address: write the IPv4 form"
        ]),
    Row(
        yaml: "trustedProxies: [010.0.0.0/8]",
        says: ["gateway.yaml:1:18: error: `trustedProxies` is no network: not an IP address or network"]),
    Row(
        yaml: "trustedProxies: [10.0.0.0/08]",
        says: [
            "gateway.yaml:1:18: error: `trustedProxies` is no network: the network length must be 0 to 32, without leading zeros"
        ]),
    Row(
        yaml: "trustedProxies: [10.0.0.1/8]",
        says: [
            "gateway.yaml:1:18: error: `trustedProxies` is no network: address bits are set below the network length (did you mean `10.0.0.0/8`?)"
        ]),
    Row(
        yaml: "trustedProxies: [proxy.internal]",
        says: ["gateway.yaml:1:18: error: `trustedProxies` is no network: not an IP address or network"]),
    Row(
        environment: ["GATEHOUSE_TRUSTED_PROXIES": "10.0.0.0/8,,fd00::/8"],
        says: [
            "GATEHOUSE_TRUSTED_PROXIES: error: `trustedProxies` is no network: not an IP address or network"
        ]),
    // Exposure.
    Row(
        yaml: "listen: [0.0.0.0:80]",
        says: [
            "gateway.yaml:1:9: error: `listen` is 0.0.0.0:80, which other machines can reach without TLS: give `tls.certificate` and `tls.key`, or `--insecure-http` if something in front of it does TLS"
        ]),
    Row(
        flags: [.listen: ["[::]:80"]],
        says: [
            "--listen: error: `listen` is [::]:80, which other machines can reach without TLS: give `tls.certificate` and `tls.key`, or `--insecure-http` if something in front of it does TLS"
        ]),
    Row(
        yaml: "decide: 10.0.0.1:81",
        says: [
            "gateway.yaml:1:9: error: `decide` is 10.0.0.1:81, which is not loopback: that needs `trustedProxies` to say who may ask"
        ]),
    Row(yaml: "tls: { key: k.pem }", says: ["gateway.yaml:1:13: error: `tls.key` needs `tls.certificate` too"]),
    Row(flags: [.tlsClientCA: ["ca.pem"]], says: ["--tls-client-ca: error: `tls.clientCA` needs `tls.certificate` and `tls.key` too"]),
    // The store; what was written is never repeated.
    Row(
        yaml: "store: mysql://u:hunter2@h/d",
        says: [
            "gateway.yaml:1:8: error: `store` must be `sqlite:PATH` or `postgres://user:password@host:port/database`"
        ]),
    Row(
        yaml: "store: postgres://u:hun/ter2@h/d",
        says: [
            "gateway.yaml:1:8: error: `store` has an `@` behind the host: write `/` as %2F and `@` as %40 in user and password"
        ]),
    Row(yaml: "store: 'sqlite:'", says: ["gateway.yaml:1:8: error: `store` must have the path of a file behind `sqlite:`"]),
    // Flags and variables.
    Row(flags: [.threads: ["0"]], says: ["--threads: error: `threads` must be 1 to 1024"]),
    Row(environment: ["GATEHOUSE_LOG_FORMAT": "yaml"], says: ["GATEHOUSE_LOG_FORMAT: error: `log.format` must be `text` or `json`"]),
    // Upstreams and sessions.
    Row(
        yaml: "upstreams: { provisioning: { servers: ['http://a'] } }",
        says: [
            "gateway.yaml:1:28: error: `upstreams.provisioning` names an upstream `provisioning`, which is what the internal module is called"
        ]),
    Row(yaml: "upstreams: { a: { retries: 1 } }", says: ["gateway.yaml:1:17: error: `upstreams.a` has no `servers`"]),
    Row(yaml: "upstreams: { a: { servers: [] } }", says: ["gateway.yaml:1:28: error: `upstreams.a.servers` must not be empty"]),
    Row(
        yaml: "upstreams: { a: { servers: ['http://u:p@h'] } }",
        says: [
            "gateway.yaml:1:29: error: `upstreams.a.servers` must be `http://` or `https://`, a host and perhaps a port, and nothing behind"
        ]),
    Row(
        yaml: "upstreams: { a: { servers: ['http://h'], tls: { ca: f } } }",
        says: [
            "gateway.yaml:1:47: error: `upstreams.a.tls` is given, but no server is `https://`"
        ]),
    Row(
        yaml: "upstreams: { a: { servers: ['http://h'], health: { interval: 5s } } }",
        says: [
            "gateway.yaml:1:50: error: `upstreams.a.health` has no `path`"
        ]),
    Row(
        yaml: "upstreams: { a: { servers: ['http://h'], rewrite: { strip: /a/ } } }",
        says: [
            "gateway.yaml:1:60: error: `upstreams.a.rewrite.strip` must not end with `/` (did you mean `/a`?)"
        ]),
    Row(
        yaml: "upstreams: { a: { servers: ['http://h'], rewrite: { strip: /a/../b } } }",
        says: [
            "gateway.yaml:1:60: error: `upstreams.a.rewrite.strip` must be a path that begins with `/`"
        ]),
    Row(
        yaml: "sessions: { cookies: [{ name: a, profile: jwt-hs256 }] }",
        says: [
            "gateway.yaml:1:43: error: `sessions.cookies[0].profile` is not one of `sessions.profiles`"
        ]),
    Row(yaml: "sessions: { cookies: [{ profile: authjs-v5 }] }", says: ["gateway.yaml:1:23: error: `sessions.cookies[0]` has no `name`"]),
    Row(yaml: "sessions: { claims: { subject: [] } }", says: ["gateway.yaml:1:32: error: `sessions.claims.subject` must not be empty"]),
    Row(
        yaml: "sessions: { claims: { roles: [a..b] } }",
        says: [
            "gateway.yaml:1:31: error: `sessions.claims.roles` must be names of claims with dots between them"
        ]),
    // All mistakes at once, in the order they are found.
    Row(
        yaml: "thread: 1\naudience: 5\nlimits: { body: 1kb }", flags: [.admin: ["nowhere"]],
        says: [
            "gateway.yaml:1:1: error: unknown key `thread` (did you mean `threads`?)",
            "--admin: error: `admin` must be an address and a port, such as `127.0.0.1:8080` or `[::1]:8080`, or `off`",
            "gateway.yaml:2:11: error: `audience` must be text, not an integer (did you mean `\"5\"`?)",
            "gateway.yaml:3:17: error: `limits.body` must be a size in B, KiB, MiB or GiB, such as `64KiB`",
        ]),
]

@Suite struct SettingsErrorTests {
    @Test(arguments: rows)
    private func aMistakeIsToldWithItsPlaceKeyAndWhatWasMeant(row: Row) {
        let source = YAMLReader.read(Array(row.yaml.utf8), file: "gateway.yaml")
        #expect(source.problems.isEmpty || row.yaml.isEmpty)
        let loaded = Settings.load(
            source.root, file: "gateway.yaml", sources: SettingsSources(flags: row.flags, environment: row.environment)
        )
        #expect(loaded.settings == nil)
        #expect(loaded.diagnostics.map(\.rendered) == row.says)
    }

    @Test(arguments: [
        (
            yaml: "admin: 0.0.0.0:9090",
            says: "gateway.yaml:1:8: warning: `admin` is 0.0.0.0:9090, which other machines can reach: it asks nobody who they are"
        ),
        (
            yaml: "trustedProxies: [0.0.0.0/0]",
            says: "gateway.yaml:1:17: warning: `trustedProxies` has 0.0.0.0/0, which trusts everybody to say who they are"
        ),
    ])
    func whatIsOnlyDangerousIsAWarning(yaml: String, says: String) {
        let source = YAMLReader.read(Array(yaml.utf8), file: "gateway.yaml")
        let loaded = Settings.load(source.root, file: "gateway.yaml", sources: SettingsSources())
        #expect(loaded.settings != nil)
        #expect(loaded.diagnostics.map(\.rendered) == [says])
    }

    @Test func aVariableThatIsNearlyOneOfOursIsPointedOut() {
        let environment = ["GATEHOUSE_LISTN": "127.0.0.1:1", "GATEHOUSE_SERVICE_HOST": "10.0.0.1", "PATH": "/bin"]
        let loaded = Settings.load(nil, file: "gateway.yaml", sources: SettingsSources(environment: environment))
        #expect(loaded.settings != nil)
        #expect(
            loaded.diagnostics.map(\.rendered) == ["GATEHOUSE_LISTN: warning: no such variable is read (did you mean `GATEHOUSE_LISTEN`?)"])
    }

    @Test(arguments: [
        ("listen: [0.0.0.0:80]\ninsecureHttp: true", true),
        ("listen: [0.0.0.0:80]\ntls: { certificate: c, key: k }", true),
        ("listen: [127.9.9.9:80, '[::1]:80', localhost:81]", true),
        ("listen: [127.0.0.1:80, 10.0.0.1:80]", false),
        // A name that means loopback to people, but not to us.
        ("listen: [localhost.localdomain:80]", false),
    ])
    func onlyLoopbackIsServedWithoutTLSUnlessItIsAskedFor(yaml: String, isFine: Bool) {
        let source = YAMLReader.read(Array(yaml.utf8), file: "gateway.yaml")
        #expect((Settings.load(source.root, file: "f", sources: SettingsSources()).settings != nil) == isFine)
    }

    @Test func theDefaultFileAloneMayBeMissing() throws {
        let folder = try TemporaryFolder()
        let named = Settings.load(file: folder.file("absent.yaml"), sources: SettingsSources())
        #expect(named.settings == nil)
        #expect(named.diagnostics.map(\.rendered) == ["\(folder.file("absent.yaml")): error: no such file or directory"])
        let path = try folder.write("gateway.yaml", "audience: &a b\n")
        let broken = Settings.load(file: nil, sources: SettingsSources(environment: ["GATEHOUSE_CONFIG": path]))
        #expect(broken.settings == nil)
        #expect(broken.diagnostics.first?.line == 1)
    }
}
