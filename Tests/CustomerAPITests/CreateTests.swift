import Access
import CustomerAPI
import GatewayTesting
import StrictJSON
import Testing

@Suite(.ownThread) struct CreateTests {
    @Test("A customer is created as it was given, and found under its Location", arguments: StoreKind.allCases)
    func created(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let answer = try await gateway.call(
                .acme, .post,
                #"{"metadata":{"z":"1","a":"é\u0000\n"},"externalId":"x/1","phone":"","address":"1 Road","contactEmail":"ada@acme.example","name":"Acme"}"#
            )
            #expect(answer.status == 201)
            let id = try #require(answer["id"])
            #expect(id.utf8.count == 30 && id.hasPrefix("cus_01KJM"))
            #expect(answer.header("location") == "/api/provisioning/customers/\(id)")
            #expect(answer.header("etag") == "\"1\"")
            #expect(answer.header("content-type") == "application/json")
            #expect(answer.header("cache-control") == "private, no-cache")
            let text =
                #"{"id":"\#(id)","tenant":"acme","name":"Acme","contactEmail":"ada@acme.example","address":"1 Road","phone":"","externalId":"x/1","metadata":{"z":"1","a":"é\u0000\n"},"createdAt":"2026-03-01T12:00:00.000Z","updatedAt":"2026-03-01T12:00:00.000Z","version":1}"#
            #expect(answer.text == text)
            let read = try await gateway.call(.acme, .get, at: try #require(answer.header("location")))
            #expect(read.status == 200 && read.text == text && read.header("etag") == "\"1\"")
            #expect(read.header("content-type") == "application/json" && read.header("location") == nil)
        }
    }

    @Test("What was not given is absent, and null is no text", arguments: StoreKind.allCases)
    func absent(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let answer = try await gateway.call(.acme, .post, #"{"name":"Acme","contactEmail":"ada@acme.example"}"#)
            let names = answer.json?.members.map(\.name)
            #expect(names == ["id", "tenant", "name", "contactEmail", "createdAt", "updatedAt", "version"])
            let null = try await gateway.call(
                .acme, .post, #"{"name":"Acme","contactEmail":"ada@acme.example","phone":null,"metadata":null}"#)
            null.expectProblem(422, "validation")
            #expect(
                null.errors == [
                    "invalid_type /phone Expected string, received null",
                    "invalid_type /metadata Expected object, received null",
                ])
        }
    }

    @Test("All problems of a body are listed at once", arguments: StoreKind.allCases)
    func problems(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let answer = try await gateway.call(
                .acme, .post, #"{"nmae":"Acme","contactEmail":"ada","metadata":{"a/b":7},"x":1}"#)
            answer.expectProblem(422, "validation")
            #expect(
                answer.text.hasSuffix(
                    #""errors":[{"pointer":"/name","path":["name"],"code":"invalid_type","message":"Company name is required"},"#
                        + #"{"pointer":"/contactEmail","path":["contactEmail"],"code":"invalid_string","message":"Invalid email address"},"#
                        + #"{"pointer":"/metadata/a~1b","path":["metadata","a/b"],"code":"invalid_type","message":"Expected string, received number"},"#
                        + #"{"pointer":"","path":[],"code":"unrecognized_keys","message":"Unrecognized key(s) in object: 'nmae', 'x'"}]}"#
                ), "\(answer.text)")
            #expect(try await gateway.call(.acme, .get).identifiers.isEmpty)
        }
    }

    @Test("D-09: extra properties are refused by name, on every verb that takes a body", arguments: StoreKind.allCases)
    func massAssignment(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let path = try await gateway.create(.acme)
            let extra = #""role":"admin","partner":"globex","id":"cus_9","status":"active""#
            let whole = #"{"name":"A","contactEmail":"a@b.co",\#(extra)}"#
            let error = "unrecognized_keys  Unrecognized key(s) in object: 'role', 'partner', 'id', 'status'"
            for answer in [
                try await gateway.call(.acme, .post, whole), try await gateway.call(.acme, .put, at: path, whole),
                try await gateway.call(.acme, .patch, at: path, "{\(extra)}"),
            ] {
                answer.expectProblem(422, "validation")
                #expect(answer.errors == [error])
            }
            #expect(try await gateway.call(.acme, .get).identifiers.count == 1)
            #expect(try await gateway.call(.acme, .get, at: path).header("etag") == "\"1\"")
        }
    }

    @Test(
        "A body that is not strict JSON is refused with the byte where it ends to be",
        arguments: [
            ("", 0), ("{", 1), ("{}x", 2), ("{\"name\":1,\"name\":2}", 10), ("{'a':1}", 1), ("[1,]", 3), ("\u{FEFF}{}", 0),
            (#"{"a":"\ud800"}"#, 6), (String(repeating: "[", count: 33), 32), ("nul", 3), ("{\"a\":\"\n\"}", 6), ("{\"a\":01}", 5),
        ])
    func malformed(_ body: String, _ offset: Int) async throws {
        try await TestGateway.with(.memory) { gateway in
            let path = try await gateway.create(.acme)
            let headers = APICall.Headers(contentType: "application/json")
            for answer in [
                try await gateway.call(.acme, .post, body, headers: headers),
                try await gateway.call(.acme, .put, at: path, body, headers: headers),
                try await gateway.call(.acme, .patch, at: path, body, headers: headers),
            ] {
                answer.expectProblem(400, "malformed_json")
                #expect(answer.json?["offset"]?.integer == Int64(offset), "\(answer.text)")
            }
        }
    }

    @Test("Invalid UTF-8 is malformed JSON")
    func invalidUTF8() async throws {
        try await TestGateway.with(.memory) { gateway in
            let valid = try await gateway.call(.acme, .post, #"{"name":"A","contactEmail":"a@b.co"}"#)
            #expect(valid.status == 201)
            // A lone continuation byte cannot be written in a Swift text, so it is put in as bytes.
            let answer = try await gateway.call(.acme, .post, bytes: Array(#"{"name":""#.utf8) + [0x80] + Array(#""}"#.utf8))
            answer.expectProblem(400, "malformed_json")
            #expect(answer.json?["offset"]?.integer == 9)
        }
    }

    @Test(
        "A body of another type is refused",
        arguments: [
            nil, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/problem+json",
            "json", "application/json; charset=latin1", "application/json;charset=utf-16", "application/json, text/plain",
            "application/json/x", "application/json;=", "application/json; charset", "application /json", "*/*",
        ])
    func otherType(_ type: String?) async throws {
        try await TestGateway.with(.memory) { gateway in
            let path = try await gateway.create(.acme)
            let body = #"{"name":"A","contactEmail":"a@b.co"}"#
            for (method, path) in [(.post, TestGateway.path), (.put, path), (.patch, path)] as [(Access.Method, String)] {
                let answer = try await gateway.call(.acme, method, at: path, bytes: Array(body.utf8), headers: .init(contentType: type))
                answer.expectProblem(415, "unsupported_media_type")
                #expect(answer.header(method == .patch ? "accept-patch" : "accept")?.contains("application/json") == true)
            }
            let merge = APICall.Headers(contentType: "application/merge-patch+json")
            try await gateway.call(.acme, .post, body, headers: merge).expectProblem(415, "unsupported_media_type")
            try await gateway.call(.acme, .put, at: path, body, headers: merge).expectProblem(415, "unsupported_media_type")
            #expect(try await gateway.call(.acme, .patch, at: path, body, headers: merge).status == 200)
        }
    }

    @Test(
        "JSON in UTF-8 is taken, however it is written",
        arguments: [
            "application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;charset=\"UTF-8\"",
            " application/json ; charset=utf-8", "application/json; profile=x;charset=utf-8",
        ])
    func jsonType(_ type: String) async throws {
        try await TestGateway.with(.memory) { gateway in
            let body = #"{"name":"A","contactEmail":"a@b.co"}"#
            let answer = try await gateway.call(.acme, .post, body, headers: APICall.Headers(contentType: type))
            #expect(answer.status == 201)
        }
    }

    @Test("The external identifier is unique in the tenant", arguments: StoreKind.allCases)
    func duplicate(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let body = #"{"name":"A","contactEmail":"a@b.co","externalId":"x"}"#
            let path = try await gateway.create(.acme, body)
            try await gateway.call(.acme, .post, body).expectProblem(409, "duplicate_external_id")
            #expect(try await gateway.call(.globex, .post, body).status == 201)
            let other = try await gateway.create(.acme)
            try await gateway.call(.acme, .put, at: other, body).expectProblem(409, "duplicate_external_id")
            try await gateway.call(.acme, .patch, at: other, #"{"externalId":"x"}"#).expectProblem(409, "duplicate_external_id")
            #expect(try await gateway.call(.acme, .put, at: path, body).status == 200)
        }
    }

    @Test("Who reaches every tenant names it; nobody else can", arguments: StoreKind.allCases)
    func tenants(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let body = #"{"name":"A","contactEmail":"a@b.co"}"#
            let named = try await gateway.call(.support, .post, query: "tenant=gl%6Fbex", body)
            #expect(named.status == 201 && named["tenant"] == "globex")

            let missing = try await gateway.call(.support, .post, #"{"name":""}"#)
            missing.expectProblem(422, "validation")
            #expect(
                missing.errors == [
                    "invalid_type  The tenant must be named with ?tenant=", "too_small /name Company name is required",
                    "invalid_type /contactEmail Invalid email address",
                ])
            for query in [
                "tenant=", "tenant", "tenant=a&tenant=b", "tenant=a&tenant=a", "tenant=%", "tenant=%ff", "tenant=a%00b",
                "tenant=a%0Ab", "tenant=\(String(repeating: "x", count: 201))",
            ] {
                try await gateway.call(.support, .post, query: query, body)
                    .expectProblem(400, "invalid_parameter", ("parameter", "tenant"))
            }
            for query in ["tenant=globex", "tenant=acme"] {
                try await gateway.call(.acme, .post, query: query, body)
                    .expectProblem(400, "invalid_parameter", ("parameter", "tenant"))
            }
            let inBody = try await gateway.call(.acme, .post, #"{"name":"A","contactEmail":"a@b.co","tenant":"globex"}"#)
            #expect(inBody.errors == ["unrecognized_keys  Unrecognized key(s) in object: 'tenant'"])
            try await gateway.call(.nobody, .post, body).expectProblem(403, "forbidden")
            #expect(try await gateway.call(.support, .get).identifiers.count == 1)
        }
    }

    @Test(
        "An Idempotency-Key is held to its form, and asked for where the route requires it",
        arguments: [
            (nil, true, 400, "idempotency_key_required"), (nil, false, 201, nil), ("k", true, 201, nil),
            ("a b~!", false, 201, nil), (String(repeating: "k", count: 255), true, 201, nil), ("", false, 400, "invalid_header"),
            ("", true, 400, "invalid_header"), (String(repeating: "k", count: 256), false, 400, "invalid_header"),
            ("a\tb", false, 400, "invalid_header"), ("a\u{7F}", false, 400, "invalid_header"), ("é", false, 400, "invalid_header"),
        ] as [(String?, Bool, Int, String?)])
    func idempotencyKey(_ key: String?, _ isRequired: Bool, _ status: Int, _ code: String?) async throws {
        try await TestGateway.with(.memory) { gateway in
            var gateway = gateway
            gateway.rules.needsIdempotencyKey = isRequired
            let headers = APICall.Headers(idempotencyKey: key)
            let answer = try await gateway.call(.acme, .post, #"{"name":"A","contactEmail":"a@b.co"}"#, headers: headers)
            #expect(answer.status == status && answer.code == code)
            if code == "invalid_header" { #expect(answer["header"] == "Idempotency-Key") }
        }
    }
}
