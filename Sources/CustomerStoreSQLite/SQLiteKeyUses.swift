import Customers
import GRDB
package import SharedState

/// When keys were last used, in the same file as the customers.
extension SQLiteCustomerStore: KeyUseStore {
    package func note(_ uses: [KeyUse]) async throws(SharedStateError) {
        try await sharing { () throws(StoreError) in
            try await self.write { database in for use in uses { try KeyUseRow.put(use, in: database) } }
        }
    }

    package func keyUses() async throws(SharedStateError) -> [KeyUse] {
        try await sharing { () throws(StoreError) in try await self.read { try KeyUseRow.all(from: $0) } }
    }
}

/// A row of the table `key_uses`: the only place that knows its columns.
enum KeyUseRow {
    static let schema = """
        CREATE TABLE key_uses (
            key TEXT NOT NULL PRIMARY KEY CHECK (key <> ''),
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    static func put(_ use: KeyUse, in database: Database) throws {
        try database.cachedStatement(
            sql: "INSERT INTO key_uses (key, at) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET at = max(at, excluded.at)"
        ).execute(arguments: [use.key, use.at])
    }

    static func all(from database: Database) throws -> [KeyUse] {
        try Row.fetchAll(database.cachedStatement(sql: "SELECT key, at FROM key_uses ORDER BY key")).map { KeyUse(key: $0[0], at: $0[1]) }
    }
}
