import CustomerStorePostgres
import CustomerStoreSQLite
import Foundation
import GatewayTesting
import SharedState
import Testing

@Suite(.ownThread) struct KeyUseTests {
    enum Kind: CaseIterable { case sqlite, postgres }

    /// Two nodes on one store.
    private static func with(_ kind: Kind, _ body: (any KeyUseStore, any KeyUseStore) async throws -> Void) async throws {
        switch kind {
        case .sqlite:
            try await TemporaryFolder.with { folder in
                let path = folder.path("store.sqlite")
                try await body(try SQLiteCustomerStore(path: path), try SQLiteCustomerStore(path: path))
            }
        case .postgres:
            let fixture = try PostgresFixture()
            try await body(try await fixture.open(), try await fixture.open())
        }
    }

    @Test("Of what nodes tell of a key the latest is kept, whoever tells it and in which order", arguments: Kind.allCases)
    func latest(_ kind: Kind) async throws {
        try await Self.with(kind) { one, two in
            #expect(try await one.keyUses().isEmpty)
            try await one.note([KeyUse(key: "b", at: 10), KeyUse(key: "a", at: 20)])
            try await two.note([KeyUse(key: "a", at: 15), KeyUse(key: "b", at: 30), KeyUse(key: "ü", at: 1)])
            try await one.note([])
            let expected = [KeyUse(key: "a", at: 20), KeyUse(key: "b", at: 30), KeyUse(key: "ü", at: 1)]
            for node in [one, two] { #expect(try await node.keyUses() == expected) }
        }
    }

    @Test("Nodes that tell of the same keys at once do not stand in each other's way", arguments: Kind.allCases)
    func atOnce(_ kind: Kind) async throws {
        try await Self.with(kind) { one, two in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...40 as ClosedRange<Int64> {
                    let keys = number.isMultiple(of: 2) ? ["a", "b"] : ["b", "a"]
                    let node = number.isMultiple(of: 3) ? one : two
                    group.addTask { try await node.note(keys.map { KeyUse(key: $0, at: number) }) }
                }
                try await group.waitForAll()
            }
            #expect(try await one.keyUses() == [KeyUse(key: "a", at: 40), KeyUse(key: "b", at: 40)])
        }
    }
}

@Suite(.ownThread) struct WatchedFileTests {
    @Test("A file that was removed takes no more writes, and no reads once that was seen; put back, it goes on")
    func removed() async throws {
        try await TemporaryFolder.with { folder in
            let (path, aside) = (folder.path("store.sqlite"), folder.path("aside"))
            let store = try SQLiteCustomerStore(path: path)
            try await store.note([KeyUse(key: "a", at: 1)])
            try FileManager.default.moveItem(atPath: path, toPath: aside)
            await #expect(throws: SharedStateError.self) { try await store.note([KeyUse(key: "a", at: 2)]) }
            await #expect(throws: SharedStateError.self) { _ = try await store.keyUses() }
            await #expect(throws: SharedStateError.self) { _ = try await store.changes(since: 0) }
            try FileManager.default.moveItem(atPath: aside, toPath: path)
            #expect(try await store.changes(since: 0) == nil)
            #expect(try await store.keyUses() == [KeyUse(key: "a", at: 1)])
            try await store.note([KeyUse(key: "a", at: 3)])
            #expect(try await store.keyUses() == [KeyUse(key: "a", at: 3)])
        }
    }
}
