package import Customers
import Foundation

/// Customers in a PostgreSQL database, for any number of nodes. A call that returned is committed, and flushed by the server.
///
/// What must hold between nodes is held by the database: rows are locked while they are changed, and the schema has the rules.
package final class PostgresCustomerStore: CustomerStore {
    private let pool: ConnectionPool
    let nonceCapacity: Int64

    /// Connects, waits for a server that is being started, and brings the schema up to date.
    /// - Parameter uri: `postgres://user:password@host:port/database`, as libpq takes it.
    /// - Parameter nonceCapacity: how many nonces are remembered; beyond that no new one is accepted.
    /// - Throws: `unavailable` with a message that names the server and never the password.
    package static func open(
        uri: String, limits: PostgresLimits = PostgresLimits(), nonceCapacity: Int64 = 1_000_000
    ) async throws(StoreError) -> PostgresCustomerStore {
        let target = try PostgresTarget(uri: uri)
        do {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                // libpq blocks: a thread of its own.
                Thread.detachNewThread {
                    continuation.resume(
                        with: Result { try Migrator.migrate(try ServerStart.wait(for: target, limits), limits) })
                }
            }
        } catch {
            throw StoreFailure.describe(error, at: target.description)
        }
        return PostgresCustomerStore(ConnectionPool(target, limits: limits), nonceCapacity: nonceCapacity)
    }

    private init(_ pool: ConnectionPool, nonceCapacity: Int64) {
        self.pool = pool
        self.nonceCapacity = nonceCapacity
    }

    deinit {
        pool.close()
    }

    package func insert(
        _ draft: CustomerDraft, id: CustomerID, in tenant: String, at now: Int64, once: Once?
    ) async throws(StoreError) -> Customer {
        let customer = Customer(draft, id: id, tenant: tenant, at: now)
        try await run { session in
            guard once != nil else { return try session.single(CustomerRow.insertSQL, CustomerRow.insertValues(customer)) }
            try session.transaction { session in
                try AnswerRow.check(once, at: now, in: session)
                try CustomerRow.insert(customer, into: session)
                try AnswerRow.keep(once, customer, at: now, in: session)
            }
        }
        return customer
    }

    package func find(_ id: CustomerID, in scope: TenantScope) async throws(StoreError) -> Customer {
        try await run { try $0.read { try CustomerRow.find(id, in: scope, from: $0) } }
    }

    package func page(_ query: CustomerQuery, in scope: TenantScope) async throws(StoreError) -> CustomerPage {
        try await run { try $0.read { try PageQuery(query, in: scope).page(from: $0) } }
    }

    package func update(
        _ id: CustomerID, in scope: TenantScope, expecting precondition: Precondition, at now: Int64, once: Once?,
        _ change: @escaping CustomerChange
    ) async throws(StoreError) -> Customer {
        try await run { session in
            try session.transaction { session in
                try AnswerRow.check(once, at: now, in: session)
                let customer = try CustomerRow.find(id, in: scope, forChange: true, from: session)
                let changed = try customer.changed(at: now, expecting: precondition, by: change)
                try CustomerRow.update(changed, in: session)
                try AnswerRow.keep(once, changed, at: now, in: session)
                return changed
            }
        }
    }

    package func remove(
        _ id: CustomerID, in scope: TenantScope, expecting precondition: Precondition
    ) async throws(StoreError) {
        try await run { session in
            try session.transaction { session in
                let customer = try CustomerRow.find(id, in: scope, forChange: true, from: session)
                try customer.check(precondition)
                try CustomerRow.delete(customer, from: session)
            }
        }
    }

    package func recall(_ request: IdempotentRequest, at now: Int64) async throws(StoreError) -> KeptAnswer? {
        try await run { try $0.read { try AnswerRow.recall(request, at: now, from: $0) } }
    }

    /// Reads, and is given a transaction number, which a server that cannot write refuses.
    package func ping() async throws(StoreError) {
        try await run { session in
            try session.transaction { session in
                try session.run("SELECT count(*) FROM (SELECT 1 FROM gatehouse.customers LIMIT 1) AS first")
                try session.run("SELECT pg_current_xact_id()::text")
            }
        }
    }

    /// Calls that wait for a connection.
    var waitingCount: Int { pool.waitingCount }

    /// The one place where a connection is used.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await pool.run(body)
        } catch {
            throw StoreFailure.describe(error, at: pool.target.description)
        }
    }
}
