import Access
import Foundation
import OpenSSLCrypto
import Testing
import Tokens

@testable import GatewayConfiguration
@testable import GatewayCore

@Suite struct PartnerDirectoryTests {
    @Test func theSealKeyMissingOrWrongIsAnErrorThatSaysSo() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        let issued = try PartnerRegistry(keys).add(registration("acme"), at: now)

        try folder.write("keys/seal.key", SealKey.generateText())
        let wrong = PartnerDirectory.load(keys, at: now)
        #expect(wrong.directory == nil)
        #expect(
            wrong.diagnostics.map(\.rendered) == [
                "\(keys.partnerPath("acme")): error: secret `\(issued.secretID)` does not open: the seal key in \(keys.sealKeyPath) is wrong: it is not the one this was sealed with"
            ]
        )
        let environment = KeyFolder(path: keys.path, environment: ["GATEHOUSE_SEAL_KEY": SealKey.generateText()])
        #expect(
            PartnerDirectory.load(environment, at: now).diagnostics.first?.message.contains("the seal key in GATEHOUSE_SEAL_KEY is wrong")
                == true)

        try FileManager.default.removeItem(atPath: keys.sealKeyPath)
        let missing = PartnerDirectory.load(keys, at: now)
        #expect(missing.directory == nil)
        #expect(
            missing.diagnostics.map(\.message).contains {
                $0.hasPrefix("the seal key is missing: neither \(keys.sealKeyPath) nor GATEHOUSE_SEAL_KEY")
            })

        try folder.write("keys/seal.key", SealKey.generateText(), mode: 0o644)
        #expect(PartnerDirectory.load(keys, at: now).diagnostics.map(\.rendered).contains { $0.hasSuffix("chmod 600 \(keys.sealKeyPath)") })
    }

    @Test func sealedSecretsThatChangePlacesDoNotOpen() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        let registry = PartnerRegistry(keys)
        for id in ["acme", "globex", "initech"] { _ = try registry.add(registration(id), at: now) }
        var acme = try registry.partner("acme")
        let globex = try registry.partner("globex")
        func swapped(_ record: PartnerRecord, _ other: PartnerRecord) -> [UInt8] {
            var record = record
            record.secrets = [.init(id: record.secrets[0].id, created: now, expires: nil, sealed: other.secrets[0].sealed)]
            return PartnerFile.serialize(record)
        }
        try PrivateFile.replace(keys.partnerPath("acme"), contents: swapped(acme, globex))
        try PrivateFile.replace(keys.partnerPath("globex"), contents: swapped(globex, acme))
        let (directory, diagnostics) = PartnerDirectory.load(keys, at: now)
        #expect(directory == nil)
        #expect(diagnostics.map(\.file) == [keys.partnerPath("acme"), keys.partnerPath("globex")])
        #expect(diagnostics.allSatisfy { $0.message.contains("it was changed, or sealed for another partner or id") })

        // Between two secrets of one partner alike: which of them ends is bound, too.
        try PrivateFile.replace(keys.partnerPath("acme"), contents: PartnerFile.serialize(acme))
        try PrivateFile.replace(keys.partnerPath("globex"), contents: PartnerFile.serialize(globex))
        _ = try registry.rotate("acme", overlap: 100, at: now)
        acme = try registry.partner("acme")
        let (new, old) = (acme.secrets[0], acme.secrets[1])
        acme.secrets = [
            .init(id: new.id, created: now, expires: nil, sealed: old.sealed),
            .init(id: old.id, created: now, expires: now, sealed: new.sealed),
        ]
        try PrivateFile.replace(keys.partnerPath("acme"), contents: PartnerFile.serialize(acme))
        #expect(PartnerDirectory.load(keys, at: now).diagnostics.count == 2)
    }

    @Test func oneBadFileKeepsTheWholeDirectoryFromLoadingAndAllMistakesAreTold() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        let registry = PartnerRegistry(keys)
        for id in ["acme", "globex"] { _ = try registry.add(registration(id), at: now) }
        try folder.write("keys/partners/globex.json", "{\n \"id\": 5", mode: 0o600)
        try folder.write("keys/partners/Initech.json", "{}")
        try folder.write("keys/partners/open.json", "{}", mode: 0o644)
        try folder.write("keys/partners/notes.txt", "x")
        try folder.write("keys/partners/.acme.json.12.tmp", "half")
        let (directory, diagnostics) = PartnerDirectory.load(keys, at: now)
        #expect(directory == nil)
        #expect(
            diagnostics.map(\.rendered) == [
                "\(keys.partnersPath)/notes.txt: warning: not read: a partner's file ends in .json",
                "\(keys.partnersPath)/Initech.json: error: the name of the file is no partner id: 2 to 63 of a-z, 0-9 and `-`, the first not `-`",
                "\(keys.partnersPath)/globex.json:2:9: error: not valid JSON: unexpected end of input at byte 10",
                "\(keys.partnersPath)/open.json: error: group or others can read it (mode 0644): chmod 600 \(keys.partnersPath)/open.json",
            ]
        )
    }

    @Test func moreThanTwoLiveSecretsAreRefused() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        _ = try PartnerRegistry(keys).add(registration("acme"), at: now)
        let sealKey = try keys.loadSealKey()
        var record = try PartnerRegistry(keys).partner("acme")
        for (number, expires) in [(1, nil), (2, now), (3, now + 1)] as [(Int, Int64?)] {
            let sealed = try sealKey.seal(.generate(), partner: "acme", secretID: "s\(number)")
            record.secrets.append(.init(id: "s\(number)", created: now, expires: expires, sealed: sealed))
        }
        try PrivateFile.replace(keys.partnerPath("acme"), contents: PartnerFile.serialize(record))
        #expect(PartnerDirectory.load(keys, at: now).diagnostics.map(\.message) == ["more than two live secrets"])
        #expect(PartnerDirectory.load(keys, at: now + 1).directory?["acme"]?.secrets.count == 2)
    }

    @Test func aFolderWithoutPartnersIsAnEmptyDirectory() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        #expect(PartnerDirectory.load(keys, at: now).directory?.count == 0)
        try FileManager.default.removeItem(atPath: keys.partnersPath)
        #expect(PartnerDirectory.load(keys, at: now).directory?.count == 0)
        try folder.write("keys/partners", "")
        #expect(PartnerDirectory.load(keys, at: now).directory == nil)
    }

    // MARK: Checking a client

    private struct Setting {
        let directory: PartnerDirectory
        let secrets: [String: ClientSecret]
    }

    /// `one` has a secret, `two` has two, `none` has none, `off` is disabled.
    private func setting() throws -> Setting {
        var secrets: [String: ClientSecret] = [:]
        func partner(_ id: String, isEnabled: Bool = true, count: Int) -> PartnerDirectory.Partner {
            let record = PartnerRecord(
                id: id, name: id, roles: [], scopes: nil, tenant: id, networks: [], isEnabled: isEnabled, created: now, secrets: []
            )
            return .init(
                record, networks: [],
                secrets: (0..<count).map { number in
                    let secret = ClientSecret.generate()
                    secrets["\(id)\(number)"] = secret
                    return PartnerSecret(id: "s\(number)", created: now, expires: number == 0 ? nil : now + 100, secret: secret)
                }
            )
        }
        let directory = PartnerDirectory([
            partner("one", count: 1), partner("two", count: 2), partner("none", count: 0), partner("off", isEnabled: false, count: 1),
        ])
        return Setting(directory: directory, secrets: secrets)
    }

    @Test(
        arguments: [
            ("one", "one0", 0, "accepted s0"),
            ("two", "two0", 0, "accepted s0"),
            ("two", "two1", 99, "accepted s1"),
            ("two", "two1", 100, "wrong_secret"),
            ("one", "two0", 0, "wrong_secret"),
            ("none", "one0", 0, "wrong_secret"),
            ("off", "off0", 0, "disabled_partner"),
            // Whoever does not know the secret does not learn that the partner is disabled.
            ("off", "one0", 0, "wrong_secret"),
            ("nobody", "one0", 0, "unknown_partner"),
            ("", "one0", 0, "unknown_partner"),
        ] as [(String, String, Int64, String)])
    func aSecretIsAcceptedForItsOwnPartnerWhileItIsLive(client: String, secret: String, after: Int64, outcome: String) throws {
        let setting = try setting()
        let text = Array(try #require(setting.secrets[secret]).reveal().utf8)
        #expect(describe(setting.directory.check(secret: text.span, of: client, at: now + after)) == outcome)
        for wrong in [[], Array(text.dropLast()), text + [0x30], [0x20] + text] {
            #expect(!describe(setting.directory.check(secret: wrong.span, of: client, at: now + after)).hasPrefix("accepted"))
        }
    }

    private func describe(_ check: ClientSecretCheck) -> String {
        switch check {
        case .accepted(_, let secret): "accepted \(secret.id)"
        case .refused(let refusal): refusal.rawValue
        }
    }

    @Test(
        "a proof is asked of exactly two secrets, whoever the client is (M-08, T-06)", arguments: ["one", "two", "none", "off", "nobody"])
    func theSameWorkIsDoneForEveryClient(client: String) throws {
        let setting = try setting()
        for answer in [true, false] {
            var asked = 0
            let check = setting.directory.check(client, at: now) { _ in
                asked += 1
                return answer
            }
            #expect(asked == 2)
            // Even a proof that accepts everything lets nobody in who has no secret.
            if client == "none" || client == "nobody" || client == "off" || !answer { #expect(!describe(check).hasPrefix("accepted")) }
        }
    }

    @Test func theKeysThatFollowFromASecretAreThoseOfTheContract() throws {
        let text = "ghs_test"
        let secret = ClientSecret.generate()
        let partner = PartnerSecret(id: "s1", created: 0, expires: nil, secret: secret)
        let revealed = SecretBytes(Array(secret.reveal().utf8))
        let message = Array(text.utf8)
        #expect(partner.assertionKey().authenticate(message.span) == HMACKey(.sha256, key: revealed).authenticate(message.span))
        let derived = try HKDF.derive(.sha256, secret: revealed, salt: [], info: Array("gatehouse request signing v1".utf8), byteCount: 32)
        #expect(try partner.signingKey().authenticate(message.span) == HMACKey(.sha256, key: derived).authenticate(message.span))
        #expect(try partner.signingKey() === partner.signingKey())
    }

    @Test("a key that is not known is judged with a decoy's, which proves nothing (M-08)")
    func decoy() throws {
        let setting = try setting()
        for name in ["one:s1", "two:s9", "none:s0", "off:s0", "nobody:s1", "none:decoy1"] {
            let id = try #require(SigningKeyID(name))
            let (secret, isKnown) = setting.directory.signingSecret(id, at: now)
            #expect(!isKnown && secret.id == "decoy1" && !secret.isLive(at: now), "\(name)")
        }
        #expect(setting.directory.signingSecret(try #require(SigningKeyID("two:s1")), at: now + 99).isKnown)
        #expect(!setting.directory.signingSecret(try #require(SigningKeyID("two:s1")), at: now + 100).isKnown)
    }

    @Test func aKeyIDNamesALiveSecretOfAnEnabledPartner() throws {
        let setting = try setting()
        #expect(setting.directory.secret("s1", of: "two", at: now + 99)?.secret.id == "s1")
        #expect(setting.directory.secret("s1", of: "two", at: now + 100) == nil)
        #expect(setting.directory.secret("s1", of: "one", at: now) == nil)
        #expect(setting.directory.secret("s0", of: "off", at: now) == nil)
        #expect(setting.directory.secret("s0", of: "nobody", at: now) == nil)
        #expect(setting.directory.secret("decoy1", of: "none", at: now) == nil)
    }

    // MARK: Secrets stay secret

    @Test func noSecretStandsInAnyDescription() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys(environment: ["AUTH_SECRET": "an-auth-secret-of-more-than-thirty-two-characters"])
        let issued = try PartnerRegistry(keys).add(registration("acme"), at: now)
        let loaded = try #require(LoadedKeys.load(keys).keys)
        let directory = try #require(PartnerDirectory.load(keys, at: now).directory)
        let sealKey = try keys.loadSealKey()
        let environmentFolder = KeyFolder(path: keys.path, environment: ["GATEHOUSE_SEAL_KEY": try folder.read("keys/seal.key")])

        var text = ""
        for value in [issued, issued.secret, loaded, directory, directory["acme"] as Any, sealKey, keys, environmentFolder] as [Any] {
            text += "\(value) \(String(reflecting: value)) "
            dump(value, to: &text)
        }
        var secrets = [issued.secret.reveal(), "an-auth-secret", try folder.read("keys/seal.key").trimmingCharacters(in: .newlines)]
        for name in ["tokens", "assertion"] {
            for match in try folder.read("keys/\(name).jwks.json").matches(of: /"[kd]": "([A-Za-z0-9_-]+)"/) {
                secrets.append(String(match.1))
            }
        }
        #expect(secrets.count == 5)
        for secret in secrets {
            // Asked outside of the macro, which would print the text.
            let isThere = text.contains(secret.prefix(20))
            #expect(!isThere)
        }
    }
}
