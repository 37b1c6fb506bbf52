import Foundation
import GatewayTesting
import StrictJSON
import Testing

@Suite(.ownThread) struct PartnerCommandTests {
    private let place: Workplace

    init() throws {
        place = try Workplace()
        try place.run("init")
    }

    private func add(_ id: String, _ more: String...) throws -> CommandResult {
        try place.run(["partner", "add", id, "--name", "Partner \(id)", "--role", "partner-writer", "--json"] + more)
    }

    @Test func addPrintsTheSecretOnceInTheShapeOfTheContract() throws {
        let result = try add("acme")
        #expect(result.status == 0)
        #expect(result.error == "")
        let json = try result.json()
        #expect(json.members.map(\.name) == ["client_id", "client_secret", "secret_id", "roles", "scopes", "tenant"])
        #expect(json["client_id"]?.string == "acme")
        #expect(json["tenant"]?.string == "acme")
        #expect(json["roles"]?.elements.compactMap(\.string) == ["partner-writer"])
        #expect(json["scopes"]?.elements.compactMap(\.string) == ["customers:read", "customers:write"])
        let secret = try #require(json["client_secret"]?.string)
        #expect(secret.wholeMatch(of: /ghs_[A-Za-z0-9_-]{43}_[0-9a-f]{8}/) != nil)
        #expect(try place.mode("keys/partners/acme.json") == 0o600)

        // Never again, in no output and in no file.
        for arguments in [
            ["partner", "show", "acme"], ["partner", "show", "acme", "--json"], ["partner", "list"], ["partner", "list", "--json"],
            ["partner", "disable", "acme"], ["partner", "rotate", "acme"], ["token", "mint", "--partner", "acme"],
        ] {
            let later = try place.run(arguments)
            #expect(!(later.output + later.error).contains(secret.prefix(20)))
        }
        for (_, contents) in try place.everything() { #expect(!String(decoding: contents, as: UTF8.self).contains(secret.prefix(20))) }
    }

    @Test func addPrintsATableForPeople() throws {
        let result = try place.run(
            "partner", "add", "acme", "--name", "Acme", "--role", "partner-reader", "--tenant", "acme-eu", "--network", "10.0.0.0/8",
            "--network", "::1"
        )
        #expect(result.status == 0)
        #expect(result.output.contains(/client secret  ghs_[A-Za-z0-9_-]{43}_[0-9a-f]{8}\n/))
        #expect(result.output.contains("tenant         acme-eu\n"))
        #expect(result.output.contains("networks       10.0.0.0/8, ::1/128\n"))
        #expect(result.output.contains("Keep the secret now"))
    }

    @Test(arguments: [
        (["Acme"], "`Acme` is no partner id: 2 to 63 of a-z, 0-9 and `-`, the first not `-`"),
        (["acme", "--role", "partner-writter"], "the policy has no role `partner-writter` (did you mean `partner-writer`?)"),
        (["acme", "--role", "boss"], "the policy has no role `boss` (partners may have: partner-reader, partner-writer)"),
        (
            ["acme", "--role", "provisioning-admin"],
            "role `provisioning-admin` is not listed for the caller `partner` of the policy; partners may have: partner-reader, partner-writer"
        ),
        (["acme", "--scope", "customers:reed"], "the policy has no scope `customers:reed` (did you mean `customers:read`?)"),
        (
            ["acme", "--scope", "customers:delete"],
            "no role of this partner grants `customers:delete`; they grant: customers:read, customers:write"
        ),
        (
            ["acme", "--network", "10.0.0.1/8"],
            "`10.0.0.1/8` is no network: address bits are set below the network length (did you mean `10.0.0.0/8`?)"
        ),
        (
            ["acme", "--network", "::ffff:10.0.0.0/8"],
            "`::ffff:10.0.0.0/8` is no network: an IPv4-mapped IPv6 address: write the IPv4 form"
        ),
        (["acme", "--tenant", "a b"], "the tenant must be 1 to 128 letters, digits and `._:@-`, the first a letter or digit"),
        (["acme", "--name", ""], "the name must be 1 to 200 characters, none of them a control character"),
    ])
    func whatThePolicyDoesNotAllowIsRefusedAndNothingWritten(arguments: [String], says: String) throws {
        let result = try place.run(
            ["partner", "add"] + arguments + ["--role", "partner-writer"] + (arguments.contains("--name") ? [] : ["--name", "x"]))
        #expect(result.status == 1)
        #expect(result.output == "")
        #expect(result.error == "error: \(says)\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(place.path)/keys/partners") == [])
    }

    @Test func allMistakesAreToldAtOnce() throws {
        let result = try place.run("partner", "add", "A", "--name", "", "--role", "x1", "--role", "x2", "--network", "n")
        #expect(result.status == 1)
        #expect(result.error.split(separator: "\n").count == 5)
        #expect(try place.run("partner", "add", "acme", "--name", "x").status == 64)
    }

    @Test func aPolicyThatDoesNotLoadEndsAddWith78() throws {
        try place.write("policies/policy.yaml", Workplace.policy.replacing("customers:read]", with: "customers:red]", maxReplacements: 1))
        let result = try add("acme")
        #expect(result.status == 78)
        #expect(result.error.contains("policies/policy.yaml:4:30: error: undefined scope `customers:red`"))
        #expect(!place.exists("keys/partners/acme.json"))
    }

    @Test func addingTwiceOrWithoutTheSealKeyIsRefused() throws {
        #expect(try add("acme").status == 0)
        let before = try place.read("keys/partners/acme.json")
        let again = try add("acme")
        #expect(again.status == 1)
        #expect(again.error == "error: partner `acme` exists already\n")
        #expect(try place.read("keys/partners/acme.json") == before)
        try FileManager.default.removeItem(atPath: "\(place.path)/keys/seal.key")
        let sealless = try add("globex")
        #expect(sealless.status == 78)
        #expect(sealless.error.contains("the seal key is missing: neither keys/seal.key nor GATEHOUSE_SEAL_KEY is there"))
        let open = try place.run("partner", "show", "acme", "--json")
        #expect(open.status == 0)
    }

    @Test func aFileThatOthersCanReadIsRefusedWithTheCommandThatMendsIt() throws {
        _ = try add("acme")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(place.path)/keys/partners/acme.json")
        let result = try place.run("partner", "show", "acme")
        #expect(result.status == 78)
        #expect(result.error.contains("chmod 600 keys/partners/acme.json"))
    }

    @Test func listAndShowTellWhatIsRegistered() throws {
        #expect(try place.run("partner", "list").output == "No partners yet. `gatehouse partner add` registers one.\n")
        _ = try add("globex", "--scope", "customers:read")
        _ = try add("acme", "--network", "10.0.0.0/8")
        let list = try place.run("partner", "list", "--json").json()
        #expect(list["partners"]?.elements.map { $0["client_id"]?.string } == ["acme", "globex"])
        let acme = try place.run("partner", "show", "acme", "--json").json()
        #expect(acme["name"]?.string == "Partner acme")
        #expect(acme["enabled"]?.bool == true)
        #expect(acme["all_scopes"]?.bool == true)
        #expect(acme["scopes"]?.elements.compactMap(\.string) == ["customers:read", "customers:write"])
        #expect(acme["networks"]?.elements.compactMap(\.string) == ["10.0.0.0/8"])
        #expect(acme["created"]?.string?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
        #expect(acme["secrets"]?.elements.count == 1)
        #expect(acme["secrets"]?.elements.first?["live"]?.bool == true)
        #expect(acme["secrets"]?.elements.first?["expires"]?.isNull == true)
        let globex = try place.run("partner", "show", "globex").output
        #expect(globex.contains("scopes    customers:read\n"))
        let table = try place.run("partner", "list").output.split(separator: "\n")
        #expect(table.count == 3)
        #expect(table[0] == "ID      NAME            ROLES           TENANT  ENABLED  SECRETS")
    }

    @Test func oneBrokenFileIsToldAndTheOthersListed() throws {
        _ = try add("acme")
        _ = try add("globex")
        try place.write("keys/partners/globex.json", "{")
        let list = try place.run("partner", "list", "--json")
        #expect(list.status == 78)
        #expect(try list.json()["partners"]?.elements.count == 1)
        #expect(list.error.contains("keys/partners/globex.json"))
    }

    @Test func disablingEnablingAndRemovingDoWhatTheySay() throws {
        _ = try add("acme")
        let disabled = try place.run("partner", "disable", "acme", "--json")
        #expect(disabled.status == 0)
        #expect(try disabled.json()["enabled"]?.bool == false)
        #expect(try place.run("partner", "show", "acme", "--json").json()["enabled"]?.bool == false)
        #expect(try place.run("partner", "enable", "acme").output == "Partner acme is enabled.\n")
        #expect(try place.run("partner", "show", "acme", "--json").json()["enabled"]?.bool == true)
        #expect(try place.run("partner", "remove", "acme", "--json").json()["removed"]?.bool == true)
        for verb in ["show", "disable", "enable", "remove", "rotate"] {
            let result = try place.run("partner", verb, "acme")
            #expect(result.status == 1)
            #expect(result.error == "error: no partner `acme`\n")
        }
    }

    @Test func rotateGivesASecondSecretAndNoThird() throws {
        let first = try add("acme").json()
        let second = try place.run("partner", "rotate", "acme", "--json").json()
        #expect(second["client_secret"]?.string?.hasPrefix("ghs_") == true)
        #expect(second["secret_id"]?.string != first["secret_id"]?.string)
        let secrets = try place.run("partner", "show", "acme", "--json").json()["secrets"]?.elements ?? []
        #expect(secrets.map { $0["secret_id"]?.string } == [second["secret_id"]?.string, first["secret_id"]?.string])
        #expect(secrets.map { $0["expires"]?.isNull } == [true, false])
        let third = try place.run("partner", "rotate", "acme")
        #expect(third.status == 1)
        #expect(third.error.contains("has two live secrets already"))
        #expect(try place.run("partner", "rotate", "acme", "--overlap", "0s").status == 0)
        #expect(try place.run("partner", "show", "acme", "--json").json()["secrets"]?.elements.count == 1)
        #expect(try place.run("partner", "rotate", "acme", "--overlap", "soon").status == 64)
        #expect(try place.run("partner", "rotate", "acme", "--overlap", "2h").output.contains("works until"))
    }

    /// Killed at ever later moments, it leaves the old file or the new one, and the next command is not kept waiting.
    @Test func aCommandThatIsKilledLeavesAWholeFile() throws {
        _ = try add("acme")
        var secretIDs: Set<String> = []
        // However busy the machine is, the moments lie around the time that a whole command takes on it.
        let whole = try ContinuousClock().measure { _ = try place.run("partner", "rotate", "acme", "--overlap", "0s") }
        let milliseconds = Int(whole / .milliseconds(1))
        for step in 0..<20 {
            try place.kill(["partner", "rotate", "acme", "--overlap", "0s"], afterMilliseconds: step * milliseconds / 10)
            let shown = try place.run("partner", "show", "acme", "--json")
            #expect(shown.status == 0)
            let secrets = try shown.json()["secrets"]?.elements ?? []
            #expect(secrets.count == 1)
            secretIDs.insert(secrets.first?["secret_id"]?.string ?? "")
        }
        #expect(secretIDs.count > 1, "nothing was ever changed before the kill")
        let rotated = try place.run("partner", "rotate", "acme", "--overlap", "0s")
        #expect(rotated.status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(place.path)/keys/partners") == ["acme.json"])
    }

    /// Real processes, since that is who competes for the folder.
    @Test func commandsAtTheSameTimeLoseNothing() async throws {
        _ = try add("shared")
        let place = place
        let statuses = try await withThrowingTaskGroup(of: Int32.self) { group in
            for number in 0..<12 {
                group.addTask {
                    let arguments = ["partner", "add", "p-\(number)", "--name", "P", "--role", "partner-reader"]
                    return try place.run(number < 8 ? arguments : ["partner", "rotate", "shared", "--overlap", "0s"]).status
                }
            }
            // And the same id from two: one of them gets it.
            for _ in 0..<2 { group.addTask { try place.run("partner", "add", "twin", "--name", "T", "--role", "partner-reader").status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.sorted() == Array(repeating: 0, count: 13) + [1])
        let partners = try place.run("partner", "list", "--json").json()["partners"]?.elements ?? []
        #expect(partners.count == 10)
        #expect(partners.allSatisfy { $0["secrets"]?.elements.count == 1 })
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: "\(place.path)/keys/partners").allSatisfy {
                $0.hasSuffix(".json") && !$0.hasPrefix(".")
            })
    }
}

// Its path is never changed, and the program is told of it by its working directory.
extension Workplace: @unchecked Sendable {}
