import Foundation
import GatewayTesting
import StrictJSON
import Testing

@Suite("Partners that change while the gateway runs", .ownThread)
struct PartnerChangeTests {
    /// What the contract allows from the end of the command to the first answer that knows of it.
    private static let limit = Duration.seconds(1)

    /// Runs the command and waits until the open connection is answered so; how long that took.
    private func change(
        _ arguments: String..., place: Place, on connection: Connection, _ bearer: String, until status: Int,
        location: SourceLocation = #_sourceLocation
    ) throws -> Duration {
        let result = try place.run(["partner"] + arguments)
        #expect(result.status == 0, "\(result.error)", sourceLocation: location)
        let start = ContinuousClock.now
        let isSo = try eventually { try connection.get(Gateway.customers, bearer).status == status }
        #expect(isSo, "never \(status)", sourceLocation: location)
        return ContinuousClock.now - start
    }

    @Test("disabled and enabled partners are refused and served within a second, on the same connection")
    func disabledAndEnabled() throws {
        let place = try Place()
        let (acme, other) = (try place.addPartner("acme"), try place.addPartner("other"))
        try place.serving { gateway in
            let connection = try gateway.connect()
            let bearer = "Authorization: Bearer \(try gateway.token(acme))"
            let othersBearer = "Authorization: Bearer \(try gateway.token(other))"
            #expect(try connection.get(Gateway.customers, bearer).status == 200)
            var (disabling, enabling) = (Duration.seconds(60), Duration.seconds(60))
            // The quickest of several, so that a busy machine proves nothing against the gateway.
            for _ in 1...3 {
                disabling = min(disabling, try change("disable", "acme", place: place, on: connection, bearer, until: 401))
                let refused = try connection.get(Gateway.customers, bearer)
                #expect(refused.json?["code"]?.string == "invalid_token")
                #expect(try connection.get(Gateway.customers, othersBearer).status == 200)
                // Another connection may be on a loop that is told a moment later.
                #expect(try eventually { try gateway.askForToken(acme).status == 401 })
                enabling = min(enabling, try change("enable", "acme", place: place, on: connection, bearer, until: 200))
            }
            #expect(disabling < Self.limit)
            #expect(enabling < Self.limit)
        }
    }

    @Test("removed partners are refused within a second")
    func removed() throws {
        let place = try Place()
        let partners = try ["acme", "acme-2", "acme-3"].map { try place.addPartner($0) }
        try place.serving { gateway in
            let connection = try gateway.connect()
            var removing = Duration.seconds(60)
            for partner in partners {
                let bearer = "Authorization: Bearer \(try gateway.token(partner))"
                #expect(try connection.get(Gateway.customers, bearer).status == 200)
                removing = min(removing, try change("remove", partner.id, place: place, on: connection, bearer, until: 401))
            }
            #expect(removing < Self.limit)
        }
    }

    @Test(
        "disabled and removed partners are refused even while another file is wrong",
        arguments: ["policies/policy.yaml", "keys/partners/zzz.json"])
    func closedInSpiteOfMistakes(file: String) throws {
        let place = try Place()
        let (acme, globex, other) = (try place.addPartner("acme"), try place.addPartner("globex"), try place.addPartner("other"))
        try place.serving { gateway in
            let connection = try gateway.connect()
            let bearers = try [acme, globex, other].map { "Authorization: Bearer \(try gateway.token($0))" }
            let policy = try place.read("policies/policy.yaml")
            try place.write(file, "{")
            try place.setMode(0o600, of: file)
            _ = try gateway.record("stale")
            #expect(try connection.get(Gateway.customers, bearers[0]).status == 200)
            _ = try change("disable", "acme", place: place, on: connection, bearers[0], until: 401)
            if file.hasPrefix("keys") { try place.remove("keys/partners/globex.json") }
            let isRemoved = try file.hasPrefix("keys") && eventually { try connection.get(Gateway.customers, bearers[1]).status == 401 }
            #expect(isRemoved == file.hasPrefix("keys"))
            #expect(try connection.get(Gateway.customers, bearers[2]).status == 200)
            // Mended, what was meant is what counts.
            if file.hasPrefix("keys") { try place.remove(file) } else { try place.write(file, policy) }
            _ = try gateway.record("reloaded")
            #expect(try connection.get(Gateway.customers, bearers[0]).status == 401)
            #expect(try connection.get(Gateway.customers, bearers[2]).status == 200)
        }
    }

    @Test("a partner that is registered while the gateway runs can come at once, and its new secret works beside the old one")
    func addedAndRotated() throws {
        let place = try Place()
        try place.serving { gateway in
            let acme = try place.addPartner("acme")
            try waitForReload(gateway, until: acme)
            let rotated = try place.run("partner", "rotate", "acme", "--overlap", "1h", "--json")
            let json = try #require(try? JSONDocument(Array(rotated.output.utf8)).root)
            let renewed = Place.Partner(id: "acme", secret: try #require(json["client_secret"]?.string))
            #expect(renewed.secret != acme.secret)
            try waitForReload(gateway, until: renewed)
            _ = try gateway.token(acme)
        }
    }

    /// Asks once after each reload, since failures are throttled.
    private func waitForReload(_ gateway: Gateway, until partner: Place.Partner) throws {
        while try gateway.askForToken(partner).status != 200 { _ = try gateway.record("reloaded") }
    }
}
