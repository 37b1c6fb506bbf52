import Customers
package import SharedState

/// Revocations in the same database as the customers, for all nodes.
extension PostgresCustomerStore: RevocationStore {
    package func revoke(_ revocation: Revocation, at now: Int64) async throws(SharedStateError) {
        try await sharing { () throws(StoreError) in
            try await self.run { session in
                try session.transaction { session in try RevocationRow.put(revocation, at: now, in: session) }
            }
        }
    }

    package func changes(since version: Int64) async throws(SharedStateError) -> RevocationChanges? {
        try await sharing { () throws(StoreError) in
            try await self.run { try $0.read { try RevocationRow.changes(since: version, from: $0) } }
        }
    }

    package func revocations(at now: Int64) async throws(SharedStateError) -> [Revocation] {
        try await sharing { () throws(StoreError) in
            try await self.run { try $0.read { try RevocationRow.all(at: now, from: $0) } }
        }
    }

    /// The store's error as what nodes share calls it.
    func sharing<Value: Sendable>(_ body: () async throws(StoreError) -> Value) async throws(SharedStateError) -> Value {
        do {
            return try await body()
        } catch .unavailable(let message) {
            throw .unavailable(message)
        } catch {
            // Of the store's other errors none is about revocations.
            throw .unavailable("\(error)")
        }
    }
}

/// A row of the table `revocations`: the only place that knows its columns.
enum RevocationRow {
    /// `serial` is the version of the list; a revocation that changes takes a new number. The name is bytes, so that any text is kept
    /// as it is, and compares by them.
    static let schema = [
        """
        CREATE TABLE gatehouse.revocations (
            serial bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            kind text COLLATE "C" NOT NULL CHECK (kind IN ('sessions', 'token')),
            name bytea NOT NULL CHECK (octet_length(name) > 0),
            at bigint NOT NULL,
            until bigint NOT NULL
        )
        """,
        // By digest: a subject may be longer than an entry of an index.
        "CREATE UNIQUE INDEX revocations_name ON gatehouse.revocations (kind, sha256(name))",
        "CREATE INDEX revocations_until ON gatehouse.revocations (until)",
    ]

    private static let columns = "serial, kind, name, at, until"

    /// INVARIANT (no revocation is missed): numbers are taken under a lock that is held until the commit, so they are committed in order,
    /// and whoever has seen one has seen all smaller ones. "gate", "revo".
    static func put(_ revocation: Revocation, at now: Int64, in session: PostgresSession) throws(PostgresError) {
        try session.execute("SELECT pg_advisory_xact_lock(1734440037, 1919252079)")
        try session.execute("DELETE FROM gatehouse.revocations WHERE until <= $1", [.integer(now)])
        let (kind, name) = key(of: revocation.target)
        let old = try session.execute(
            "DELETE FROM gatehouse.revocations WHERE kind = $1 AND sha256(name) = sha256($2) RETURNING at, until",
            [.text(kind), .bytes(name)])
        let (at, until) = old.count > 0 ? (old.integer(0, 0), old.integer(0, 1)) : (nil, nil)
        try session.execute(
            "INSERT INTO gatehouse.revocations (kind, name, at, until) VALUES ($1, $2, $3, $4)",
            [.text(kind), .bytes(name), .integer(max(revocation.at, at ?? .min)), .integer(max(revocation.until, until ?? .min))])
    }

    static func changes(since version: Int64, from session: PostgresSession) throws(PostgresError) -> RevocationChanges? {
        let rows = try session.execute(
            "SELECT \(columns) FROM gatehouse.revocations WHERE serial > $1 ORDER BY serial", [.integer(version)])
        guard rows.count > 0, let newest = rows.integer(rows.count - 1, 0) else { return nil }
        return RevocationChanges(version: newest, revocations: (0..<rows.count).map { revocation(rows, $0) })
    }

    static func all(at now: Int64, from session: PostgresSession) throws(PostgresError) -> [Revocation] {
        let rows = try session.execute(
            "SELECT \(columns) FROM gatehouse.revocations WHERE until > $1 ORDER BY at DESC, serial DESC", [.integer(now)])
        return (0..<rows.count).map { revocation(rows, $0) }
    }

    private static func revocation(_ rows: PostgresRows, _ row: Int) -> Revocation {
        let name = rows.text(row, 2) ?? ""
        let target: Revocation.Target = rows.text(row, 1) == "token" ? .token(id: name) : .sessions(subject: name)
        return Revocation(target, at: rows.integer(row, 3) ?? .max, until: rows.integer(row, 4) ?? .max)
    }

    private static func key(of target: Revocation.Target) -> (kind: String, name: [UInt8]) {
        switch target {
        case .sessions(let subject): ("sessions", Array(subject.utf8))
        case .token(let id): ("token", Array(id.utf8))
        }
    }
}
