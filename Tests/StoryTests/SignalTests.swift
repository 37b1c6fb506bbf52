import Foundation
import GatewayTesting
import Glibc
import StrictJSON
import Testing

@Suite("Signals", .ownThread)
struct SignalTests {
    @Test("asked to stop, it finishes what it has begun, takes nothing new, and ends with 0", arguments: [SIGTERM, SIGINT])
    func graceful(signal: CInt) throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        let id = try place.serving { gateway in
            let token = try gateway.token(initech)
            let idle = try gateway.connect()
            #expect(try idle.get("/session", "Authorization: Bearer \(token)").status == 200)
            let busy = try gateway.connect()
            let body = Gateway.customer("In flight")
            try busy.send(
                "POST", Gateway.customers,
                [
                    "Authorization: Bearer \(token)", "Content-Type: application/json", "Content-Length: \(body.utf8.count)",
                    "Expect: 100-continue",
                ]
            )
            // The gateway has the head when it asks for the body.
            #expect(try busy.response().status == 100)
            gateway.program.signal(signal)
            _ = try gateway.record("stopping")
            #expect(try idle.isClosed())
            #expect(eventually { (try? gateway.connect()) == nil })
            try busy.send(body)
            let answer = try busy.response()
            #expect(answer.status == 201)
            #expect(answer.headers["connection"] == "close")
            #expect(try busy.isClosed())
            #expect(try gateway.program.status() == 0)
            return try #require(answer.json?["id"]?.string)
        }
        try place.serving { gateway in
            let read = try gateway.connect().get("\(Gateway.customers)/\(id)", "Authorization: Bearer \(gateway.token(initech))")
            #expect(read.json?["name"]?.string == "In flight")
        }
    }

    @Test("SIGHUP reloads, and open connections live on under the new policy")
    func reload() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        try place.serving { gateway in
            let connection = try gateway.connect()
            let bearer = "Authorization: Bearer \(try gateway.token(initech))"
            let created = try connection.post(Gateway.customers, Gateway.customer("First"), bearer)
            #expect(created.status == 201)
            gateway.program.signal(SIGHUP)
            #expect(try reloadRecord(gateway)["level"]?.string == "info")

            try place.write("policies/policy.yaml", Place.shippedPolicy + Self.suspension)
            gateway.program.signal(SIGHUP)
            _ = try reloadRecord(gateway)
            let refused = try connection.get(Gateway.customers, bearer)
            #expect(refused.status == 403)
            #expect(refused.json?["detail"]?.string == "Not paid")

            try place.write("policies/policy.yaml", Place.shippedPolicy)
            gateway.program.signal(SIGHUP)
            _ = try reloadRecord(gateway)
            #expect(try connection.get(Gateway.customers, bearer).status == 200)
            try gateway.stop()
        }
    }

    private static let suspension = "deny:\n  - { id: unpaid, when: { partner: [initech] }, because: Not paid }\n"

    /// The next reload that a SIGHUP asked for; the watcher's own may come before it.
    private func reloadRecord(_ gateway: Gateway) throws -> JSONElement {
        var record = try gateway.record("reloaded")
        while record["reason"]?.string != "SIGHUP" { record = try gateway.record("reloaded") }
        return record
    }

    @Test("a changed policy is loaded without being told")
    func watched() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        try place.serving { gateway in
            let connection = try gateway.connect()
            let bearer = "Authorization: Bearer \(try gateway.token(initech))"
            #expect(try connection.get(Gateway.customers, bearer).status == 200)
            try place.write("policies/policy.yaml", Place.shippedPolicy + Self.suspension)
            _ = try gateway.record("reloaded")
            #expect(try connection.get(Gateway.customers, bearer).status == 403)
        }
    }

    @Test("a bad policy leaves the last good one in force and says where it is wrong; a good one follows it")
    func badPolicy() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        try place.serving { gateway in
            let digest = try #require(gateway.ready["policy"]?.string)
            let connection = try gateway.connect()
            let bearer = "Authorization: Bearer \(try gateway.token(initech))"
            #expect(try connection.get(Gateway.customers, bearer).status == 200)

            // Read as it stands, this would refuse everybody.
            let bad = try Place.policy(with: "needs: [customers:nothing]", for: "needs: [customers:read]") + Self.suspension
            try place.write("policies/policy.yaml", bad)
            gateway.program.signal(SIGHUP)
            #expect(try gateway.record("stale")["level"]?.string == "error")
            let line = try #require(bad.components(separatedBy: "\n").firstIndex { $0.contains("customers:nothing") }) + 1
            let told = gateway.program.errors.lines.filter { $0.contains("policies/policy.yaml:\(line):") }
            #expect(told.contains { $0.contains(#""level":"error""#) })
            #expect(try connection.get(Gateway.customers, bearer).status == 200)
            #expect(try Connection(gateway.admin).get("/status").json?["policy"]?["digest"]?.string == digest)

            try place.write("policies/policy.yaml", Place.shippedPolicy + Self.suspension)
            _ = try gateway.record("reloaded")
            #expect(try connection.get(Gateway.customers, bearer).status == 403)
            try gateway.stop()
        }
    }

    @Test("a bad partner file or an open key file on reload changes nothing for anybody", arguments: ["partner", "mode", "gone"])
    func badKeys(kind: String) throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        _ = try place.addPartner("globex")
        try place.serving { gateway in
            let connection = try gateway.connect()
            let bearer = "Authorization: Bearer \(try gateway.token(initech))"
            let keys = try place.read("keys/tokens.jwks.json")
            switch kind {
            case "partner": try place.write("keys/partners/globex.json", "{")
            case "mode": try place.setMode(0o644, of: "keys/tokens.jwks.json")
            default: try place.remove("keys/tokens.jwks.json")
            }
            gateway.program.signal(SIGHUP)
            _ = try gateway.record("stale")
            #expect(try connection.get(Gateway.customers, bearer).status == 200)
            _ = try gateway.token(initech)
            switch kind {
            case "partner": try place.remove("keys/partners/globex.json")
            case "mode": try place.setMode(0o600, of: "keys/tokens.jwks.json")
            default:
                try place.write("keys/tokens.jwks.json", keys)
                try place.setMode(0o600, of: "keys/tokens.jwks.json")
            }
            gateway.program.signal(SIGHUP)
            _ = try gateway.record("reloaded")
            #expect(try connection.get(Gateway.customers, bearer).status == 200)
        }
    }
}
