package import Customers
import Foundation
import GRDB

/// Customers in one SQLite file, for a single node. A call that returned survives `kill -9` and a power failure: the file is
/// in WAL mode with `synchronous=FULL`, so each commit is flushed before it is answered.
package final class SQLiteCustomerStore: CustomerStore {
    private let path: String
    private let pool: DatabasePool
    private let writer: GroupWriter
    private let file: WatchedFile
    /// So many nonces are remembered at most.
    let nonceCapacity: Int64

    /// Opens the file, creates it when it is missing, and brings its schema up to date. Blocks meanwhile.
    /// - Parameters:
    ///   - path: its directory must exist.
    ///   - busySeconds: how long a call waits for another process that writes.
    ///   - nonceCapacity: how many nonces are remembered; beyond that no new one is accepted.
    /// - Throws: `unavailable` with a message that names the file.
    package init(path: String, busySeconds: Double = 5, nonceCapacity: Int64 = 1_000_000) throws(StoreError) {
        self.path = path
        self.nonceCapacity = nonceCapacity
        // Customers are nobody else's to read; what SQLite puts beside the file has its mode.
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        var configuration = Configuration()
        configuration.busyMode = .timeout(busySeconds)
        configuration.label = "gatehouse.store"
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { database in
                // The pool chooses NORMAL, under which the last commits before a power failure are lost.
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            let isNewer = try pool.read { try Schema.migrator.hasBeenSuperseded($0) }
            guard !isNewer else {
                throw StoreError.unavailable("\(path): written by a newer version of Gatehouse; start that one")
            }
            try Schema.migrator.migrate(pool)
        } catch {
            throw StoreFailure.describe(error, opening: path)
        }
        let file = WatchedFile(path: path)
        self.file = file
        writer = GroupWriter(pool) { () throws(StoreError) in try file.look() }
    }

    package func insert(
        _ draft: CustomerDraft, id: CustomerID, in tenant: String, at now: Int64, once: Once?
    ) async throws(StoreError) -> Customer {
        let customer = Customer(draft, id: id, tenant: tenant, at: now)
        try await write { database in
            try AnswerRow.check(once, at: now, in: database)
            try CustomerRow.insert(customer, into: database)
            try AnswerRow.keep(once, customer, at: now, in: database)
        }
        return customer
    }

    package func find(_ id: CustomerID, in scope: TenantScope) async throws(StoreError) -> Customer {
        try await read { try CustomerRow.find(id, in: scope, from: $0) }
    }

    package func page(_ query: CustomerQuery, in scope: TenantScope) async throws(StoreError) -> CustomerPage {
        try await read { try PageQuery(query, in: scope).page(from: $0) }
    }

    package func update(
        _ id: CustomerID, in scope: TenantScope, expecting precondition: Precondition, at now: Int64, once: Once?,
        _ change: @escaping CustomerChange
    ) async throws(StoreError) -> Customer {
        try await write { database in
            try AnswerRow.check(once, at: now, in: database)
            let customer = try CustomerRow.find(id, in: scope, from: database)
            let changed = try customer.changed(at: now, expecting: precondition, by: change)
            try CustomerRow.update(changed, in: database)
            try AnswerRow.keep(once, changed, at: now, in: database)
            return changed
        }
    }

    package func remove(
        _ id: CustomerID, in scope: TenantScope, expecting precondition: Precondition
    ) async throws(StoreError) {
        try await write { database in
            let customer = try CustomerRow.find(id, in: scope, from: database)
            try customer.check(precondition)
            try CustomerRow.delete(customer, from: database)
        }
    }

    package func recall(_ request: IdempotentRequest, at now: Int64) async throws(StoreError) -> KeptAnswer? {
        try await read { try AnswerRow.recall(request, at: now, from: $0) }
    }

    /// Takes the write lock once, reads once, and sees whether the file is still the one that was opened.
    package func ping() async throws(StoreError) {
        try file.look()
        try await write { _ in }
        _ = try await read { try Int.fetchOne($0, sql: "SELECT count(*) FROM (SELECT 1 FROM customers LIMIT 1)") }
    }

    /// Several times a second, by those who ask for revocations.
    func lookAtFile() throws(StoreError) { try file.look() }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try file.check()
        do {
            return try await pool.read(body)
        } catch {
            throw StoreFailure.describe(error, using: path)
        }
    }

    /// The one place where a write transaction is run.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await writer.run(body)
        } catch {
            throw StoreFailure.describe(error, using: path)
        }
    }
}
