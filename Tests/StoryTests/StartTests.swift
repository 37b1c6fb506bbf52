import Foundation
import GatewayTesting
import StrictJSON
import Testing

@Suite("Starting", .ownThread)
struct StartTests {
    @Test("these tests run on threads of their own")
    func threads() { #expect(ThreadExecutor.isCurrent) }

    @Test("ready is one JSON record with the real ports, and the admin address says so too")
    func ready() throws {
        try Place().serving { gateway in
            #expect(gateway.ready["level"]?.string == "info")
            #expect(gateway.ready["message"]?.string == "ready")
            #expect(gateway.ready["time"]?.string?.hasSuffix("Z") == true)
            #expect(gateway.address.wholeMatch(of: /127\.0\.0\.1:[1-9][0-9]*/) != nil)
            #expect(gateway.admin.wholeMatch(of: /127\.0\.0\.1:[1-9][0-9]*/) != nil)
            #expect(gateway.address != gateway.admin)

            let admin = try Connection(gateway.admin)
            #expect(try admin.get("/readyz").status == 200)
            #expect(try admin.get("/healthz").status == 200)
            // Never on the public address.
            for path in ["/readyz", "/healthz", "/status", "/metrics"] { #expect(try gateway.connect().get(path).status == 404) }
            #expect(gateway.program.output == "")
        }
    }

    @Test("without an issuer, tokens name the port that was picked")
    func derivedIssuer() throws {
        let place = try Place()
        try place.serving { gateway in
            let metadata = try gateway.connect().get("/.well-known/oauth-authorization-server").json
            #expect(metadata?["issuer"]?.string == "http://\(gateway.address)")
            #expect(metadata?["token_endpoint"]?.string == "http://\(gateway.address)/oauth2/token")
        }
    }

    @Test("an address that another process has is named, with the way out", arguments: ["listen", "admin"])
    func portInUse(key: String) throws {
        try Place().serving { first in
            let taken = key == "listen" ? first.address : first.admin
            let second = try Place()
            let addresses = key == "listen" ? ["--listen", taken, "--admin", "off"] : ["--listen", "127.0.0.1:0", "--admin", taken]
            let result = try second.run(["serve"] + addresses)
            #expect(result.status == 69)
            #expect(result.error.contains("cannot listen on \(taken)"))
            #expect(result.error.contains("--\(key)"))
            #expect(try first.connect().get("/session").status == 401)
        }
    }

    @Test("a missing policy is named")
    func missingPolicy() throws {
        let place = try Place()
        try place.remove("policies/policy.yaml")
        let result = try place.serveFails()
        #expect(result.status == 78)
        #expect(result.error.contains("policies/policy.yaml"))
        #expect(result.error.contains("no such file"))
    }

    struct Typo: Sendable, CustomTestStringConvertible {
        let old: String
        let new: String
        /// Where in `new` the mistake stands.
        let mistake: String
        let suggestion: String
        var testDescription: String { new }
    }

    @Test(
        "a typo in the policy is found by line and column, and what was meant is said",
        arguments: [
            Typo(old: "needs: [customers:read]", new: "needs: [customers:raed]", mistake: "customers:raed", suggestion: "customers:read"),
            Typo(old: "public: true", new: "pubic: true", mistake: "pubic", suggestion: "public"),
            Typo(
                old: "includes: [partner-reader]", new: "includes: [partner-raeder]", mistake: "partner-raeder",
                suggestion: "partner-reader"
            ),
        ]
    )
    func typo(_ typo: Typo) throws {
        let place = try Place(policy: Place.policy(with: typo.new, for: typo.old))
        let lines = try place.read("policies/policy.yaml").components(separatedBy: "\n")
        let line = try #require(lines.firstIndex { $0.contains(typo.new) })
        let mistake = try #require(lines[line].range(of: typo.mistake))
        let column = lines[line].distance(from: lines[line].startIndex, to: mistake.lowerBound)
        let result = try place.serveFails()
        #expect(result.status == 78)
        #expect(result.error.contains("policies/policy.yaml:\(line + 1):\(column + 1): error: "))
        #expect(result.error.contains("did you mean `\(typo.suggestion)`?"))
    }

    @Test("a policy that fails a test of its own does not start")
    func failingPolicyTest() throws {
        let place = try Place(policy: Place.policy(with: "grants: [customers:read, customers:delete]", for: "grants: [customers:read]"))
        let result = try place.serveFails()
        #expect(result.status == 78)
        #expect(result.error.contains("policies/policy.yaml:"))
    }

    @Test(
        "a key file that others can read is refused with the `chmod` that mends it, and the `chmod` mends it",
        arguments: ["tokens.jwks.json", "assertion.jwks.json", "session-secrets", "seal.key", "partners/acme.json"], [0o644, 0o640, 0o602]
    )
    func openKeyFile(name: String, mode: Int) throws {
        let place = try Place()
        _ = try place.addPartner("acme")
        try place.setMode(mode, of: "keys/\(name)")
        let result = try place.serveFails()
        #expect(result.status == 78)
        #expect(result.error.contains("chmod 600 keys/\(name)"))
        try place.setMode(0o600, of: "keys/\(name)")
        try place.serving { try $0.stop() }
    }

    @Test("the seal key is asked for by name when it is missing, and told when it is wrong")
    func sealKey() throws {
        let place = try Place()
        let acme = try place.addPartner("acme")
        let sealKey = try place.read("keys/seal.key")
        let wrong = String(repeating: "A", count: 43)

        let inEnvironment = try place.serveFails(environment: ["GATEHOUSE_SEAL_KEY": wrong])
        #expect(inEnvironment.status == 78)
        #expect(inEnvironment.error.contains("GATEHOUSE_SEAL_KEY"))
        #expect(inEnvironment.error.contains("wrong"))

        try place.remove("keys/seal.key")
        let missing = try place.serveFails()
        #expect(missing.status == 78)
        #expect(missing.error.contains("keys/seal.key"))
        #expect(missing.error.contains("missing"))

        try place.write("keys/seal.key", wrong)
        try place.setMode(0o600, of: "keys/seal.key")
        let inFile = try place.serveFails()
        #expect(inFile.status == 78)
        #expect(inFile.error.contains("keys/partners/acme.json"))
        #expect(inFile.error.contains("wrong"))

        // The environment goes before the file.
        try place.serving(environment: ["GATEHOUSE_SEAL_KEY": sealKey]) { gateway in
            _ = try gateway.token(acme)
            try gateway.stop()
        }
        for result in [inEnvironment, missing, inFile] {
            let isTold = result.error.contains(wrong) || result.error.contains(sealKey.prefix(20))
            #expect(!isTold)
        }
    }

    struct Setting: Sendable, CustomTestStringConvertible {
        var file = ""
        var arguments: [String] = []
        var environment: [String: String] = [:]
        let says: [String]
        var testDescription: String { "\(file)\(arguments)\(environment)" }
    }

    @Test(
        "a mistake in the configuration is found where it stands",
        arguments: [
            Setting(file: "lisen: [127.0.0.1:0]\n", says: ["policies/gateway.yaml:1:1: error: ", "did you mean `listen`?"]),
            Setting(
                file: "admin: off\nlimits:\n  headTimout: 5s\n",
                says: ["policies/gateway.yaml:3:3: error: ", "did you mean `headTimeout`?"]
            ),
            Setting(file: "threads: many\n", says: ["policies/gateway.yaml:1:10: error: "]),
            Setting(file: "audience: a\naudience: b\n", says: ["policies/gateway.yaml:2:1: error: "]),
            Setting(arguments: ["--log-level", "loud"], says: ["--log-level"]),
            Setting(environment: ["GATEHOUSE_STORE": "mysql://x"], says: ["GATEHOUSE_STORE"]),
            Setting(arguments: ["--listen", "0.0.0.0:0"], says: ["--insecure-http"]),
            Setting(arguments: ["--config", "elsewhere.yaml"], says: ["elsewhere.yaml"]),
        ]
    )
    func configuration(_ setting: Setting) throws {
        let place = try Place()
        if !setting.file.isEmpty { try place.write("policies/gateway.yaml", setting.file) }
        let result = try place.run(["serve"] + setting.arguments, environment: setting.environment)
        #expect(result.status == 78)
        for text in setting.says { #expect(result.error.contains(text), "\(result.error)") }
        #expect(result.output == "")
    }

    @Test("keys that were never made are said to be missing, with the command that makes them")
    func noKeys() throws {
        let place = try Place()
        try place.remove("keys")
        let result = try place.serveFails()
        #expect(result.status == 78)
        #expect(result.error.contains("keys/tokens.jwks.json"))
        #expect(result.error.contains("gatehouse init"))
    }

    @Test("a store that cannot be opened is unavailable, not misconfigured")
    func store() throws {
        let place = try Place()
        try place.write("notes.txt", "no database: " + String(repeating: "a text longer than the header of one. ", count: 20))
        let result = try place.serveFails("--store", "sqlite:notes.txt")
        #expect(result.status == 69)
        #expect(!result.error.isEmpty)
        #expect(try place.read("notes.txt").hasPrefix("no database"))
    }
}
