import Foundation
import GatewayTesting
import StrictJSON
import Testing

@Suite("With the store gone", .ownThread)
struct StoreGoneTests {
    @Test("tokens are judged from memory, what needs the store answers 503, the age of the revocations is told, and all recovers by itself")
    func gone() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        try place.serving { gateway in
            let token = try gateway.token(initech)
            let bearer = "Authorization: Bearer \(token)"
            let admin = try Connection(gateway.admin)
            let client = try gateway.connect()
            #expect(try client.get("/session", bearer).status == 200)
            #expect(try admin.get("/readyz").status == 200)
            let revoked = try gateway.token(initech)
            #expect(try revoke(revoked, initech, gateway).status == 200)

            try place.withoutStore {
                #expect(eventually { (try? admin.get("/readyz"))?.status == 503 })
                #expect(try admin.get("/status").json?["store"]?["reachable"]?.bool == false)
                // From memory: who is calling, what is revoked, new tokens.
                #expect(try client.get("/session", bearer).status == 200)
                #expect(try client.get("/session", "Authorization: Bearer \(revoked)").status == 401)
                let another = try gateway.token(initech)
                #expect(try client.get("/session", "Authorization: Bearer \(another)").status == 200)
                // Not without the store.
                let created = try client.post(Gateway.customers, Gateway.customer("A"), bearer)
                #expect(created.status == 503)
                #expect(created.json?["code"]?.string == "store_unavailable")
                #expect(created.headers["retry-after"] != nil)
                let refused = try revoke(another, initech, gateway)
                #expect(refused.status == 503)
                #expect(refused.headers["retry-after"] != nil)
                #expect(refused.json?["code"]?.string == "store_unavailable")
                for answer in [created, refused] { #expect(!answer.body.contains("sqlite")) }
                #expect(try client.get(Gateway.customers).status == 401)
                // Neither is anything that was refused done later.
                #expect(try client.get("/session", "Authorization: Bearer \(another)").status == 200)
                #expect(eventually { ((try? admin.get("/status"))?.json?["revocations"]?["age_seconds"]?.integer ?? 0) >= 2 })
                let metrics = try admin.get("/metrics").body
                let age = metrics.split(separator: "\n").first { $0.hasPrefix("gatehouse_revocations_age_seconds ") }
                #expect((age?.split(separator: " ").last.flatMap { Double($0) } ?? 0) >= 2)
            }

            #expect(eventually { (try? admin.get("/readyz"))?.status == 200 })
            #expect(eventually { (try? client.post(Gateway.customers, Gateway.customer("B"), bearer))?.status == 201 })
            #expect(eventually { ((try? admin.get("/status"))?.json?["revocations"]?["age_seconds"]?.integer ?? 9) < 2 })
            #expect(try revoke(token, initech, gateway).status == 200)
            #expect(try client.get("/session", bearer).status == 401)
            // Said once when it began, and once when it was over.
            let lines = gateway.program.errors.lines
            #expect(lines.count { $0.contains("revocations cannot be read") } == 1)
            #expect(lines.count { $0.contains("the store answers again") } == 1)
        }
    }

    private func revoke(_ token: String, _ partner: Place.Partner, _ gateway: Gateway) throws -> Connection.Response {
        try gateway.connect().post(
            "/oauth2/revoke", "token=\(token)", type: "application/x-www-form-urlencoded",
            "Authorization: Basic \(partner.basicCredentials)"
        )
    }

    @Test(
        "what cannot be had at start is one clear sentence with the place and the way out",
        arguments: [
            (["--store", "sqlite:policies/policy.yaml/x.sqlite"], "policies/policy.yaml", "--store"),
            (["--store", "sqlite:/proc/nowhere/x.sqlite"], "/proc/nowhere", "--store"),
            (["--decisions", "policies/policy.yaml/decisions.jsonl"], "policies/policy.yaml", "--decisions"),
            (["--decisions", "/proc/nowhere/decisions.jsonl"], "/proc/nowhere", "--decisions"),
            (["--decisions", "policies"], "policies", "--decisions"),
            (["--listen", "192.0.2.1:0", "--insecure-http"], "192.0.2.1:0", "--listen"),
            (["--store", "postgres://nobody:secret-word@127.0.0.1:1/none"], "127.0.0.1", "--store"),
        ]
    )
    func unusable(arguments: [String], place name: String, flag: String) throws {
        let place = try Place()
        let addresses = arguments.contains("--listen") ? [] : ["--listen", "127.0.0.1:0"]
        let result = try place.run(["serve", "--admin", "127.0.0.1:0"] + addresses + arguments)
        #expect(result.status == 69, "\(result.error)")
        let sentence = result.error.split(separator: "\n").last ?? ""
        #expect(sentence.contains(name), "\(result.error)")
        #expect(sentence.contains(flag), "\(result.error)")
        for word in ["Domain=", "NSCocoa", "NSError", "unavailable(", "errno:", "Error(", "secret-word", "descriptor"] {
            #expect(!result.error.contains(word), "\(result.error)")
        }
    }

    @Test("warnings of configuration and policy are records of the log, each said once")
    func warnings() throws {
        // A role that no caller may carry.
        let place = try Place(policy: Place.policy(with: "roles:\n  nobodys: { grants: [customers:read] }", for: "roles:"))
        try place.write("policies/gateway.yaml", "trustedProxiesX: []\n".replacing("trustedProxiesX: []\n", with: ""))
        try place.serving { gateway in
            try gateway.stop()
            let lines = gateway.program.errors.lines
            for line in lines { #expect((try? JSONDocument(Array(line.utf8))) != nil, "\(line)") }
            let warnings = lines.filter { $0.contains("nobodys") }
            #expect(warnings.count == 1, "\(warnings)")
            #expect(try warnings.first.map { try JSONDocument(Array($0.utf8)).root["level"]?.string } == "warning")
        }
    }

    @Test("`keys list` shows when a running gateway last used each key, and a rotated key's tokens still hold")
    func keyUses() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        try place.serving { gateway in
            let old = try gateway.token(initech)
            #expect(try gateway.connect().get("/session", "Authorization: Bearer \(old)").status == 200)
            #expect(eventually { (try? lastUsed(place))?.first != nil })
            #expect(try place.run("keys", "rotate").status == 0)
            _ = try gateway.record("reloaded")
            #expect(try gateway.connect().get("/session", "Authorization: Bearer \(old)").status == 200)
            let new = try gateway.token(initech)
            #expect(new.split(separator: ".")[0] != old.split(separator: ".")[0])
            #expect(eventually { (try? lastUsed(place))?.count == 2 })
            // Resealed while it runs, secrets go on to count.
            #expect(try place.run("keys", "reseal").status == 0)
            #expect(eventually { (try? gateway.askForToken(initech))?.status == 200 })
            try gateway.stop()
        }
    }

    private func lastUsed(_ place: Place) throws -> [String] {
        let keys = try JSONDocument(Array(place.run("keys", "list", "--json").output.utf8)).root["keys"]?.elements ?? []
        return keys.filter { $0["use"]?.string == "token" }.compactMap { $0["last_used"]?.string }
    }
}

extension Place {
    /// Takes the database's file away for as long as `body` takes: it is moved aside and a folder put in its place.
    func withoutStore(_ body: () throws -> Void) throws {
        let names = ["gatehouse.sqlite", "gatehouse.sqlite-wal", "gatehouse.sqlite-shm"]
        let files = FileManager.default
        for name in names where files.fileExists(atPath: "\(path)/data/\(name)") {
            try files.moveItem(atPath: "\(path)/data/\(name)", toPath: "\(path)/data/kept-\(name)")
        }
        defer {
            for name in names where files.fileExists(atPath: "\(path)/data/kept-\(name)") {
                try? files.moveItem(atPath: "\(path)/data/kept-\(name)", toPath: "\(path)/data/\(name)")
            }
        }
        try body()
    }
}
