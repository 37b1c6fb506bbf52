import Glibc

extension PostgresSession {
    /// A transaction that lost against another one is tried so many times.
    private static let attempts = 6

    /// Runs statements of which each stands alone and changes nothing.
    /// - Throws: `NothingDone` when the connection was lost.
    func read<Value>(_ body: (PostgresSession) throws -> Value) throws -> Value {
        do {
            return try body(self)
        } catch let error as PostgresError where !isUsable && deadline > .now {
            throw NothingDone(cause: error)
        }
    }

    /// Runs `body` in a transaction, more than once when it loses against another one.
    /// - Throws: what `body` throws, after it has been undone; `NothingDone` when the connection was lost before the commit.
    func transaction<Value>(_ body: (PostgresSession) throws -> Value) throws -> Value {
        try retrying {
            let value: Value
            do {
                try run("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
                value = try body(self)
            } catch {
                if isUsable { _ = try? run("ROLLBACK") }
                // What has outlived its deadline is not begun again.
                if !isUsable, deadline > .now, let error = error as? PostgresError { throw NothingDone(cause: error) }
                throw error
            }
            try commit()
            return value
        }
    }

    /// Runs one statement that is a transaction by itself.
    func single(_ sql: String, _ parameters: [PostgresValue]) throws {
        try retrying { try outcomeUnknown { () throws(PostgresError) in try execute(sql, parameters) } }
    }

    private func commit() throws(PostgresError) {
        let isCommitted = try outcomeUnknown { () throws(PostgresError) in try run("COMMIT").isCommit }
        // A transaction that failed before answers COMMIT with a rollback.
        guard isCommitted else { throw PostgresError("the transaction was rolled back") }
    }

    /// Says so when the connection is lost while a change may or may not have been made. A server that is ending tells so at any
    /// time, also between a commit and its answer; a refusal because it is a standby is an answer.
    @discardableResult
    private func outcomeUnknown<Value>(_ body: () throws(PostgresError) -> Value) throws(PostgresError) -> Value {
        do {
            return try body()
        } catch {
            guard !isUsable, error.sqlState != "25006" else { throw error }
            throw PostgresError("\(error.message); whether the last change was made is not known")
        }
    }

    @discardableResult
    private func retrying<Value>(_ body: () throws -> Value) throws -> Value {
        for attempt in 1..<Self.attempts {
            do {
                return try body()
            } catch let error as PostgresError where error.isTransient {
                // Apart from each other, or the same two meet again. At most 10, 20, … milliseconds.
                usleep(UInt32.random(in: 0...UInt32(attempt) * 10_000))
            }
        }
        return try body()
    }
}
