import Customers
package import SharedState

/// What was used once, in the same database as the customers, for all nodes.
extension PostgresCustomerStore: NonceStore {
    package func use(_ nonce: Nonce, at now: Int64) async throws(SharedStateError) -> Bool {
        let capacity = nonceCapacity
        return try await sharing { () throws(StoreError) in
            try await self.run { session in
                try session.transaction { session in try NonceRow.use(nonce, at: now, capacity: capacity, in: session) }
            }
        }
    }
}

/// A row of the table `nonces`: the only place that knows its columns.
enum NonceRow {
    /// `serial` tells about how many there are without counting them: rows go in the order of their age, more or less.
    static let schema = [
        """
        CREATE TABLE gatehouse.nonces (
            digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
            serial bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
            until bigint NOT NULL
        )
        """,
        "CREATE INDEX nonces_until ON gatehouse.nonces (until)",
    ]

    /// Rows that are dropped with each new one at most, so that no call pays for many.
    private static let purgeLimit = 64

    /// Two nodes that use one nonce at once: the second waits for the first one's commit, and then inserts nothing.
    static func use(_ nonce: Nonce, at now: Int64, capacity: Int64, in session: PostgresSession) throws(PostgresError) -> Bool {
        try session.execute(
            """
            DELETE FROM gatehouse.nonces WHERE digest IN
            (SELECT digest FROM gatehouse.nonces WHERE until <= $1 ORDER BY until LIMIT \(purgeLimit) FOR UPDATE SKIP LOCKED)
            """, [.integer(now)])
        // Asked first, so that a nonce sent again takes no number.
        let known = try session.execute("SELECT 1 FROM gatehouse.nonces WHERE digest = $1", [.bytes(nonce.digest)])
        if known.count > 0 { return false }
        // At least as many as there are; never fewer, so the table stays bounded.
        let numbers = try session.execute("SELECT coalesce(max(serial) - min(serial) + 1, 0) FROM gatehouse.nonces")
        let span = numbers.integer(0, 0) ?? .max
        guard span < capacity else { throw PostgresError("the store of nonces is full: \(span) are remembered") }
        let inserted = try session.execute(
            "INSERT INTO gatehouse.nonces (digest, until) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING RETURNING 1",
            [.bytes(nonce.digest), .integer(nonce.until)])
        return inserted.count == 1
    }
}
