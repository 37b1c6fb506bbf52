import Access
import CustomerAPI
import Customers
import GatewayTesting
import StrictJSON
import Testing

@Suite(.ownThread) struct ChangeTests {
    static let full =
        #"{"name":"Acme","contactEmail":"ada@acme.example","address":"1 Road","phone":"1","externalId":"x","metadata":{"a":"1","b":"2"}}"#

    @Test("PUT sets what it does not name to absent", arguments: StoreKind.allCases)
    func put(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let path = try await gateway.create(.acme, Self.full)
            var later = gateway
            later.now += 1_234
            let answer = try await later.call(.acme, .put, at: path, #"{"contactEmail":"bob@acme.example","name":"New"}"#)
            #expect(answer.status == 200 && answer.header("etag") == "\"2\"")
            let id = path.split(separator: "/").last ?? ""
            let text =
                #"{"id":"\#(id)","tenant":"acme","name":"New","contactEmail":"bob@acme.example","createdAt":"2026-03-01T12:00:00.000Z","updatedAt":"2026-03-01T12:00:01.234Z","version":2}"#
            #expect(answer.text == text)
            #expect(try await gateway.call(.acme, .get, at: path).text == text)
            try await gateway.call(.acme, .put, at: path, "{}").expectProblem(422, "validation")
        }
    }

    @Test("PATCH changes what it names, and null removes", arguments: StoreKind.allCases)
    func patch(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let path = try await gateway.create(.acme, Self.full)
            let answer = try await gateway.call(
                .acme, .patch, at: path, #"{"phone":null,"name":"New","metadata":{"a":null,"c":"3"}}"#,
                headers: .init(contentType: "application/merge-patch+json"))
            #expect(answer.status == 200 && answer.header("etag") == "\"2\"")
            #expect(answer["name"] == "New" && answer["address"] == "1 Road" && answer.json?["phone"] == nil)
            #expect(answer.json?["metadata"]?.members.map(\.name) == ["b", "c"])
            let errors = try await gateway.call(
                .acme, .patch, at: path, #"{"name":null,"contactEmail":null,"id":null,"address":7,"metadata":{"b":true}}"#)
            errors.expectProblem(422, "validation")
            #expect(
                errors.errors == [
                    "invalid_type /name Company name is required", "invalid_type /contactEmail Invalid email address",
                    "invalid_type /address Expected string, received number",
                    "invalid_type /metadata/b Expected string, received boolean",
                    "unrecognized_keys  Unrecognized key(s) in object: 'id'",
                ])
            let array = try await gateway.call(.acme, .patch, at: path, "[]")
            #expect(array.errors == ["invalid_type  Expected object, received array"])
            #expect(try await gateway.call(.acme, .get, at: path).text == answer.text)
        }
    }

    @Test("DELETE removes, once", arguments: StoreKind.allCases)
    func delete(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let path = try await gateway.create(.acme, Self.full)
            let answer = try await gateway.call(.acme, .delete, at: path)
            #expect(answer.status == 204 && answer.text.isEmpty && answer.headers.isEmpty)
            for method in [.get, .head, .delete] as [Access.Method] {
                try await gateway.call(.acme, method, at: path).expectProblem(404, "not_found")
            }
            #expect(try await gateway.call(.acme, .post, Self.full).status == 201)
        }
    }

    @Test("HEAD answers as GET does", arguments: StoreKind.allCases)
    func head(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let one = try await gateway.create(.acme, Self.full)
            for path in [one, TestGateway.path] {
                let get = try await gateway.call(.acme, .get, at: path)
                let head = try await gateway.call(.acme, .head, at: path)
                #expect(head.status == 200 && head.text == get.text)
                #expect(head.headers.map { "\($0)" } == get.headers.map { "\($0)" })
            }
        }
    }

    @Test(
        "Other methods and other paths are told apart",
        arguments: [
            (.put, "/api/provisioning/customers", 405, "GET, HEAD, POST"), (.patch, "/api/provisioning/customers", 405, "GET, HEAD, POST"),
            (.delete, "/api/provisioning/customers", 405, "GET, HEAD, POST"),
            (.options, "/api/provisioning/customers", 405, "GET, HEAD, POST"),
            (.post, "/api/provisioning/customers/x", 405, "GET, HEAD, PUT, PATCH, DELETE"),
            (.get, "/", 404, nil), (.get, "/api/provisioning", 404, nil), (.get, "/api/provisioning/customersx", 404, nil),
            (.post, "/api/provisioning/Customers", 404, nil), (.get, "/x/api/provisioning/customers", 404, nil),
        ] as [(Access.Method, String, Int, String?)])
    func routing(_ method: Access.Method, _ path: String, _ status: Int, _ allow: String?) async throws {
        try await TestGateway.with(.memory) { gateway in
            let answer = try await gateway.call(.acme, method, at: path)
            answer.expectProblem(status, status == 405 ? "method_not_allowed" : "not_found")
            #expect(answer.header("allow") == allow)
        }
    }

    @Test(
        "A client that takes no JSON is told before anything is done",
        arguments: [
            (.post, TestGateway.path, 406), (.get, TestGateway.path, 406), (.put, nil, 406), (.patch, nil, 406), (.get, nil, 406),
            (.delete, nil, 204),
        ] as [(Access.Method, String?, Int)])
    func notAcceptable(_ method: Access.Method, _ path: String?, _ status: Int) async throws {
        try await TestGateway.with(.memory) { gateway in
            let own = try await gateway.create(.acme)
            let body = method == .delete || method == .get ? "" : #"{"name":"B","contactEmail":"a@b.co"}"#
            let answer = try await gateway.call(.acme, method, at: path ?? own, body, headers: .init(accept: "text/html"))
            #expect(answer.status == status)
            if status == 406 {
                answer.expectProblem(406, "not_acceptable")
                #expect(try await gateway.call(.acme, .get).identifiers.count == 1)
                #expect(try await gateway.call(.acme, .get, at: own)["version"] == nil)
                #expect(try await gateway.call(.acme, .get, at: own).header("etag") == "\"1\"")
            }
        }
    }

    @Test("A store that is gone is a 503 that can be tried again, and what broke is for operators alone")
    func unavailable() async throws {
        let store = MemoryCustomerStore()
        let gateway = TestGateway(store)
        let path = try await gateway.create(.acme)
        let message = "/data/gatehouse.sqlite: disk I/O error (10)"
        store.fail(with: .unavailable(message))
        var strict = gateway
        strict.rules.needsPrecondition = true
        let body = #"{"name":"B","contactEmail":"a@b.co"}"#
        for answer in [
            try await gateway.call(.acme, .post, body), try await gateway.call(.acme, .get), try await gateway.call(.acme, .get, at: path),
            try await gateway.call(.acme, .head, at: path), try await gateway.call(.acme, .put, at: path, body),
            try await gateway.call(.acme, .patch, at: path, body), try await gateway.call(.acme, .delete, at: path),
            try await strict.call(.acme, .put, at: path, body), try await strict.call(.acme, .delete, at: path),
        ] {
            answer.expectProblem(503, "store_unavailable")
            #expect(answer.header("retry-after") == "2" && answer.failure == message)
            #expect(!answer.text.contains("sqlite") && !answer.headers.contains { $0.1.contains("sqlite") })
        }
        store.fail(with: nil)
        #expect(try await gateway.call(.acme, .get, at: path).status == 200)
    }
}
