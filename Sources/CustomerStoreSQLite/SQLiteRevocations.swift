import Customers
import Foundation
import GRDB
package import SharedState

/// Revocations in the same file as the customers: one file is one node's whole state.
extension SQLiteCustomerStore: RevocationStore {
    package func revoke(_ revocation: Revocation, at now: Int64) async throws(SharedStateError) {
        try await sharing { () throws(StoreError) in
            try await self.write { database in try RevocationRow.put(revocation, at: now, in: database) }
        }
    }

    package func changes(since version: Int64) async throws(SharedStateError) -> RevocationChanges? {
        try await sharing { () throws(StoreError) in
            try self.lookAtFile()
            return try await self.read { try RevocationRow.changes(since: version, from: $0) }
        }
    }

    package func revocations(at now: Int64) async throws(SharedStateError) -> [Revocation] {
        try await sharing { () throws(StoreError) in
            try await self.read { try RevocationRow.all(at: now, from: $0) }
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
    /// `serial` is the version of the list: SQLite never gives a number out again (AUTOINCREMENT), one writer at a time commits, and a
    /// revocation that changes takes a new number. The name is bytes, so that any text is kept as it is.
    static let schema = """
        CREATE TABLE revocations (
            serial INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN ('sessions', 'token')),
            name BLOB NOT NULL CHECK (length(name) > 0),
            at INTEGER NOT NULL,
            until INTEGER NOT NULL,
            UNIQUE (kind, name)
        ) STRICT;

        CREATE INDEX revocations_until ON revocations (until);
        """

    private static let columns = "serial, kind, name, at, until"

    static func put(_ revocation: Revocation, at now: Int64, in database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM revocations WHERE until <= ?").execute(arguments: [now])
        let (kind, name) = key(of: revocation.target)
        let old = try all(in: database, where: "kind = ? AND name = ?", [kind, name]).first?.revocation
        try database.cachedStatement(sql: "DELETE FROM revocations WHERE kind = ? AND name = ?").execute(arguments: [kind, name])
        try database.cachedStatement(sql: "INSERT INTO revocations (kind, name, at, until) VALUES (?, ?, ?, ?)").execute(
            arguments: [kind, name, max(revocation.at, old?.at ?? .min), max(revocation.until, old?.until ?? .min)])
    }

    static func changes(since version: Int64, from database: Database) throws -> RevocationChanges? {
        let newest = try Int64.fetchOne(try database.cachedStatement(sql: "SELECT max(serial) FROM revocations"))
        guard let newest, newest > version else { return nil }
        let rows = try all(in: database, where: "serial > ? ORDER BY serial", [version])
        return RevocationChanges(version: newest, revocations: rows.map(\.revocation))
    }

    static func all(at now: Int64, from database: Database) throws -> [Revocation] {
        try all(in: database, where: "until > ? ORDER BY at DESC, serial DESC", [now]).map(\.revocation)
    }

    private static func all(
        in database: Database, where condition: String, _ arguments: StatementArguments
    ) throws -> [(serial: Int64, revocation: Revocation)] {
        let statement = try database.cachedStatement(sql: "SELECT \(columns) FROM revocations WHERE \(condition)")
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            let name = String(decoding: row[2] as Data, as: UTF8.self)
            let target: Revocation.Target = row[1] as String == "token" ? .token(id: name) : .sessions(subject: name)
            return (row[0], Revocation(target, at: row[3], until: row[4]))
        }
    }

    private static func key(of target: Revocation.Target) -> (kind: String, name: Data) {
        switch target {
        case .sessions(let subject): ("sessions", Data(subject.utf8))
        case .token(let id): ("token", Data(id.utf8))
        }
    }
}
