import Customers
package import SharedState

/// When keys were last used, in the same database as the customers, by whichever node.
extension PostgresCustomerStore: KeyUseStore {
    package func note(_ uses: [KeyUse]) async throws(SharedStateError) {
        try await sharing { () throws(StoreError) in
            try await self.run { session in
                try session.transaction { session in
                    // In one order on every node, so that no two wait for one another.
                    for use in uses.sorted(by: { $0.key < $1.key }) { try KeyUseRow.put(use, in: session) }
                }
            }
        }
    }

    package func keyUses() async throws(SharedStateError) -> [KeyUse] {
        try await sharing { () throws(StoreError) in try await self.run { try $0.read { try KeyUseRow.all(from: $0) } } }
    }
}

/// A row of the table `key_uses`: the only place that knows its columns.
enum KeyUseRow {
    static let schema = [
        """
        CREATE TABLE gatehouse.key_uses (
            key text COLLATE "C" PRIMARY KEY CHECK (key <> ''),
            at bigint NOT NULL
        )
        """
    ]

    static func put(_ use: KeyUse, in session: PostgresSession) throws(PostgresError) {
        try session.execute(
            """
            INSERT INTO gatehouse.key_uses AS known (key, at) VALUES ($1, $2)
            ON CONFLICT (key) DO UPDATE SET at = greatest(known.at, excluded.at)
            """, [.text(use.key), .integer(use.at)])
    }

    static func all(from session: PostgresSession) throws(PostgresError) -> [KeyUse] {
        let rows = try session.execute("SELECT key, at FROM gatehouse.key_uses ORDER BY key")
        return (0..<rows.count).compactMap { row in
            guard let key = rows.text(row, 0), let at = rows.integer(row, 1) else { return nil }
            return KeyUse(key: key, at: at)
        }
    }
}
