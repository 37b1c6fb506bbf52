import Foundation
import GatewayTesting
import StrictJSON
import Testing

@Suite("gatehouse keys", .ownThread)
struct KeysCommandTests {
    private static func place() throws -> Workplace {
        let place = try Workplace()
        try #require(try place.run("init").status == 0)
        return place
    }

    private static func keys(_ place: Workplace, _ use: String) throws -> [JSONElement] {
        try place.run("keys", "list", "--json").json()["keys"]?.elements.filter { $0["use"]?.string == use } ?? []
    }

    @Test("list shows every key with its state, and makes no database")
    func list() throws {
        let place = try Self.place()
        let token = try Self.keys(place, "token")
        #expect(token.map { $0["state"]?.string } == ["signing"])
        #expect(token[0]["alg"]?.string == "HS256")
        #expect(token[0]["created"]?.string?.hasSuffix("Z") == true)
        #expect(token[0]["last_used"]?.kind == .null)
        #expect(try Self.keys(place, "assertion").map { $0["alg"]?.string } == ["EdDSA"])
        #expect(!place.exists("data/gatehouse.sqlite"))
        let text = try place.run("keys", "list")
        #expect(text.output.hasPrefix("KID"))
        let material = try JSONDocument(Array(place.read("keys/tokens.jwks.json").utf8)).root["keys"]?.elements.first?["k"]?.string ?? "-"
        #expect(!text.output.contains(material))
    }

    @Test("rotate makes a new key sign and lets the old one verify; tokens of both hold", arguments: [nil, "HS384", "HS512"])
    func rotate(algorithm: String?) throws {
        let place = try Self.place()
        try place.run("partner", "add", "acme", "--name", "Acme", "--role", "partner-writer")
        let old = try place.run("token", "mint", "--partner", "acme").output.trimmingCharacters(in: .whitespacesAndNewlines)
        let before = try Self.keys(place, "token")[0]["kid"]?.string
        let result = try place.run(["keys", "rotate", "token", "--json"] + (algorithm.map { ["--algorithm", $0] } ?? []))
        #expect(result.status == 0, "\(result.error)")
        #expect(try result.json()["retired"]?.string == before)
        let keys = try Self.keys(place, "token")
        #expect(keys.map { $0["state"]?.string } == ["signing", "verifying"])
        let new = try result.json()["kid"]?.string
        #expect(keys.map { $0["kid"]?.string } == [new, before])
        #expect(keys[0]["alg"]?.string == algorithm ?? "HS256")
        #expect(try place.mode("keys/tokens.jwks.json") == 0o600)
        let newer = try place.run("token", "mint", "--partner", "acme").output.trimmingCharacters(in: .whitespacesAndNewlines)
        for token in [old, newer] {
            let inspected = try place.run("token", "inspect", token)
            #expect(inspected.status == 0, "\(inspected.output)")
        }
        #expect(try place.run("keys", "rotate").status == 0)
        #expect(try Self.keys(place, "token").map { $0["state"]?.string } == ["signing", "verifying", "verifying"])
        #expect(try Self.keys(place, "assertion").count == 1)
    }

    @Test("rotate assertion publishes both keys")
    func assertion() throws {
        let place = try Self.place()
        #expect(try place.run("keys", "rotate", "assertion").status == 0)
        #expect(try Self.keys(place, "assertion").map { $0["state"]?.string } == ["signing", "verifying"])
        #expect(try Self.keys(place, "token").count == 1)
    }

    @Test("prune removes what was retired long enough ago, and nothing else; what it does not know of the file stays")
    func prune() throws {
        let place = try Self.place()
        #expect(try place.run("keys", "rotate").status == 0)
        #expect(try place.run("keys", "prune", "--json").json()["removed"]?.elements.isEmpty == true)
        #expect(try Self.keys(place, "token").count == 2)
        let retired = try JSONDocument(Array(place.read("keys/tokens.jwks.json").utf8)).root["keys"]?.elements[1]["retired"]?.integer ?? 0
        let text = try place.read("keys/tokens.jwks.json")
            .replacing("\"retired\": \(retired)", with: "\"retired\": \(retired - 4000)").replacing(
                "{\n  \"keys\"", with: "{\n  \"note\": \"ours\",\n  \"keys\"")
        try place.write("keys/tokens.jwks.json", text)
        #expect(try Self.keys(place, "token").map { $0["state"]?.string } == ["signing", "expired"])
        let removed = try place.run("keys", "prune", "--json").json()["removed"]?.elements ?? []
        #expect(removed.map { $0["use"]?.string } == ["token"])
        #expect(try Self.keys(place, "token").map { $0["state"]?.string } == ["signing"])
        #expect(try place.read("keys/tokens.jwks.json").contains("\"note\": \"ours\""))
        #expect(try place.run("keys", "prune").output.contains("No key can be removed yet"))
    }

    @Test("a key file that cannot be read is not changed", arguments: ["{", #"{"keys": []}"#, #"{"keys": [{"kty": "oct"}]}"#])
    func broken(text: String) throws {
        let place = try Self.place()
        try place.write("keys/tokens.jwks.json", text)
        for command in ["rotate", "prune"] {
            let result = try place.run("keys", command)
            #expect(result.status == 78)
            #expect(result.error.contains("keys/tokens.jwks.json"))
        }
        #expect(try place.read("keys/tokens.jwks.json") == text)
    }

    @Test(
        "what is asked wrongly is a usage error",
        arguments: [["rotate", "seal"], ["rotate", "--algorithm", "none"], ["rotate", "assertion", "--algorithm", "HS256"], ["forge"]])
    func usage(arguments: [String]) throws {
        #expect(try Self.place().run(["keys"] + arguments).status == 64)
    }

    @Test("many rotations at once are all made, one after another")
    func atOnce() async throws {
        let place = try Self.place()
        let path = place.path
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { await Self.rotate(in: path) } }
        }
        #expect(try Self.keys(place, "token").count == 5)
    }

    /// Off the cooperative pool, since it waits for a program.
    private static func rotate(in path: String) async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                _ = try? Workplace.run(["keys", "rotate"], in: path)
                continuation.resume()
            }
        }
    }
}

@Suite("gatehouse keys reseal", .ownThread)
struct ResealCommandTests {
    private static func place() throws -> (Workplace, id: String, secret: String) {
        let place = try Workplace()
        try #require(try place.run("init").status == 0)
        let added = try place.run("partner", "add", "acme", "--name", "Acme", "--role", "partner-writer", "--json").json()
        try place.run("partner", "add", "globex", "--name", "Globex", "--role", "partner-reader")
        return (place, added["secret_id"]?.string ?? "", added["client_secret"]?.string ?? "")
    }

    /// Whether the secret of the partner can be opened: signing needs it.
    private static func opens(_ place: Workplace, environment: [String: String] = [:]) throws -> Bool {
        try place.run(
            ["request", "sign", "GET", "http://gateway.test/x", "--partner", "acme"], environment: environment
        ).status == 0
    }

    @Test("every secret moves to a new key, and the old one opens nothing any more")
    func moves() throws {
        let (place, _, _) = try Self.place()
        #expect(try Self.opens(place))
        let (oldKey, oldFile) = (try place.read("keys/seal.key"), try place.read("keys/partners/acme.json"))
        let result = try place.run("keys", "reseal", "--json")
        #expect(result.status == 0, "\(result.error)")
        #expect(try result.json()["partners"]?.integer == 2)
        #expect(try result.json()["secrets"]?.integer == 2)
        #expect(try place.read("keys/seal.key") != oldKey)
        #expect(try place.read("keys/seal.key").split(separator: "\n").count == 1)
        #expect(try place.read("keys/partners/acme.json") != oldFile)
        #expect(try place.mode("keys/seal.key") == 0o600)
        #expect(try Self.opens(place))
        #expect(try !Self.opens(place, environment: ["GATEHOUSE_SEAL_KEY": oldKey]))
        #expect(!result.output.contains(oldKey.prefix(20)))
    }

    @Test("with both keys in the file secrets of either open, and the next call completes what was broken off")
    func brokenOff() throws {
        let (place, _, _) = try Self.place()
        let (oldKey, oldFile) = (try place.read("keys/seal.key"), try place.read("keys/partners/acme.json"))
        try place.run("keys", "reseal")
        let newKey = try place.read("keys/seal.key")
        // As a crash in the middle leaves it: one partner is sealed with the new key, the other with the old one.
        try place.write("keys/partners/acme.json", oldFile)
        try place.write("keys/seal.key", newKey + oldKey)
        #expect(try Self.opens(place))
        let result = try place.run("keys", "reseal")
        #expect(result.status == 0)
        #expect(try place.read("keys/seal.key") == newKey)
        #expect(try Self.opens(place))
    }

    @Test("a secret that cannot be opened stops it before anything is changed")
    func foreign() throws {
        let (place, _, _) = try Self.place()
        try place.write("keys/seal.key", String(repeating: "A", count: 43) + "\n")
        let before = try place.everything()
        let result = try place.run("keys", "reseal")
        #expect(result.status == 78)
        #expect(result.error.contains("keys/partners/acme.json"))
        #expect(try place.everything() == before)
    }

    @Test("a seal key of the environment is moved by the environment: new and old, reseal, new alone")
    func environment() throws {
        let (place, _, _) = try Self.place()
        let old = try place.read("keys/seal.key").trimmingCharacters(in: .whitespacesAndNewlines)
        let new = String(repeating: "Q", count: 42) + "A"
        let alone = try place.run("keys", "reseal", environment: ["GATEHOUSE_SEAL_KEY": old])
        #expect(alone.status == 78)
        #expect(alone.error.contains("GATEHOUSE_SEAL_KEY=NEW,OLD"))
        #expect(try place.run("keys", "reseal", environment: ["GATEHOUSE_SEAL_KEY": "\(new),\(old)"]).status == 0)
        #expect(try Self.opens(place, environment: ["GATEHOUSE_SEAL_KEY": new]))
        #expect(try !Self.opens(place, environment: ["GATEHOUSE_SEAL_KEY": old]))
    }
}
