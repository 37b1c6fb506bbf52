import Foundation
import Glibc
import StrictJSON
import Testing

@Suite("Secrecy", .ownThread)
struct SecrecyTests {
    /// Something that must be nowhere, and what to call it without showing it.
    private struct Secret {
        let name: String
        let text: String
    }

    @Test("at log level trace, no secret, token or key is in the log, the output, the decisions or the database")
    func trace() throws {
        let place = try Place()
        let acme = try place.addPartner("acme")
        var secrets = try keys(of: place)
        secrets.append(Secret(name: "client secret", text: acme.secret))
        secrets.append(Secret(name: "Basic credentials", text: acme.basicCredentials))
        try place.serving("--log-level", "trace") { gateway in
            let token = try gateway.token(acme)
            let segments = token.split(separator: ".").map(String.init)
            secrets.append(Secret(name: "token", text: token))
            secrets.append(Secret(name: "token payload", text: segments[1]))
            secrets.append(Secret(name: "token signature", text: segments[2]))
            try useAndMisuse(gateway, acme, token: token)

            // A reload that works and one that does not.
            gateway.program.signal(SIGHUP)
            _ = try gateway.record("reloaded")
            let partner = try place.read("keys/partners/acme.json")
            try place.write("keys/partners/acme.json", partner.replacing("\"sealed\": \"", with: "\"sealed\": \"A"))
            _ = try gateway.record("stale")
            try place.write("keys/partners/acme.json", partner)
            _ = try gateway.record("reloaded")
            let pages = try ["/status", "/metrics"].map { try Connection(gateway.admin).get($0).body }.joined()
            try gateway.stop()

            let written = [
                ("log", gateway.program.errors.lines.joined(separator: "\n")), ("output", gateway.program.output),
                ("decisions", try place.read("data/decisions.jsonl")), ("database", database(of: place)), ("admin pages", pages),
            ]
            #expect(written[0].1.contains(#""event":"ready""#))
            #expect(written[2].1.contains(#""reason":"bad_mac""#))
            #expect(written[3].1.contains("Somebody"))
            for secret in secrets {
                // A part of a secret gives it away as well; asked outside of the macro, which would print it.
                let part = String(secret.text.suffix(24))
                for (place, text) in written {
                    let isThere = text.contains(part) || text.contains(secret.text.prefix(24))
                    #expect(!isThere, "\(secret.name) in \(place)")
                }
            }
        }
    }

    /// Requests with credentials in every place that a client might put them.
    private func useAndMisuse(_ gateway: Gateway, _ acme: Place.Partner, token: String) throws {
        let bearer = "Authorization: Bearer \(token)"
        let basic = "Authorization: Basic \(acme.basicCredentials)"
        let form = "application/x-www-form-urlencoded"
        _ = try gateway.createCustomer("Somebody", token: token)
        #expect(try gateway.connect().get("/session", bearer).status == 200)
        #expect(try gateway.connect().get("/session", bearer + "x").status == 401)
        #expect(try gateway.connect().get("/session", basic).status == 401)
        #expect(try gateway.connect().get("/session?access_token=\(token)").status == 400)
        #expect(try gateway.connect().get("/session", bearer, bearer).status == 400)
        #expect(try gateway.connect().get("/session", "Cookie: next-auth.session-token=\(token)").status == 401)
        #expect(try gateway.connect().post(Gateway.customers, "{\"name\":\"\(token)\"", bearer).status == 400)
        #expect(try gateway.connect().post("/oauth2/token", "grant_type=password&password=\(acme.secret)", type: form, basic).status == 400)
        #expect(try gateway.connect().post("/oauth2/token", "client_id=acme&client_secret=\(acme.secret)", type: form).status == 401)
        #expect(try gateway.connect().post("/oauth2/token", "client_secret=\(acme.secret)", type: form, basic).status == 400)
    }

    /// What is secret in the keys folder.
    private func keys(of place: Place) throws -> [Secret] {
        var secrets = [
            Secret(name: "seal key", text: try place.read("keys/seal.key").trimmingCharacters(in: .whitespacesAndNewlines)),
            Secret(name: "session secret", text: try place.read("keys/session-secrets").trimmingCharacters(in: .whitespacesAndNewlines)),
        ]
        for file in ["tokens", "assertion"] {
            for match in try place.read("keys/\(file).jwks.json").matches(of: /"[kd]": ?"([A-Za-z0-9_-]+)"/) {
                secrets.append(Secret(name: "\(file) key", text: String(match.1)))
            }
        }
        try #require(secrets.count == 4)
        return secrets
    }

    /// The database's files as they lie there.
    private func database(of place: Place) -> String {
        ["", "-wal", "-shm"].compactMap { FileManager.default.contents(atPath: "\(place.path)/data/gatehouse.sqlite\($0)") }
            .map { String(decoding: $0, as: UTF8.self) }.joined()
    }
}
