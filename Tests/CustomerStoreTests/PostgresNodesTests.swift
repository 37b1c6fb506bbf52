import CustomerStorePostgres
import Customers
import GatewayTesting
import Testing

@Suite(.ownThread) struct PostgresNodesTests {
    @Test("Two nodes see each other's commits, and of two changes of one version one is made")
    func twoNodes() async throws {
        let fixture = try PostgresFixture()
        let (one, two) = (try await fixture.open(), try await fixture.open())
        _ = try await one.insert(try SQLiteFileTests.draft("Acme"), id: SQLiteFileTests.id, in: "acme", at: 5)
        #expect(try await two.find(SQLiteFileTests.id, in: .any).name == "Acme")
        let draft = try SQLiteFileTests.draft("New")
        _ = try await two.update(SQLiteFileTests.id, in: .any, expecting: .version(in: [1]), at: 6) { _ in draft }
        await #expect(throws: StoreError.versionMismatch) {
            _ = try await one.update(SQLiteFileTests.id, in: .any, expecting: .version(in: [1]), at: 6) { _ in draft }
        }
        try await one.remove(SQLiteFileTests.id, in: .any, expecting: .version(in: [2]))
        await #expect(throws: StoreError.notFound) { try await two.find(SQLiteFileTests.id, in: .any) }
    }

    @Test("Of 20 requests under one key, sent to two nodes at once, one is done and all others get its answer", arguments: 1...5)
    func oneKey(_ round: Int) async throws {
        let fixture = try PostgresFixture()
        let nodes = [try await fixture.open(), try await fixture.open()]
        let request = IdempotentRequest(scope: [UInt8](repeating: UInt8(round), count: 32), fingerprint: [UInt8](repeating: 7, count: 32))
        let once = Once(request) { KeptAnswer(status: 201, headers: [.init("etag", "\"1\"")], body: Array($0.name.utf8)) }
        let outcomes = await withTaskGroup(of: String.self) { group in
            for number in 0..<20 {
                group.addTask {
                    do {
                        let draft = try SQLiteFileTests.draft("by \(number)")
                        let node = nodes[number % nodes.count]
                        return "done "
                            + (try await node.insert(draft, id: SQLiteFileTests.other(number), in: "acme", at: 1, once: once)).name
                    } catch StoreError.answered(let answer) {
                        return "answered " + String(decoding: answer.body, as: UTF8.self)
                    } catch {
                        return "\(error)"
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let stored = try await nodes[0].page(CustomerQuery(limit: 100), in: .any).customers
        #expect(stored.count == 1)
        let name = stored.first?.name ?? ""
        #expect(outcomes.count { $0 == "done " + name } == 1, "\(outcomes)")
        #expect(outcomes.count { $0 == "answered " + name } == 19, "\(outcomes)")
    }

    @Test("Changes that two nodes make at once are all made")
    func changes() async throws {
        let fixture = try PostgresFixture()
        let nodes = [try await fixture.open(), try await fixture.open()]
        _ = try await nodes[0].insert(try SQLiteFileTests.draft("+"), id: SQLiteFileTests.id, in: "acme", at: 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    _ = try await nodes[number % 2].update(SQLiteFileTests.id, in: .any, expecting: .none, at: 2) {
                        (customer) throws(ValidationError) in
                        try CustomerDraft.parse(
                            .object([.init("name", .string(customer.name + "+")), .init("contactEmail", .string(customer.contactEmail))]))
                    }
                }
            }
            try await group.waitForAll()
        }
        let found = try await nodes[1].find(SQLiteFileTests.id, in: .any)
        #expect(found.name.utf8.count == 41 && found.version == 41)
    }
}
