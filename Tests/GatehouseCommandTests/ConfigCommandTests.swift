import GatewayTesting
import StrictJSON
import Testing

@Suite(.ownThread) struct ConfigCommandTests {
    @Test func showPrintsEveryValueAndItsOriginWithoutSecrets() throws {
        let place = try Workplace()
        try place.write("policies/gateway.yaml", "audience: things\nlimits:\n  body: 2MiB\n")
        let environment = ["GATEHOUSE_STORE": "postgres://gate:hunter2@db:5432/gate", "GATEHOUSE_THREADS": "3"]
        let result = try place.run(
            "config", "show", "--json", "--listen", "127.0.0.1:1", "--listen", "127.0.0.1:2", environment: environment
        )
        #expect(result.status == 0)
        let entries = try #require(try result.json()["settings"]).elements
        func entry(_ key: String) -> [String?] {
            let entry = entries.first { $0["key"]?.string == key }
            return [entry?["value"]?.string, entry?["origin"]?.string, entry?["where"]?.string]
        }
        #expect(entry("audience") == ["things", "file", "policies/gateway.yaml:1"])
        #expect(entry("limits.body") == ["2MiB", "file", "policies/gateway.yaml:3"])
        #expect(entry("store") == ["postgres://gate:…@db:5432/gate", "environment", "GATEHOUSE_STORE"])
        #expect(entry("keys") == ["keys", "default", nil])
        #expect(entry("listen") == [nil, "flag", "--listen"])
        #expect(entries.first { $0["key"]?.string == "listen" }?["value"]?.elements.compactMap(\.string) == ["127.0.0.1:1", "127.0.0.1:2"])
        #expect(entries.first { $0["key"]?.string == "threads" }?["value"]?.integer == 3)

        let table = try place.run("config", "show", environment: environment)
        #expect(table.output.hasPrefix("KEY"))
        #expect(
            table.output.split(separator: "\n").contains {
                $0.hasPrefix("audience") && $0.hasSuffix("things  policies/gateway.yaml:1") == false && $0.contains("things")
            })
        for output in [result.output, result.error, table.output, table.error] {
            #expect(!output.contains("hunter2"))
            #expect(!output.contains("\u{1B}"))
        }
    }

    @Test func everyFlagOfTheTableIsTaken() throws {
        let place = try Workplace()
        let flags = [
            "--admin": "off", "--issuer": "https://g.example", "--audience": "a", "--policy": "p.yaml", "--keys": "k",
            "--store": "sqlite:s",
            "--threads": "2", "--log-level": "debug", "--log-format": "text", "--decisions": "-", "--tls-certificate": "c",
            "--tls-key": "k",
            "--tls-client-ca": "a", "--trusted-proxy": "10.0.0.0/8", "--decide": "127.0.0.1:81", "--shadow-policy": "s.yaml",
            "--listen": "0.0.0.0:80",
        ]
        let result = try place.run(
            ["config", "show", "--json", "--insecure-http"] + flags.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] })
        #expect(result.status == 0)
        let origins = try result.json()["settings"]?.elements.compactMap { $0["where"]?.string } ?? []
        #expect(Set(origins) == Set(flags.keys).union(["--insecure-http"]))
    }

    @Test func checkOnlyJudges() throws {
        let place = try Workplace()
        #expect(try place.run("config", "check").status == 0)
        let good = try place.run("config", "check", "--json")
        #expect(try good.json()["ok"]?.bool == true)

        try place.write("policies/gateway.yaml", "lisen: [127.0.0.1:1]\nthreads: 0\n")
        let bad = try place.run("config", "check")
        #expect(bad.status == 78)
        #expect(bad.output == "")
        #expect(
            bad.error
                == "policies/gateway.yaml:1:1: error: unknown key `lisen` (did you mean `listen`?)\npolicies/gateway.yaml:2:10: error: `threads` must be 1 to 1024\n"
        )
        let json = try place.run("config", "check", "--json")
        #expect(json.status == 78)
        let problem = try #require(try json.json()["problems"]?.elements.first)
        #expect(problem["file"]?.string == "policies/gateway.yaml")
        #expect(problem["line"]?.integer == 1)
        #expect(problem["severity"]?.string == "error")
        #expect(problem["suggestion"]?.string == "listen")
        let flag = try place.run("config", "check", "--json", "--config", "none.yaml")
        #expect(flag.status == 78)
        #expect(try flag.json()["problems"]?.elements.first?["line"]?.isNull == true)
    }

    @Test func checkReadsTheCertificateThatServeWouldNeed() throws {
        let place = try Workplace()
        let result = try place.run("config", "check", "--tls-certificate", "none.pem", "--tls-key", "none.key")
        #expect(result.status == 78)
        #expect(result.error.contains("none.pem"), "\(result.error)")
    }

    @Test func aBadConfigurationEndsEveryCommandWith78() throws {
        let place = try Workplace()
        try place.write("policies/gateway.yaml", "threads: many\n")
        for arguments in [["init"], ["config", "show"], ["partner", "list"], ["partner", "disable", "acme"], ["token", "inspect", "x"]] {
            let result = try place.run(arguments)
            #expect(result.status == 78)
            #expect(result.error.contains("policies/gateway.yaml:1:10: error: `threads`"))
        }
    }

    @Test func theProgramTellsItsVersionAndRefusesWhatItDoesNotKnow() throws {
        let place = try Workplace()
        let version = try place.run("--version")
        #expect(version.status == 0)
        #expect(version.output.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
        #expect(try place.run("frobnicate").status == 64)
        #expect(try place.run("config", "show", "--no-such-flag").status == 64)
    }
}
