import Foundation
import GatewayTesting
import StrictJSON
import Testing

@Suite("Several gateways on one PostgreSQL database", .ownThread)
struct PostgresTests {
    /// A second node: the same keys, its own everything else.
    private func serving<Answer>(_ place: Place, _ store: String, _ body: (Gateway, Gateway) throws -> Answer) throws -> Answer {
        let environment = ["GATEHOUSE_STORE": store, "GATEHOUSE_ISSUER": "http://gateway.example"]
        return try place.serving(environment: environment) { one in
            try place.serving("--decisions", "data/second.jsonl", environment: environment) { two in try body(one, two) }
        }
    }

    @Test("what one node stores the other one serves; lists go on across nodes and restarts; keys are one for all")
    func twoNodes() throws {
        let store = try PostgresServer.shared.get().makeDatabase()
        let place = try Place()
        let acme = try place.addPartner("acme")
        var next: String?
        var created: Set<String> = []
        try serving(place, store) { one, two in
            let bearer = "Authorization: Bearer \(try one.token(acme))"
            for number in 0..<4 {
                let token = try one.token(acme)
                created.insert(try (number.isMultiple(of: 2) ? one : two).createCustomer("Customer \(number)", token: token))
            }
            let page = try one.connect().get(Gateway.customers + "?limit=2", bearer)
            next = page.json?["next"]?.string
            let rest = try two.connect().get(Gateway.customers + "?limit=2&cursor=\(next ?? "")", bearer)
            let ids = [page, rest].flatMap { ($0.json?["data"]?.elements ?? []).compactMap { $0["id"]?.string } }
            #expect(Set(ids) == created && ids.count == 4)

            let body = #"{"name":"Once","contactEmail":"office@example.com"}"#
            let answers = try [one, two].map { try $0.connect().post(Gateway.customers, body, bearer, "Idempotency-Key: k") }
            #expect(answers.map(\.status) == [201, 201] && answers[0].body == answers[1].body)
            #expect(answers.map { $0.headers["idempotent-replayed"] } == [nil, "true"])
        }
        try serving(place, store) { one, _ in
            let bearer = "Authorization: Bearer \(try one.token(acme))"
            let rest = try one.connect().get(Gateway.customers + "?limit=2&cursor=\(next ?? "")", bearer)
            #expect(rest.status == 200 && rest.json?["data"]?.elements.count == 2)
        }
    }

    @Test("sessions are revoked and listed in the database")
    func revocations() throws {
        let environment = ["GATEHOUSE_STORE": try PostgresServer.shared.get().makeDatabase()]
        let place = try Place()
        let revoked = try place.run("session", "revoke", "--subject", "ada", environment: environment)
        #expect(revoked.status == 0, "\(revoked.error)")
        let listed = try place.run("session", "revocations", "--json", environment: environment)
        let json = try #require(try? JSONDocument(Array(listed.output.utf8)).root, "\(listed.error)")
        #expect(json["revocations"]?.elements.map { $0["subject"]?.string } == ["ada"])
    }

    @Test("a command that used the database ends by itself and not by a signal, however often it is run")
    func end() throws {
        let environment = ["GATEHOUSE_STORE": try PostgresServer.shared.get().makeDatabase()]
        let place = try Place()
        // One of six crashed when libraries were taken down under the threads that close connections.
        for _ in 0..<40 {
            let listed = try place.run("session", "revocations", environment: environment)
            try #require(listed.status == 0, "\(listed.error)")
        }
    }

    @Test("a database that cannot be used is named at the start, without its password")
    func unusable() throws {
        let server = try PostgresServer.shared.get()
        let place = try Place()
        for (uri, reason) in [
            (server.uri(database: "nowhere"), "does not exist"),
            (server.uri(database: "postgres", password: "wr0ngpass"), "password authentication failed"),
        ] {
            let result = try place.serveFails("--store", uri)
            #expect(result.status == 69)
            #expect(result.error.contains("127.0.0.1:\(server.port)") && result.error.contains(reason), "\(result.error)")
            #expect(!result.error.contains("wr0ngpass") && !result.error.contains(PostgresServer.password))
        }
    }

    @Test("with the database gone, what needs it is 503 and ready says no; both recover by themselves")
    func gone() throws {
        let server = try PostgresServer(isDurable: true)
        defer { server.stop() }
        let place = try Place()
        let acme = try place.addPartner("acme")
        try place.serving(environment: ["GATEHOUSE_STORE": server.uri(database: "postgres")]) { gateway in
            let token = try gateway.token(acme)
            let id = try gateway.createCustomer("Acme", token: token)
            server.kill()
            let refused = try gateway.connect().get(Gateway.customers + "/" + id, "Authorization: Bearer \(token)")
            #expect(refused.status == 503 && refused.json?["code"]?.string == "store_unavailable")
            #expect(refused.headers["retry-after"] != nil)
            #expect(!refused.body.contains("127.0.0.1"))
            #expect(try Connection(gateway.admin).get("/readyz").status == 503)
            // What needs no store goes on.
            #expect(try gateway.connect().get("/session", "Authorization: Bearer \(token)").status == 200)
            try server.start()
            #expect(try eventually { try Connection(gateway.admin).get("/readyz").status == 200 })
            #expect(try gateway.connect().get(Gateway.customers + "/" + id, "Authorization: Bearer \(token)").status == 200)
            #expect(!gateway.program.errors.lines.joined().contains(PostgresServer.password))
        }
    }
}
