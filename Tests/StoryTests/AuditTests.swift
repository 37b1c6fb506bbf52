import Foundation
import GatewayTesting
import Glibc
import StrictJSON
import Testing

@Suite("The decision log of a running gateway", .ownThread)
struct AuditTests {
    @Test("rotated by SIGHUP and taken up by a restart it is one chain, and no record is lost")
    func rotation() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        var ids: [String] = []
        try place.serving { gateway in
            let bearer = "Authorization: Bearer \(try gateway.token(initech))"
            let client = try gateway.connect()
            for _ in 0..<20 { ids.append(try client.get(Gateway.customers, bearer).requestID) }
            #expect(eventually { (try? place.decisions().count) == 21 })
            try rename("decisions.jsonl", "decisions.jsonl.1", in: place)
            for _ in 0..<20 { ids.append(try client.get(Gateway.customers, bearer).requestID) }
            gateway.program.signal(SIGHUP)
            #expect(eventually { FileManager.default.fileExists(atPath: "\(place.path)/data/decisions.jsonl") })
            for _ in 0..<20 { ids.append(try client.get(Gateway.customers, bearer).requestID) }
            try gateway.stop()
        }
        try place.serving { gateway in
            let bearer = "Authorization: Bearer \(try gateway.token(initech))"
            for _ in 0..<5 { ids.append(try gateway.connect().get(Gateway.customers, bearer).requestID) }
            try gateway.stop()
        }
        let written = try (place.read("data/decisions.jsonl.1") + place.read("data/decisions.jsonl")).split(separator: "\n")
        let writtenIDs = Set(try written.compactMap { try JSONDocument(Array($0.utf8)).root["request_id"]?.string })
        #expect(ids.allSatisfy { writtenIDs.contains($0) })
        let verified = try place.run("audit", "verify", "data/decisions.jsonl.1", "data/decisions.jsonl", "--json")
        #expect(verified.status == 0, "\(verified.output)")
        let late = try place.run("audit", "verify")
        #expect(late.status == 0)
        #expect(late.output.contains("begins in the middle of a chain"))
    }

    @Test("with a full disk nothing is changed unrecorded: unsafe methods answer 503, reading goes on, and all is told once")
    func full() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        try place.serving("--decisions", "/dev/full") { gateway in
            let token = try gateway.token(initech)
            let bearer = "Authorization: Bearer \(token)"
            let client = try gateway.connect()
            _ = try gateway.record("decisions")
            #expect(eventually { (try? client.post(Gateway.customers, Gateway.customer("A"), bearer))?.status == 503 })
            let refused = try client.post(Gateway.customers, Gateway.customer("B"), bearer)
            #expect(refused.status == 503)
            #expect(refused.headers["retry-after"] == "1")
            #expect(refused.json?["code"]?.string == "store_unavailable")
            #expect(try client.get(Gateway.customers, bearer).status == 200)
            // Who is refused for another reason is told that one.
            #expect(try client.post(Gateway.customers, "{}").status == 401)
            let metrics = try Connection(gateway.admin).get("/metrics").body
            #expect(metrics.contains("\ngatehouse_decisions_failing 1\n"))
            #expect(!metrics.contains("\ngatehouse_decisions_unwritten_total 0\n"))
            #expect(metrics.contains(#"reason="audit_unavailable",status="503""#))
            #expect(try Connection(gateway.admin).get("/status").json?["decisions"]?["failing"]?.bool == true)
            #expect(gateway.program.errors.lines.count { $0.contains("decision records cannot be written") } == 1)
        }
    }

    @Test("`onAuditFailure: continue` changes things all the same")
    func continues() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        try place.write("policies/gateway.yaml", "limits: { onAuditFailure: continue }\n")
        try place.serving("--decisions", "/dev/full") { gateway in
            let bearer = "Authorization: Bearer \(try gateway.token(initech))"
            _ = try gateway.record("decisions")
            #expect(try gateway.connect().post(Gateway.customers, Gateway.customer("A"), bearer).status == 201)
        }
    }

    @Test("`decisions: denied` records what was refused and nothing else")
    func denied() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        try place.write("policies/gateway.yaml", "limits: { decisions: denied }\n")
        try place.serving { gateway in
            let bearer = "Authorization: Bearer \(try gateway.token(initech))"
            let client = try gateway.connect()
            #expect(try client.get(Gateway.customers, bearer).status == 200)
            #expect(try client.get(Gateway.customers).status == 401)
            #expect(try gateway.askForToken(.init(id: "initech", secret: "wrong")).status == 401)
            try gateway.stop()
        }
        let records = try place.decisions().map { try JSONDocument(Array($0.utf8)).root }
        #expect(records.map { $0["decision"]?.string } == ["deny", "deny"])
        #expect(Set(records.map { $0["reason"]?.string }) == ["no_credential", "wrong_secret"])
    }

    @Test("a head that was refused while it was read is recorded with its method and path")
    func refusedHeads() throws {
        let place = try Place()
        try place.serving { gateway in
            let client = try gateway.connect()
            try client.send("GET /api/provisioning/customers?x=1 HTTP/1.1\r\nHost: a\r\nOrigin: b\r\nOrigin: c\r\n\r\n")
            let answer = try client.response()
            #expect(answer.status == 400)
            #expect(answer.json?["code"]?.string == "repeated_header")
            try gateway.stop()
        }
        let record = try JSONDocument(Array(try #require(try place.decisions().last).utf8)).root
        #expect(record["reason"]?.string == "repeated_header")
        #expect(record["method"]?.string == "GET")
        #expect(record["path"]?.string == Gateway.customers)
    }

    private func rename(_ old: String, _ new: String, in place: Place) throws {
        try FileManager.default.moveItem(atPath: "\(place.path)/data/\(old)", toPath: "\(place.path)/data/\(new)")
    }
}
