import Access
import CustomerAPI
import GatewayTesting
import StrictJSON
import Testing

/// D-08: whose customer it is.
@Suite(.ownThread) struct OwnershipTests {
    static let malformed = [
        "cus_9", "", "cus_01ARYZ6S41000000000000000I", "cus_01aryz6s410000000000000000", "1", "../x", "a/b", "%27", "*",
        "cus_01ARYZ6S4100000000000000000",
    ]
    static let bodies = [
        "", #"{"name":"New","contactEmail":"new@b.co"}"#, #"{"name":""}"#, #"{"tenant":"globex"}"#, "[]", "{}",
    ]

    @Test(
        "Not yours, not there and not an identifier are one answer, on every verb and with every precondition",
        arguments: StoreKind.allCases)
    func identical(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let others = try await gateway.create(.globex)
            let unknown = "/api/provisioning/customers/cus_01KJMF1S00ABCDEFGHJKMNPQRS"
            let paths = [others, unknown] + Self.malformed.map { "/api/provisioning/customers/\($0)" }
            var gateways = [gateway, gateway]
            gateways[1].rules = RouteRules(needsPrecondition: true)
            let tags = [nil, "\"1\"", "\"2\"", "*", "W/\"1\""]
            for gateway in gateways {
                for (method, bodies) in [
                    (.get, [""]), (.head, [""]), (.delete, [""]), (.put, Self.bodies.dropFirst()), (.patch, Self.bodies.dropFirst()),
                ] as [(Access.Method, ArraySlice<String>)] {
                    for (tag, body) in tags.flatMap({ tag in bodies.map { (tag, $0) } }) {
                        var headers = APICall.Headers(ifMatch: tag)
                        if method == .get || method == .head { headers = APICall.Headers(ifNoneMatch: tag) }
                        var answers: Set<String> = []
                        for path in paths {
                            let answer = try await gateway.call(.acme, method, at: path, body, headers: headers)
                            answer.expectProblem(404, "not_found")
                            answers.insert("\(answer.headers) \(answer.text)")
                        }
                        #expect(answers.count == 1, "\(method) \(String(describing: tag)) \(body): \(answers)")
                    }
                }
            }
            let kept = try await gateway.call(.globex, .get, at: others)
            #expect(kept.status == 200 && kept["name"] == "Acme" && kept.header("etag") == "\"1\"")
        }
    }

    @Test("Malformed headers, types and bodies are refused alike for every identifier", arguments: StoreKind.allCases)
    func malformedFirst(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let own = try await gateway.create(.acme)
            let others = try await gateway.create(.globex)
            for (method, body, headers, query, code) in [
                (.put, "{", APICall.Headers(), nil, "malformed_json"),
                (.patch, "", .init(contentType: "application/json"), nil, "malformed_json"),
                (.put, "x", .init(contentType: "text/plain"), nil, "unsupported_media_type"),
                (.put, "{}", .init(ifMatch: "1"), nil, "invalid_header"), (.delete, "", .init(ifMatch: ""), nil, "invalid_header"),
                (.get, "", .init(ifNoneMatch: "\"1"), nil, "invalid_header"),
                (.patch, "{}", .init(ifNoneMatch: "*"), nil, "invalid_header"),
                (.get, "", .init(accept: "text/html"), nil, "not_acceptable"), (.get, "", .init(), "tenant=globex", "invalid_parameter"),
                (.delete, "", .init(), "x", "invalid_parameter"),
            ] as [(Access.Method, String, APICall.Headers, String?, String)] {
                var answers: Set<String> = []
                for path in [own, others, "/api/provisioning/customers/cus_01KJMF1S00ABCDEFGHJKMNPQRS", "/api/provisioning/customers/x"] {
                    let answer = try await gateway.call(.acme, method, at: path, query: query, body, headers: headers)
                    #expect(answer.code == code)
                    answers.insert("\(answer.status) \(answer.headers) \(answer.text)")
                }
                #expect(answers.count == 1, "\(method) \(code)")
            }
        }
    }

    @Test("A principal without tenant owns nothing", arguments: StoreKind.allCases)
    func nobody(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let path = try await gateway.create(.acme)
            let unknown = try await gateway.call(.acme, .get, at: path + "0")
            for method in [.get, .head, .delete] as [Access.Method] {
                #expect(try await gateway.call(.nobody, method, at: path).text == unknown.text)
            }
            #expect(try await gateway.call(.nobody, .get).text == #"{"data":[],"next":null}"#)
            try await gateway.call(.nobody, .get, query: "tenant=acme").expectProblem(400, "invalid_parameter", ("parameter", "tenant"))
            try await gateway.call(.nobody, .get, query: "cursor=00").expectProblem(400, "invalid_parameter", ("parameter", "cursor"))
        }
    }

    @Test(
        "A tenant that nobody can have is no tenant to create in",
        arguments: ["a%20b", "-a", "", "a%2Fb", String(repeating: "a", count: 129)])
    func impossibleTenant(_ name: String) async throws {
        try await TestGateway.with(.memory) { gateway in
            let body = #"{"name":"A","contactEmail":"a@b.co"}"#
            try await gateway.call(.support, .post, query: "tenant=\(name)", body)
                .expectProblem(400, "invalid_parameter", ("parameter", "tenant"))
        }
    }

    @Test("Who reaches every tenant reads, changes and removes in each, and the owner stays", arguments: StoreKind.allCases)
    func support(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let path = try await gateway.create(.acme)
            #expect(try await gateway.call(.support, .get, at: path)["tenant"] == "acme")
            #expect(try await gateway.call(.support, .patch, at: path, #"{"name":"B"}"#)["tenant"] == "acme")
            let moved = try await gateway.call(.support, .patch, at: path, #"{"tenant":"globex"}"#)
            moved.expectProblem(422, "validation")
            let put = try await gateway.call(.support, .put, at: path, #"{"name":"C","contactEmail":"a@b.co"}"#)
            #expect(put["tenant"] == "acme" && put["name"] == "C")
            #expect(try await gateway.call(.acme, .get, at: path)["name"] == "C")
            #expect(try await gateway.call(.support, .delete, at: path).status == 204)
            try await gateway.call(.acme, .get, at: path).expectProblem(404, "not_found")
        }
    }
}
