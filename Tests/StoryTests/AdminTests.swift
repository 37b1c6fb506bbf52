import Foundation
import GatewayTesting
import Glibc
import StrictJSON
import Testing

@Suite("The admin address", .ownThread)
struct AdminTests {
    private static let suspension = "deny:\n  - { id: unpaid, when: { partner: [initech] }, because: Not paid }\n"

    @Test("/status tells the policy, the keys, the partners and the store, and no secret")
    func status() throws {
        let place = try Place()
        let initech = try place.addPartner("initech")
        _ = try place.addPartner("globex")
        try place.run("partner", "disable", "globex")
        try place.serving { gateway in
            _ = try gateway.token(initech)
            let answer = try Connection(gateway.admin).get("/status")
            let status = try #require(answer.json)
            let digest = gateway.ready["policy"]?.string
            #expect(status["policy"]?["digest"]?.string == digest)
            #expect(status["policy"]?["on_disk"]?.string == digest)
            #expect(status["policy"]?["stale"]?.bool == false)
            #expect((status["policy"]?["loaded"]?.integer ?? 0) > 1_700_000_000)
            #expect(status["partners"]?["count"]?.integer == 2)
            #expect(status["partners"]?["enabled"]?.integer == 1)
            #expect(status["partners"]?["list"]?.elements.compactMap { $0["id"]?.string } == ["globex", "initech"])
            #expect(status["store"]?["reachable"]?.bool == true)
            #expect(status["decisions"]?["failing"]?.bool == false)
            let keys = status["keys"]?.elements ?? []
            #expect(keys.map { $0["use"]?.string } == ["token", "assertion"])
            #expect(keys.map { $0["alg"]?.string } == ["HS256", "EdDSA"])
            #expect(keys.map { $0["state"]?.string } == ["signing", "signing"])
            #expect((status["revocations"]?["age_seconds"]?.integer ?? -1) >= 0)
            for name in ["tokens.jwks.json", "assertion.jwks.json"] {
                let material = try JSONDocument(Array(place.read("keys/\(name)").utf8)).root["keys"]?.elements.first
                let secret = try #require(material?["k"]?.string ?? material?["d"]?.string)
                #expect(!answer.body.contains(secret))
            }
            #expect(!answer.body.contains("ghs_"))
        }
    }

    @Test("a policy on disk that cannot be used is told on every page, and a good one takes it back")
    func stale() throws {
        let place = try Place()
        try place.serving { gateway in
            let admin = try Connection(gateway.admin)
            let digest = try #require(gateway.ready["policy"]?.string)
            try place.write("policies/policy.yaml", try Place.policy(with: "pubic: true", for: "public: true"))
            _ = try gateway.record("stale")
            let policy = try admin.get("/status").json?["policy"]
            #expect(policy?["digest"]?.string == digest)
            #expect(policy?["on_disk"]?.string?.count == 64)
            #expect(policy?["on_disk"]?.string != digest)
            #expect(policy?["stale"]?.bool == true)
            let error = policy?["errors"]?.elements.first
            #expect(error?["file"]?.string == "policies/policy.yaml")
            #expect((error?["line"]?.integer ?? 0) > 1)
            #expect(error?["suggestion"]?.string == "public")
            let metrics = try admin.get("/metrics").body
            #expect(metrics.contains("\ngatehouse_policy_stale 1\n"))
            #expect(metrics.contains("gatehouse_reloads_total{outcome=\"refused\"} 1\n"))
            // What is in force is good, so the gateway is ready.
            #expect(try admin.get("/readyz").status == 200)

            let refused = try admin.post("/reload", "")
            #expect(refused.status == 422)
            #expect(refused.headers["content-type"] == "application/problem+json")
            #expect(refused.json?["outcome"]?.string == "refused")
            #expect(refused.json?["errors"]?.elements.first?["suggestion"]?.string == "public")

            try place.write("policies/policy.yaml", Place.shippedPolicy + Self.suspension)
            let good = try admin.post("/reload", "")
            #expect(good.status == 200)
            #expect(good.json?["outcome"]?.string == "reloaded")
            let after = try admin.get("/status").json?["policy"]
            #expect(after?["stale"]?.bool == false)
            #expect(after?["digest"]?.string == good.json?["policy"]?.string)
            #expect(after?["digest"]?.string != digest)
            #expect(try admin.get("/metrics").body.contains("\ngatehouse_policy_stale 0\n"))
        }
    }

    @Test("each page has its methods, and none is on the public address")
    func methods() throws {
        try Place().serving { gateway in
            let admin = try Connection(gateway.admin)
            for path in ["/healthz", "/readyz", "/metrics", "/status"] {
                #expect(try admin.get(path).status == 200)
                let refused = try admin.post(path, "")
                #expect(refused.status == 405)
                #expect(refused.headers["allow"] == "GET, HEAD")
            }
            let refused = try admin.get("/reload")
            #expect(refused.status == 405)
            #expect(refused.headers["allow"] == "POST")
            #expect(try admin.get("/session").status == 404)
            let client = try gateway.connect()
            for path in ["/healthz", "/readyz", "/metrics", "/status", "/reload"] {
                #expect(try client.get(path).status == 404)
                #expect(try gateway.connect().post(path, "").status == 404)
            }
        }
    }

    @Test("prometheus_client reads every metric of the contract, and nothing that a client sent is a label")
    func metrics() throws {
        let python = try Interoperability.python.get()
        let place = try Place()
        let initech = try place.addPartner("initech")
        try place.serving { gateway in
            let bearer = "Authorization: Bearer \(try gateway.token(initech))"
            let client = try gateway.connect()
            for _ in 0..<3 { #expect(try client.get(Gateway.customers, bearer).status == 200) }
            #expect(try client.get("/made/up/by/a/client", "X-Request-Id: chosen-by-a-client").status == 404)
            #expect(try client.get(Gateway.customers).status == 401)
            let page = try Connection(gateway.admin).get("/metrics")
            #expect(page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            for foreign in ["made/up", "chosen-by-a-client", "initech"] { #expect(!page.body.contains(foreign)) }
            let result = try Tool.run(python, ["Tests/Interop/metrics.py", "http://\(gateway.admin)/metrics"])
            #expect(result.status == 0, "\(result.output)\(result.error)")
            let expected = """
                requests customers.list allow allowed 200 3
                requests - deny no_route 404 1
                requests customers.list deny no_credential 401 1
                requests /oauth2/token allow allowed 200 1
                duration 6
                cache hits 2 misses 1 entries 1
                """
            for line in expected.split(separator: "\n") { #expect(result.output.contains(line), "\(line) is not in \(result.output)") }
        }
    }
}
