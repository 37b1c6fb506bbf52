import Access
import CustomerAPI
import CustomerStorePostgres
import CustomerStoreSQLite
import Customers
import Foundation
import GatewayTesting
import Testing

@Suite(.ownThread) struct IdempotencyTests {
    static let body = #"{"name":"Acme","contactEmail":"ada@acme.example","externalId":"x"}"#
    static let key = APICall.Headers(idempotencyKey: "key 1")

    /// The same answer, but for the mark that it was given before.
    static func expectReplay(_ again: Answer, of first: Answer, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(again.status == first.status && again.text == first.text, sourceLocation: sourceLocation)
        #expect(
            again.headers.map { "\($0)" } == first.headers.map { "\($0)" } + [#"("idempotent-replayed", "true")"#],
            sourceLocation: sourceLocation)
    }

    @Test("The same POST again gets the same answer, and creates nothing", arguments: StoreKind.allCases)
    func post(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let first = try await gateway.call(.acme, .post, Self.body, headers: Self.key)
            #expect(first.status == 201 && first.header("idempotent-replayed") == nil)
            var later = gateway
            later.now += 86_399_999
            Self.expectReplay(try await later.call(.acme, .post, Self.body, headers: Self.key), of: first)
            // Also when what was created is gone.
            #expect(try await gateway.call(.acme, .delete, at: try #require(first.header("location"))).status == 204)
            Self.expectReplay(try await later.call(.acme, .post, Self.body, headers: Self.key), of: first)
            #expect(try await gateway.call(.acme, .get).identifiers.isEmpty)
            later.now += 1
            let anew = try await later.call(.acme, .post, Self.body, headers: Self.key)
            #expect(anew.status == 201 && anew.header("idempotent-replayed") == nil && anew["id"] != first["id"])
        }
    }

    @Test("The same PATCH again gets the same answer, and changes nothing", arguments: StoreKind.allCases)
    func patch(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            var gateway = gateway
            gateway.rules.needsPrecondition = true
            let path = try await gateway.create(.acme)
            let headers = APICall.Headers(idempotencyKey: "k", ifMatch: "\"1\"")
            let first = try await gateway.call(.acme, .patch, at: path, #"{"phone":"1"}"#, headers: headers)
            #expect(first.status == 200 && first.header("etag") == "\"2\"")
            // The precondition cannot hold any more: it was judged when the change was made.
            Self.expectReplay(try await gateway.call(.acme, .patch, at: path, #"{"phone":"1"}"#, headers: headers), of: first)
            #expect(try await gateway.call(.acme, .get, at: path).header("etag") == "\"2\"")
        }
    }

    @Test("Another body under the same key is refused, whatever it is", arguments: StoreKind.allCases)
    func otherBody(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let first = try await gateway.call(.acme, .post, Self.body, headers: Self.key)
            let bodies = [
                #"{"name":"Other","contactEmail":"ada@acme.example"}"#, Self.body + " ", "{}", #"{"name":""}"#,
                #"{"name":"B","contactEmail":"a@b.co","externalId":"x"}"#,
            ]
            for body in bodies {
                try await gateway.call(.acme, .post, body, headers: Self.key).expectProblem(422, "idempotency_key_reused")
            }
            // What cannot be read is no request yet.
            try await gateway.call(.acme, .post, "{", headers: Self.key).expectProblem(400, "malformed_json")
            Self.expectReplay(try await gateway.call(.acme, .post, Self.body, headers: Self.key), of: first)
            #expect(try await gateway.call(.acme, .get).identifiers.count == 1)

            #expect(try await gateway.call(.support, .post, query: "tenant=a", Self.body, headers: Self.key).status == 201)
            try await gateway.call(.support, .post, query: "tenant=b", Self.body, headers: Self.key)
                .expectProblem(422, "idempotency_key_reused")
        }
    }

    @Test("D-10: a key belongs to one principal, method and path", arguments: StoreKind.allCases)
    func scope(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let own = try await gateway.call(.acme, .post, Self.body, headers: Self.key)
            let others = try await gateway.call(.globex, .post, Self.body, headers: Self.key)
            #expect(others.status == 201 && others["tenant"] == "globex" && others["id"] != own["id"])
            #expect(others.header("idempotent-replayed") == nil)
            // The same partner with another tenant than it had then.
            let moved = try await gateway.call(.moved(partner: "acme", tenant: "initech"), .post, Self.body, headers: Self.key)
            #expect(moved.status == 201 && moved["tenant"] == "initech")
            let (one, two) = (try await gateway.create(.acme), try await gateway.create(.acme))
            for path in [one, two] {
                let answer = try await gateway.call(.acme, .patch, at: path, #"{"phone":"1"}"#, headers: Self.key)
                #expect(answer.status == 200 && answer.header("idempotent-replayed") == nil)
            }
            let otherKey = try await gateway.call(.acme, .post, Self.body, headers: .init(idempotencyKey: "key 2"))
            otherKey.expectProblem(409, "duplicate_external_id")
        }
    }

    @Test("What was refused is judged again, and leaves the key free", arguments: StoreKind.allCases)
    func refused(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let path = try await gateway.create(.acme, Self.body)
            try await gateway.call(.acme, .post, "{}", headers: Self.key).expectProblem(422, "validation")
            try await gateway.call(.acme, .post, Self.body, headers: Self.key).expectProblem(409, "duplicate_external_id")
            #expect(try await gateway.call(.acme, .delete, at: path).status == 204)
            #expect(try await gateway.call(.acme, .post, Self.body, headers: Self.key).status == 201)
            try await gateway.call(.acme, .patch, at: path, "{}", headers: Self.key).expectProblem(404, "not_found")
        }
    }

    @Test("PUT and DELETE need no key: to send them again is safe anyway", arguments: StoreKind.allCases)
    func otherMethods(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let path = try await gateway.create(.acme)
            for version in [2, 3] {
                let answer = try await gateway.call(.acme, .put, at: path, Self.body, headers: Self.key)
                #expect(answer.header("etag") == "\"\(version)\"" && answer.header("idempotent-replayed") == nil)
            }
            #expect(try await gateway.call(.acme, .delete, at: path, headers: Self.key).status == 204)
            try await gateway.call(.acme, .delete, at: path, headers: Self.key).expectProblem(404, "not_found")
        }
    }

    @Test(
        "Of the same request sent many times at once one is done; the others wait to be sent again or get its answer",
        arguments: StoreKind.allCases)
    func atOnce(_ kind: StoreKind) async throws {
        try await TestGateway.with(kind) { gateway in
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<16 { group.addTask { try await gateway.call(.acme, .post, Self.body, headers: Self.key) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let first = try #require(answers.first { $0.status == 201 && $0.header("idempotent-replayed") == nil })
            for answer in answers where answer.status == 201 && answer.header("idempotent-replayed") != nil {
                Self.expectReplay(answer, of: first)
            }
            for answer in answers where answer.status != 201 {
                answer.expectProblem(409, "idempotency_in_progress")
                #expect(answer.header("retry-after") == "1")
            }
            #expect(answers.count { $0.status == 201 && $0.header("idempotent-replayed") == nil } == 1)
            #expect(try await gateway.call(.acme, .get).identifiers.count == 1)
        }
    }

    @Test("Of the same request sent 20 times at once to two nodes one is done")
    func atOnceOnTwoNodes() async throws {
        let uri = try PostgresServer.shared.get().makeDatabase()
        let nodes = [
            TestGateway(try await PostgresCustomerStore.open(uri: uri)), TestGateway(try await PostgresCustomerStore.open(uri: uri)),
        ]
        let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
            for number in 0..<20 { group.addTask { try await nodes[number % 2].call(.acme, .post, Self.body, headers: Self.key) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let first = try #require(answers.first { $0.status == 201 && $0.header("idempotent-replayed") == nil })
        for answer in answers where answer.status == 201 && answer.header("idempotent-replayed") != nil {
            Self.expectReplay(answer, of: first)
        }
        for answer in answers where answer.status != 201 { answer.expectProblem(409, "idempotency_in_progress") }
        #expect(answers.count { $0.status == 201 && $0.header("idempotent-replayed") == nil } == 1)
        for node in nodes {
            #expect(try await node.call(.acme, .get).identifiers == [first["id"]])
            Self.expectReplay(try await node.call(.acme, .post, Self.body, headers: Self.key), of: first)
        }
    }

    @Test("While the first request is running, the same again is 409, and what failed leaves nothing running")
    func inProgress() async throws {
        let store = HeldStore()
        let gateway = TestGateway(store)
        let first = Task { try await gateway.call(.acme, .post, Self.body, headers: Self.key) }
        await store.waitForCall()
        try await gateway.call(.acme, .post, Self.body, headers: Self.key).expectProblem(409, "idempotency_in_progress")
        store.release()
        (try await first.value).expectProblem(503, "store_unavailable")
        (try await gateway.call(.acme, .post, Self.body, headers: Self.key)).expectProblem(503, "store_unavailable")
    }

    @Test("An answer survives a restart")
    func restart() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("store.sqlite").path
        let first = try await TestGateway(try SQLiteCustomerStore(path: path)).call(.acme, .post, Self.body, headers: Self.key)
        let again = try await TestGateway(try SQLiteCustomerStore(path: path)).call(.acme, .post, Self.body, headers: Self.key)
        Self.expectReplay(again, of: first)
    }
}
