import Foundation
import GatewayTesting
import OpenSSLCrypto
import SharedState
import StrictJSON
import Testing
import Tokens

private let customer = #"{"name":"Ada Ltd","contactEmail":"ada@example.com"}"#

@Suite("Signed requests over real sockets", .ownThread)
struct SignedRequestTests {
    static func create(_ gateway: TestGateway) -> SignedRequest {
        var request = SignedRequest(gateway)
        request.method = "POST"
        request.target = "/api/provisioning/customers"
        request.body = customer
        return request
    }

    static func count(_ gateway: TestGateway) throws -> Int {
        try gateway.get("/api/provisioning/customers", gateway.bearer("acme")).json?["data"]?.elements.count ?? -1
    }

    static func expectRefused(_ response: RawClient.Response, _ component: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(response.status == 401, sourceLocation: sourceLocation)
        #expect(response.code == "signature", sourceLocation: sourceLocation)
        #expect(response.component == component, sourceLocation: sourceLocation)
        #expect(
            response["accept-signature"]?.hasPrefix("gatehouse=(\"@method\" \"@authority\" \"@path\" \"@query\" \"authorization\"") == true,
            sourceLocation: sourceLocation)
        #expect(response["want-content-digest"] == "sha-256=10, sha-512=5", sourceLocation: sourceLocation)
        #expect(response["www-authenticate"] == #"Bearer realm="gatehouse""#, sourceLocation: sourceLocation)
    }

    @Test("a signed request is accepted: where it is required, where it is optional, with a query, a body, chunks, an idempotency key")
    func accepted() async throws {
        let log = try await TestGateway.run { gateway in
            // The route leads to the provisioning module, which knows nothing at this path: past the gate it is a 404 of another kind.
            let first = try gateway.send(SignedRequest(gateway).text())
            #expect(first.status == 404)
            var get = SignedRequest(gateway)
            get.target = "/api/provisioning/customers?limit=1"
            #expect(try gateway.send(get.text()).status == 200)
            get.target = "/session"
            get.nonce = "another-nonce-of-16"
            #expect(try gateway.send(get.text()).status == 200)
            var post = Self.create(gateway)
            #expect(try gateway.send(post.text()).status == 201)
            post.nonce = UUID().uuidString
            post.isChunked = true
            #expect(try gateway.send(post.text()).status == 201)
            post.nonce = UUID().uuidString
            post.idempotencyKey = "key-1"
            post.digest =
                "sha-512=:\(Base64.encode(Digest.hash(.sha512, Array(customer.utf8)))):, \(ContentDigest.sha256(of: Array(customer.utf8)))"
            #expect(try gateway.send(post.text()).status == 201)
            #expect(try Self.count(gateway) == 3)
            #expect(gateway.nonces.count == 6)
        }
        #expect(Set(log.map { $0["reason"]?.string }) == ["allowed"])
    }

    @Test("several signed requests on one connection, the next one sent before the first is answered")
    func pipelined() async throws {
        try await TestGateway.run { gateway in
            let client = try RawClient(port: gateway.port)
            var texts = ""
            for _ in 0..<3 { texts += Self.create(gateway).text() }
            try client.send(texts)
            for _ in 0..<3 { #expect(try client.response().status == 201) }
            try client.send(SignedRequest(gateway).text())
            #expect(try client.response().status == 404)
        }
    }

    @Test("the body waits for the nonce: Expect is answered after it, and not at all for a nonce that was used")
    func expectContinue() async throws {
        try await TestGateway.run { gateway in
            var post = Self.create(gateway)
            post.lines = "Expect: 100-continue\r\n"
            let parts = post.text().components(separatedBy: "\r\n\r\n")
            let client = try RawClient(port: gateway.port)
            try client.send(parts[0] + "\r\n\r\n")
            #expect(try client.response().status == 100)
            try client.send(parts[1])
            #expect(try client.response().status == 201)
            let second = try RawClient(port: gateway.port)
            try second.send(parts[0] + "\r\n\r\n")
            Self.expectRefused(try second.response(), "nonce")
            #expect(try second.isClosed())
        }
    }

    @Test("M-01: a captured request cannot be dated anew")
    func m01() async throws {
        try await TestGateway.run { gateway in
            let request = SignedRequest(gateway)
            let headers = request.headers()
            for (from, to) in [
                (";created=\(request.created)", ";created=\(request.created + 1)"), (request.nonce, UUID().uuidString),
                ("acme:s1", "acme:s2"),
            ] {
                Self.expectRefused(
                    try gateway.send(request.text(input: headers.input.replacing(from, with: to), signature: headers.signature)),
                    "signature")
            }
            for (named, from) in [
                ("created", ";created=\(request.created)"), ("nonce", ";nonce=\"\(request.nonce)\""), ("keyid", ";keyid=\"acme:s1\""),
            ] {
                Self.expectRefused(
                    try gateway.send(request.text(input: headers.input.replacing(from, with: ""), signature: headers.signature)), named)
            }
        }
    }

    @Test("M-02: a key id that exists and a signature of nothing, on every way in")
    func m02() async throws {
        try await TestGateway.run { gateway in
            let nothing = "gatehouse=:\(Base64.encode([UInt8](repeating: 0, count: 32))):"
            for target in ["/signed", "/api/provisioning/customers", "/session", "/api/provisioning/customers?X-Signature=1"] {
                for method in ["GET", "HEAD"] {
                    var request = SignedRequest(gateway)
                    request.method = method
                    request.target = target
                    let response = try gateway.send(
                        request.text(input: request.headers().input, signature: nothing), isHead: method == "HEAD")
                    #expect(response.status == 401)
                }
            }
            for type in [
                "application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
                "application/octet-stream",
            ] {
                for isChunked in [false, true] {
                    for body in [customer, ""] {
                        var post = Self.create(gateway)
                        post.type = type
                        post.isChunked = isChunked
                        post.body = body
                        if body.isEmpty, !isChunked { post.body = nil }
                        Self.expectRefused(try gateway.send(post.text(input: post.headers().input, signature: nothing)), "signature")
                    }
                }
            }
            #expect(try Self.count(gateway) == 0)
            #expect(gateway.nonces.count == 0)
        }
    }

    @Test("M-02: a signature in trailers, in the query or under another name is none")
    func m02Elsewhere() async throws {
        let log = try await TestGateway.run { gateway in
            var post = Self.create(gateway)
            post.target = "/signed"
            let headers = post.headers()
            for name in ["X-Signature", "Signature_", "X_Signature", "Signature2"] {
                post.lines = "\(name)-Input: \(headers.input)\r\n\(name): \(headers.signature)\r\n"
                Self.expectRefused(try gateway.send(post.text(input: nil, signature: nil)), "signature-input")
            }
            post.lines = "Trailer: Signature, Signature-Input\r\n"
            post.isChunked = true
            // The empty line at the end makes way for the trailers.
            let chunks = post.text(input: nil, signature: nil).dropLast()
            let trailers = "Signature-Input: \(headers.input)\r\nSignature: \(headers.signature)\r\n\r\n"
            Self.expectRefused(try gateway.send(String(chunks) + trailers), "signature-input")
            var get = SignedRequest(gateway)
            get.target = "/signed?keyid=acme:s1&signature=\(headers.signature.replacing("+", with: "-").replacing("/", with: "_"))"
            Self.expectRefused(try gateway.send(get.text(input: nil, signature: nil)), "signature-input")
            #expect(gateway.nonces.count == 0)
        }
        #expect(Set(log.compactMap { $0["reason"]?.string }) == ["signature_required"])
    }

    @Test("M-03: what is covered is the server's to say")
    func m03() async throws {
        try await TestGateway.run { gateway in
            var request = SignedRequest(gateway)
            for (components, named) in [
                ([], "@method"), (["date"], "@method"), (["x-absent"], "@method"),
                (["@method", "@authority", "@path", "@query"], "authorization"),
                (["@method", "@authority", "@path", "authorization"], "@query"),
                (["@method", "@authority", "@path", "@query", "authorization", "x-absent"], "x-absent"),
            ] {
                request.components = components
                Self.expectRefused(try gateway.send(request.text()), named)
            }
            var post = Self.create(gateway)
            post.components = ["@method", "@authority", "@path", "@query", "authorization", "content-digest"]
            Self.expectRefused(try gateway.send(post.text()), "content-type")
            post.components = nil
            let unsigned = post.headers()
            post.idempotencyKey = "added-later"
            Self.expectRefused(try gateway.send(post.text(input: unsigned.input, signature: unsigned.signature)), "idempotency-key")
            #expect(try Self.count(gateway) == 0)
        }
    }

    @Test("M-04: a signed GET is no DELETE, and holds for no other path, query or host")
    func m04() async throws {
        try await TestGateway.run { gateway in
            var request = SignedRequest(gateway)
            request.target = "/signed?a=1"
            let headers = request.headers()
            for change in [
                { $0.method = "DELETE" }, { $0.target = "/session?a=1" }, { $0.target = "/signed?a=2" }, { $0.target = "/signed" },
                { $0.target = "/signed?a=1&" }, { $0.host = "other.test" }, { $0.token = gateway.token("acme") },
            ] as [(inout SignedRequest) -> Void] {
                var changed = request
                change(&changed)
                Self.expectRefused(try gateway.send(changed.text(input: headers.input, signature: headers.signature)), "signature")
            }
            #expect(try gateway.send(request.text(input: headers.input, signature: headers.signature)).status == 404)
        }
    }

    @Test("M-05: the digest is signed, and the body is its", arguments: [false, true])
    func m05(isChunked: Bool) async throws {
        let log = try await TestGateway.run { gateway in
            let other = customer.replacing("Ada", with: "Eve")
            let (right, wrong) = (ContentDigest.sha256(of: Array(customer.utf8)), ContentDigest.sha256(of: Array(other.utf8)))
            var post = Self.create(gateway)
            post.isChunked = isChunked
            let headers = post.headers()
            // Another body and its digest, under the old signature; then the old digest.
            post.body = other
            Self.expectRefused(try gateway.send(post.text(input: headers.input, signature: headers.signature)), "signature")
            post.digest = right
            Self.expectRefused(try gateway.send(post.text(input: headers.input, signature: headers.signature)), "content-digest")
            post.digest = ""
            Self.expectRefused(try gateway.send(post.text(input: headers.input, signature: headers.signature)), "content-digest")
            // Signed as they are, and wrong all the same.
            for digest in [
                wrong, "\(right), sha-512=:\(Base64.encode([UInt8](repeating: 1, count: 64))):", "md5=:AAAAAAAAAAAAAAAAAAAAAA==:",
                "sha-256=:AAAA:", right + ", " + right,
                ContentDigest.sha256(of: Array(Data(customer.utf8).base64EncodedData())), "", "sha-256",
            ] {
                var post = Self.create(gateway)
                post.isChunked = isChunked
                post.digest = digest
                Self.expectRefused(try gateway.send(post.text()), "content-digest")
            }
            #expect(try Self.count(gateway) == 0)
        }
        #expect(Set(log.compactMap { $0["reason"]?.string }) == ["bad_signature", "allowed"])
    }

    @Test("M-06: no signature of last year, and one spelling of the signature")
    func m06() async throws {
        try await TestGateway.run { gateway in
            var request = SignedRequest(gateway)
            for age in [31_536_000, 86_400, 400] as [Int64] {
                request.created = TestClock.now() - age
                Self.expectRefused(try gateway.send(request.text()), "created")
            }
            request.created = TestClock.now()
            let headers = request.headers()
            let mac = headers.signature
            for changed in [
                mac.replacing("=:", with: ":", maxReplacements: 2), mac.replacing("=:", with: "%3D:"), mac.dropLast() + " :",
                mac.lowercased(), mac + ";a",
                mac.replacing("=:", with: "==:"), String(mac.dropLast(2)), "gatehouse=\"" + mac.dropFirst(11).dropLast() + "\"",
            ] {
                Self.expectRefused(try gateway.send(request.text(input: headers.input, signature: changed)), "signature")
            }
        }
    }

    @Test("M-07: the future is as far away as the past", arguments: [2_300_000_000, 400, -400] as [Int64])
    func m07(seconds: Int64) async throws {
        try await TestGateway.run { gateway in
            var request = SignedRequest(gateway)
            request.created = TestClock.now() + seconds
            Self.expectRefused(try gateway.send(request.text()), "created")
        }
    }

    @Test("M-08: a key id that is not known is answered like a wrong signature, to the byte")
    func m08() async throws {
        try await TestGateway.run { gateway in
            var bodies: Set<String> = []
            for keyID in ["acme:s1", "acme:s2", "acme:decoy1", "acme:s1x"] {
                var request = SignedRequest(gateway)
                request.keyID = keyID
                request.secret = "a guess"
                let response = try gateway.send(request.text())
                Self.expectRefused(response, "signature")
                bodies.insert(response.body.replacing(response.json?["request_id"]?.string ?? "", with: ""))
            }
            #expect(bodies.count == 1)
            // Of another partner, known or not: alike too, and told before the signature.
            for keyID in ["other:s1", "nobody:s1"] {
                var request = SignedRequest(gateway)
                request.keyID = keyID
                request.secret = gateway.secrets["other"] ?? ""
                Self.expectRefused(try gateway.send(request.text()), "keyid")
            }
        }
    }

    @Test("M-09: a nonce is used once for each key id, with whatever body, and by others in their own name")
    func m09() async throws {
        let log = try await TestGateway.run { gateway in
            let post = Self.create(gateway)
            #expect(try gateway.send(post.text()).status == 201)
            Self.expectRefused(try gateway.send(post.text()), "nonce")
            var changed = post
            changed.body = customer.replacing("Ada", with: "Eve")
            Self.expectRefused(try gateway.send(changed.text()), "nonce")
            var later = post
            later.created += 1
            Self.expectRefused(try gateway.send(later.text()), "nonce")
            var other = SignedRequest(gateway, "other")
            other.nonce = post.nonce
            #expect(try gateway.send(other.text()).status == 404)
            #expect(try Self.count(gateway) == 1)
        }
        #expect(
            log.compactMap { $0["reason"]?.string } == ["allowed", "nonce_reused", "nonce_reused", "nonce_reused", "allowed", "allowed"])
    }

    @Test("M-09: of twenty identical requests at once exactly one is done")
    func twenty() async throws {
        try await TestGateway.run { gateway in
            let text = Self.create(gateway).text()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try gateway.send(text).status } }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: 1, 401: 19])
            #expect(try Self.count(gateway) == 1)
        }
    }

    @Test("M-09: with the store gone signed requests are refused with 503, others go on, and all recovers by itself")
    func storeGone() async throws {
        let log = try await TestGateway.run { gateway in
            gateway.nonces.fail(with: .unavailable("gone"))
            let post = Self.create(gateway)
            let refused = try gateway.send(post.text())
            #expect(refused.status == 503)
            #expect(refused.code == "store_unavailable")
            #expect(refused["retry-after"] != nil)
            #expect(try Self.count(gateway) == 0)
            gateway.nonces.fail(with: nil)
            #expect(try gateway.send(post.text()).status == 201)
        }
        #expect(log.compactMap { $0["reason"]?.string } == ["store_unavailable", "allowed", "allowed"])
    }

    @Test("M-10: one label, no component parameters, nothing twice, nothing of another message")
    func m10() async throws {
        try await TestGateway.run { gateway in
            let request = SignedRequest(gateway)
            let headers = request.headers()
            let both = try gateway.send(
                request.text(input: headers.input + ", other=(\"@path\")", signature: headers.signature + ", other=:AAAA:")
            )
            Self.expectRefused(both, "signature-input")
            Self.expectRefused(
                try gateway.send(request.text(input: headers.input, signature: headers.signature + ", other=:AAAA:")), "signature")
            var named = request
            named.label = "other"
            Self.expectRefused(try gateway.send(request.text(input: headers.input, signature: named.headers().signature)), "signature")
            named.tag = "other"
            Self.expectRefused(try gateway.send(named.text()), "tag")
            let all = ["@method", "@authority", "@path", "@query", "authorization"]
            for (component, expected) in [
                ("@status", "@status"), ("@path", "@path"), ("host\";bs;x=\"", "host"), ("host\";sf;x=\"", "host"),
                ("@method\";req;x=\"", "@method"),
                ("host\";tr;x=\"", "host"), ("content-digest\";key=\"sha-256", "content-digest"),
                ("@query-param\";name=\"a", "@query-param"),
            ] {
                var request = request
                request.components = all + [component]
                Self.expectRefused(try gateway.send(request.text()), expected)
            }
            var more = request
            more.more = ";unknown=1"
            Self.expectRefused(try gateway.send(more.text()), "unknown")
            for name in ["Signature", "Signature-Input", "Content-Digest"] {
                var twice = request
                twice.lines = "\(name): gatehouse=:AAAA:\r\n\(name): gatehouse=:AAAA:\r\n"
                let response = try gateway.send(twice.text())
                #expect(response.status == 400)
                #expect(response.code == "repeated_header")
            }
            let folded = request.text().replacing("Signature: ", with: "Signature:\r\n ")
            #expect(try gateway.send(folded).status == 400)
        }
    }

    @Test("M-11: the algorithm is the key's", arguments: ["hmac-sha1", "hmac-sha512", "rsa-v1_5-sha256", "ed25519", "none", ""])
    func m11(algorithm: String) async throws {
        try await TestGateway.run { gateway in
            var request = SignedRequest(gateway)
            request.algorithm = algorithm
            Self.expectRefused(try gateway.send(request.text()), "alg")
            request.algorithm = nil
            #expect(try gateway.send(request.text()).status == 404)
        }
    }

    @Test("M-12: what an intermediary may change is not covered")
    func m12() async throws {
        try await TestGateway.run { gateway in
            var request = SignedRequest(gateway)
            let text = request.text()
            let passed = text.replacing("Signature-Input:", with: "signature-INPUT:").replacing("Authorization:", with: "authorization:  ")
                .replacing("Host: gateway.test", with: "Via: 1.1 proxy\r\nX-Forwarded-For: 192.0.2.1\r\nHOST: Gateway.Test:443")
            #expect(try gateway.send(passed).status == 404)
            // Decoded on the way: the canonical path is what counts.
            request.nonce = UUID().uuidString
            request.target = "/%73igned?a=%41"
            let headers = request.headers()
            request.target = "/signed?a=A"
            Self.expectRefused(try gateway.send(request.text(input: headers.input, signature: headers.signature)), "signature")
            let canonical = request.headers()
            request.target = "/%73igned?a=%41"
            #expect(try gateway.send(request.text(input: canonical.input, signature: canonical.signature)).status == 404)
        }
    }

    @Test("M-12: HTTP/2 in front changes nothing of what is covered, and lets nothing else through")
    func m12HTTP2() async throws {
        try await TestGateway.run(edge: Edge(tls: try TLSCertificates.get().server())) { gateway in
            let client = try HTTP2Client(port: gateway.port)
            var request = SignedRequest(gateway)
            request.target = "/signed?a=1&b=2"
            let headers = request.headers()
            let bearer = ("authorization", "Bearer \(request.token)")
            let signature = [bearer, ("signature-input", headers.input), ("signature", headers.signature)]
            for (method, path) in [("DELETE", "/signed?a=1&b=2"), ("GET", "/signed?b=2&a=1"), ("GET", "/signed")] {
                let refused = try client.exchange(HTTP2Client.fields(method, path, signature))
                #expect(refused.status == 401, "\(method) \(path)")
                #expect(refused.text.contains(#""component":"signature""#), "\(method) \(path)")
            }
            #expect(try client.exchange(HTTP2Client.fields("GET", request.target, [bearer])).status == 401)
            // Past the gate nothing is at this path. Then the nonce is used up.
            #expect(try client.exchange(HTTP2Client.fields("GET", request.target, signature)).status == 404)
            #expect(try client.exchange(HTTP2Client.fields("GET", request.target, signature)).status == 401)
        }
    }

    @Test("a route that requires a signature refuses a request without, one that refuses it refuses a good one, and both say so")
    func routes() async throws {
        let log = try await TestGateway.run { gateway in
            let unsigned = try gateway.get("/signed", gateway.bearer("acme"))
            Self.expectRefused(unsigned, "signature-input")
            var post = SignedRequest(gateway)
            post.method = "POST"
            post.body = "{}"
            let body = try gateway.send(post.text(input: nil, signature: nil))
            Self.expectRefused(body, "signature-input")
            #expect(body["accept-signature"]?.contains(#""content-digest" "content-type")"#) == true)
            var refused = SignedRequest(gateway)
            refused.target = "/unsigned"
            let response = try gateway.send(refused.text())
            #expect(response.status == 401)
            #expect(response.code == "signature")
            #expect(response["accept-signature"] == nil)
            // No credential is told before no signature; a public route reads neither.
            #expect(try gateway.get("/signed").code == "unauthenticated")
            #expect(try gateway.get("/signed", "Signature: a\r\nSignature-Input: b\r\n").code == "unauthenticated")
            #expect(try gateway.get("/hello", "Signature: a\r\nSignature-Input: b\r\n").status == 404)
            // One of the two headers alone is a signature that is present.
            #expect(try gateway.get("/session", gateway.bearer("acme") + "Signature: gatehouse=:AAAA:\r\n").component == "signature-input")
            #expect(try gateway.get("/session", gateway.bearer("acme") + "Signature-Input: gatehouse=()\r\n").component == "signature")
        }
        #expect(log.first?["reason"]?.string == "signature_required")
        #expect(log.dropFirst(2).first?["reason"]?.string == "signature_refused")
    }

    @Test("the signature comes before what the policy denies, and a bad token before the signature")
    func order() async throws {
        try await TestGateway.run { gateway in
            var request = SignedRequest(gateway, "reader")
            request.method = "POST"
            request.body = "{}"
            let denied = try gateway.send(request.text())
            #expect(denied.code == "insufficient_scope")
            request.secret = "wrong"
            #expect(try gateway.send(request.text()).code == "signature")
            request.token = "nonsense"
            #expect(try gateway.send(request.text()).code == "invalid_token")
            #expect(gateway.nonces.count == 0)
        }
    }

    @Test("the signature check shows the base and what is wrong, and never a key or the expected MAC")
    func doctor() async throws {
        try await TestGateway.run { gateway in
            var request = SignedRequest(gateway)
            request.method = "POST"
            request.target = "/oauth2/signature-check?a=1"
            request.body = "hello"
            request.type = "text/plain"
            let headers = request.headers()
            for _ in 0..<2 {
                // Asking uses nothing up.
                let good = try gateway.send(request.text())
                #expect(good.status == 200)
                #expect(good.json?["valid"]?.bool == true)
                #expect(good.json?["component"]?.isNull == true)
                #expect(good.json?["signature_base"]?.string == String(decoding: headers.base, as: UTF8.self))
                #expect(good["cache-control"] == "no-store")
            }
            request.created -= 1000
            request.components = ["@method", "@path"]
            request.digest = ContentDigest.sha256(of: [])
            let bad = try gateway.send(request.text())
            #expect(bad.status == 200)
            #expect(bad.json?["valid"]?.bool == false)
            #expect(bad.json?["component"]?.string == "created")
            #expect(
                bad.json?["problems"]?.elements.compactMap { $0["component"]?.string }
                    == ["created", "@authority", "@query", "authorization", "content-digest", "content-type", "content-digest"]
            )
            #expect(bad.json?["content_digest"]?.string == ContentDigest.sha256(of: Array("hello".utf8)))
            request.created += 1000
            request.components = nil
            request.digest = nil
            request.secret = "wrong"
            let mac = try gateway.send(request.text())
            #expect(mac.json?["component"]?.string == "signature")
            let expected = headers.signature.dropFirst(11).dropLast(3)
            #expect(!mac.body.contains(expected))
            #expect(!mac.body.contains(gateway.secrets["acme"] ?? ""))
            let unsigned = try gateway.send(request.text(input: nil, signature: nil))
            #expect(unsigned.json?["component"]?.string == "signature-input")
            #expect(unsigned.json?["required_components"]?.elements.count == 7)
            #expect(unsigned.json?["signature_base"]?.isNull == true)
            let nobody = try gateway.send("POST /oauth2/signature-check HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            #expect(nobody.status == 401)
            #expect(nobody.code == "unauthenticated")
            #expect(try gateway.get("/oauth2/signature-check").status == 405)
        }
    }

    @Test("no record of the decision log holds a signature, a nonce or a key id")
    func log() async throws {
        let nonce = UUID().uuidString
        let log = try await TestGateway.run { gateway in
            var request = SignedRequest(gateway)
            request.nonce = nonce
            _ = try gateway.send(request.text())
            _ = try gateway.send(request.text())
        }
        #expect(log.count == 2)
        for record in log {
            let text = String(decoding: record.utf8, as: UTF8.self)
            #expect(!text.contains(nonce) && !text.contains("hmac") && !text.contains("acme:s1"))
        }
    }
}
