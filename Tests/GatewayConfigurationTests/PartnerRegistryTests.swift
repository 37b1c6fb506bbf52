import Access
import Foundation
import Testing

@testable import GatewayConfiguration
@testable import GatewayCore

/// Unix seconds.
let now: Int64 = 1_700_000_000

func registration(_ id: String, networks: [CIDR] = []) -> PartnerRegistry.Registration {
    .init(id: id, name: "Partner \(id)", roles: ["partner-writer"], scopes: nil, tenant: id, networks: networks)
}

@Suite struct PartnerRegistryTests {
    @Test func aPartnerIsRegisteredWithOneSealedSecretInAPrivateFile() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        let issued = try PartnerRegistry(keys).add(registration("acme", networks: [CIDR(parsing: "10.0.0.0/8")]), at: now)
        #expect(try folder.mode("keys/partners/acme.json") == 0o600)
        let text = try folder.read("keys/partners/acme.json")
        #expect(!text.contains(issued.secret.reveal()))
        #expect(!text.contains("ghs_"))
        let partner = try #require(PartnerDirectory.load(keys, at: now).directory?["acme"])
        #expect(partner.isEnabled)
        #expect(partner.tenant == "acme")
        #expect(partner.roles == ["partner-writer"])
        #expect(partner.scopes == nil)
        #expect(partner.secrets.map(\.id) == [issued.secretID])
        #expect(partner.isAllowed(from: try #require(IPAddress("10.1.2.3"))))
        #expect(partner.isAllowed(from: try #require(IPAddress("::ffff:10.1.2.3"))))
        #expect(!partner.isAllowed(from: try #require(IPAddress("11.0.0.1"))))
    }

    @Test func anIDIsRegisteredOnce() throws {
        let folder = try TemporaryFolder()
        let registry = PartnerRegistry(try folder.keys())
        _ = try registry.add(registration("acme"), at: now)
        let before = try folder.read("keys/partners/acme.json")
        #expect { try registry.add(registration("acme"), at: now) } throws: { "\($0)" == "partner `acme` exists already" }
        #expect { try registry.add(registration("../acme"), at: now) } throws: { "\($0)".contains("is no partner id") }
        #expect(try folder.read("keys/partners/acme.json") == before)
        #expect(try folder.names("keys/partners") == ["acme.json"])
    }

    @Test func aPartnerCanBeShutOutWithoutTheSealKeyAndRemovedEvenWhenItsFileIsBroken() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        let registry = PartnerRegistry(keys)
        _ = try registry.add(registration("acme"), at: now)
        try FileManager.default.removeItem(atPath: keys.sealKeyPath)
        #expect(try registry.setEnabled(false, "acme").isEnabled == false)
        #expect(try registry.partner("acme").isEnabled == false)
        #expect(try registry.setEnabled(true, "acme").isEnabled)
        try folder.write("keys/partners/acme.json", "{ half")
        #expect { try registry.setEnabled(false, "acme") } throws: { "\($0)".contains("acme.json:1:3: error: not valid JSON") }
        try registry.remove("acme")
        #expect(try folder.names("keys/partners") == [])
        #expect { try registry.remove("acme") } throws: { "\($0)" == "no partner `acme`" }
        #expect { try registry.add(registration("acme"), at: now) } throws: { "\($0)".contains("the seal key is missing") }
        #expect(try folder.names("keys/partners") == [])
    }

    @Test func aWrongSealKeySealsNothing() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        let registry = PartnerRegistry(keys)
        _ = try registry.add(registration("acme"), at: now)
        let before = try Data(contentsOf: URL(fileURLWithPath: keys.partnerPath("acme")))
        try folder.write("keys/seal.key", String(repeating: "A", count: 43))
        #expect { try registry.add(registration("globex"), at: now) } throws: { "\($0)".contains("seal.key is wrong: it opens none") }
        #expect { try registry.rotate("acme", overlap: 60, at: now) } throws: { "\($0)".contains("seal.key is wrong: it opens none") }
        #expect(try folder.names("keys/partners") == ["acme.json"])
        let after = try Data(contentsOf: URL(fileURLWithPath: keys.partnerPath("acme")))
        #expect(after == before)
    }

    @Test func aPartnerThatIsNotThereIsNamedWithANearOne() throws {
        let folder = try TemporaryFolder()
        let registry = PartnerRegistry(try folder.keys())
        _ = try registry.add(registration("acme"), at: now)
        #expect { try registry.setEnabled(false, "acne") } throws: { "\($0)" == "no partner `acne` (did you mean `acme`?)" }
        #expect { try registry.partner("../tokens.jwks") } throws: { "\($0)".contains("is no partner id") }
    }

    @Test func rotatingLetsTheOldSecretEndAfterTheOverlap() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        let registry = PartnerRegistry(keys)
        let first = try registry.add(registration("acme"), at: now)
        let second = try registry.rotate("acme", overlap: 100, at: now)
        #expect(second.secretID != first.secretID)

        func accepts(_ issued: PartnerRegistry.Issued, at time: Int64) throws -> Bool {
            let directory = try #require(PartnerDirectory.load(keys, at: now).directory)
            if case .accepted = directory.check(secret: Array(issued.secret.reveal().utf8).span, of: "acme", at: time) { return true }
            return false
        }
        #expect(try accepts(first, at: now + 99))
        #expect(try !accepts(first, at: now + 100))
        #expect(try accepts(second, at: now + 1_000_000))

        #expect { try registry.rotate("acme", overlap: 100, at: now + 99) } throws: { error in
            "\(error)".contains("two live secrets already") && "\(error)".contains("2023-11-14T22:15:00Z")
        }
        // When the first has ended there is room again, and it is gone from the file.
        let third = try registry.rotate("acme", overlap: 100, at: now + 100)
        #expect(try registry.partner("acme").secrets.map(\.id) == [third.secretID, second.secretID])
        // Without overlap, all others end at once: the answer to a leak.
        let fourth = try registry.rotate("acme", overlap: 0, at: now + 101)
        #expect(try registry.partner("acme").secrets.map(\.id) == [fourth.secretID])
    }

    @Test func anOverlapNeverPutsOffAnEndThatWasSet() throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        let registry = PartnerRegistry(keys)
        _ = try registry.add(registration("acme"), at: now)
        var record = try registry.partner("acme")
        record.secrets[0].expires = now + 50
        try PrivateFile.replace(keys.partnerPath("acme"), contents: PartnerFile.serialize(record))
        #expect(try registry.rotate("acme", overlap: 1000, at: now).partner.secrets.map(\.expires) == [nil, now + 50])
    }

    @Test func changesAtTheSameTimeAllHappen() async throws {
        let folder = try TemporaryFolder()
        let keys = try folder.keys()
        let registry = PartnerRegistry(keys)
        _ = try registry.add(registration("shared"), at: now)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 { group.addTask { _ = try registry.add(registration("partner-\(number)"), at: now) } }
            try await group.waitForAll()
        }
        #expect(PartnerDirectory.load(keys, at: now).directory?.count == 17)
        // A change that read the file before another wrote it would bring the old secret back.
        for _ in 0..<10 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 { group.addTask { _ = try registry.setEnabled(number % 2 == 0, "shared") } }
                let issued = try registry.rotate("shared", overlap: 0, at: now)
                try await group.waitForAll()
                #expect(try registry.partner("shared").secrets.map(\.id) == [issued.secretID])
            }
        }
        #expect(try folder.names("keys/partners").allSatisfy { $0.hasSuffix(".json") && !$0.hasPrefix(".") })
    }
}
