import CustomerStorePostgres
import GRDB
import GatewayTesting
import SharedState
import Testing

@testable import CustomerStoreSQLite

@Suite("The store of nonces", .ownThread)
struct NonceStoreTests {
    @Test("In memory", arguments: NonceStoreContract.checks)
    func memory(_ check: NonceStoreContract.Check) async throws {
        try await check.run(MemoryNonceStore(capacity: NonceStoreContract.capacity))
    }

    @Test("In an SQLite file", arguments: NonceStoreContract.checks)
    func sqlite(_ check: NonceStoreContract.Check) async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path("store.sqlite")
            try await check.run(try SQLiteCustomerStore(path: path, nonceCapacity: Int64(NonceStoreContract.capacity)))
        }
    }

    @Test("In a PostgreSQL database", arguments: NonceStoreContract.checks)
    func postgres(_ check: NonceStoreContract.Check) async throws {
        let uri = try PostgresServer.shared.get().makeDatabase()
        try await check.run(try await PostgresCustomerStore.open(uri: uri, nonceCapacity: Int64(NonceStoreContract.capacity)))
    }

    @Test("what was used stays used across a restart, and two processes with one file share it (M-09)")
    func restart() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path("store.sqlite")
            let first = try SQLiteCustomerStore(path: path)
            #expect(try await first.use(NonceStoreContract.nonce(1), at: 100))
            let second = try SQLiteCustomerStore(path: path)
            #expect(try await !second.use(NonceStoreContract.nonce(1), at: 100))
            #expect(try await second.use(NonceStoreContract.nonce(2), at: 100))
            #expect(try await !first.use(NonceStoreContract.nonce(2), at: 100))
        }
    }

    @Test("what has ended is dropped, however many there were")
    func purge() async throws {
        try await TemporaryFolder.with { folder in
            let store = try SQLiteCustomerStore(path: folder.path("store.sqlite"), nonceCapacity: 300)
            func nonce(_ number: Int, until: Int64) -> Nonce {
                Nonce(digest: Array(repeating: 0, count: 30) + [UInt8(number >> 8), UInt8(number & 255)], until: until)
            }
            for number in 0..<300 { #expect(try await store.use(nonce(number, until: 200), at: 100)) }
            await #expect(throws: SharedStateError.self) { try await store.use(nonce(300, until: 200), at: 199) }
            for number in 300..<600 { #expect(try await store.use(nonce(number, until: 400), at: 300)) }
        }
    }

    @Test("SQLite counts nonces without reading them, so that one costs the same however many there are")
    func cost() async throws {
        try await TemporaryFolder.with { folder in
            let store = try SQLiteCustomerStore(path: folder.path("store.sqlite"))
            let plan = try await store.write { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(NonceRow.span)").map { row -> String in row["detail"] }
            }
            #expect(plan.contains { $0.contains("SEARCH nonces") })
            #expect(!plan.contains { $0.contains("SCAN nonces") }, "\(plan)")
        }
    }
}
