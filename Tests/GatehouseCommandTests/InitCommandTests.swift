import Foundation
import GatewayTesting
import StrictJSON
import Testing

@Suite(.ownThread) struct InitCommandTests {
    @Test func itMakesKeysAndDataPrivately() throws {
        let place = try Workplace()
        let result = try place.run("init", "--json")
        #expect(result.status == 0)
        #expect(result.error == "")
        let created = try result.json()["created"]?.elements.compactMap(\.string)
        #expect(
            created == [
                "keys", "keys/partners", "keys/tokens.jwks.json", "keys/assertion.jwks.json", "keys/session-secrets", "keys/seal.key",
                "data",
            ]
        )
        #expect(try result.json()["kept"]?.elements.count == 0)
        for name in ["keys/tokens.jwks.json", "keys/assertion.jwks.json", "keys/session-secrets", "keys/seal.key"] {
            #expect(try place.mode(name) == 0o600)
        }
        for name in ["keys", "keys/partners", "data"] { #expect(try place.mode(name) == 0o700) }
    }

    @Test func aSecondTimeItChangesNothing() throws {
        let place = try Workplace()
        try place.run("init")
        let before = try place.everything()
        let result = try place.run("init", "--json")
        #expect(result.status == 0)
        #expect(try result.json()["created"]?.elements.count == 0)
        #expect(try result.json()["kept"]?.elements.count == 7)
        #expect(try place.everything() == before)
    }

    @Test func itWorksInAnotherDirectoryAndTellsPeopleWhatItMade() throws {
        let place = try Workplace()
        let result = try place.run("init", "--directory", "deep/down")
        #expect(result.status == 0)
        #expect(result.output.contains("made  keys/tokens.jwks.json\n"))
        #expect(!result.output.contains("\u{1B}"))
        #expect(place.exists("deep/down/keys/tokens.jwks.json"))
        #expect(place.exists("deep/down/data"))
        #expect(!place.exists("keys"))
    }

    @Test func itMakesThemWhereTheConfigurationLooksForThem() throws {
        let place = try Workplace()
        try place.write("policies/gateway.yaml", "store: sqlite:var/db/g.sqlite\ndecisions: var/log/d.jsonl\nkeys: elsewhere\n")
        #expect(try place.run("init").status == 0)
        for name in ["elsewhere/seal.key", "var/db", "var/log"] { #expect(place.exists(name)) }
        #expect(try place.run("init", "--keys", "flagged").status == 0)
        #expect(place.exists("flagged/seal.key"))
    }

    @Test func sessionSecretsAndSealKeyComeFromTheEnvironment() throws {
        let place = try Workplace()
        let seal = String(repeating: "A", count: 43)
        let result = try place.run("init", environment: ["AUTH_SECRET": "from-the-environment", "GATEHOUSE_SEAL_KEY": seal])
        #expect(result.status == 0)
        #expect(try place.read("keys/session-secrets") == "from-the-environment\n")
        #expect(!place.exists("keys/seal.key"))
        #expect(!(result.output + result.error).contains("from-the-environment"))
    }

    @Test func aFileInTheWayIsNamed() throws {
        let place = try Workplace()
        try place.write("keys", "")
        let result = try place.run("init")
        #expect(result.status == 1)
        #expect(result.error == "error: keys: is not a directory\n")
    }
}
