import Customers
import Foundation
import GRDB
package import SharedState

/// What was used once, in the same file as the customers.
extension SQLiteCustomerStore: NonceStore {
    package func use(_ nonce: Nonce, at now: Int64) async throws(SharedStateError) -> Bool {
        let capacity = nonceCapacity
        do {
            return try await write { database in try NonceRow.use(nonce, at: now, capacity: capacity, in: database) }
        } catch .unavailable(let message) {
            throw .unavailable(message)
        } catch {
            // Of the store's other errors none is about nonces.
            throw .unavailable("\(error)")
        }
    }
}

/// A row of the table `nonces`: the only place that knows its columns.
enum NonceRow {
    /// `serial` tells how many there are without counting them: rows go in the order of their age, more or less.
    static let schema = """
        CREATE TABLE nonces (
            serial INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
            until INTEGER NOT NULL
        ) STRICT;

        CREATE INDEX nonces_until ON nonces (until);
        """

    /// Rows that are dropped with each new one at most, so that no call pays for many.
    private static let purgeLimit = 64

    /// Each of the two ends by itself is found at once; both in one query would read the whole table.
    static let span = "SELECT (SELECT max(serial) FROM nonces) - (SELECT min(serial) FROM nonces) + 1"

    static func use(_ nonce: Nonce, at now: Int64, capacity: Int64, in database: Database) throws -> Bool {
        try database.cachedStatement(
            sql: "DELETE FROM nonces WHERE serial IN (SELECT serial FROM nonces WHERE until <= ? ORDER BY until LIMIT \(purgeLimit))"
        ).execute(arguments: [now])
        // At least as many as there are; never fewer, so the file stays bounded.
        let span = try Int64.fetchOne(database.cachedStatement(sql: span)) ?? 0
        guard span < capacity else { throw StoreError.unavailable("the store of nonces is full: \(span) are remembered") }
        try database.cachedStatement(sql: "INSERT INTO nonces (digest, until) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING")
            .execute(arguments: [Data(nonce.digest), nonce.until])
        return database.changesCount == 1
    }
}
