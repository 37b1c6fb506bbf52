/// Brings a database's schema up to date: forward only, all of it or nothing, one node after the other.
enum Migrator {
    /// The lock is of PostgreSQL's two-number kind, so it is none of those that `AnswerRow` takes. "gate", "hous".
    private static let lock = "SELECT pg_advisory_xact_lock(1734440037, 1752134003)"

    /// - Throws: `PostgresError`, also for a database that a newer version has changed.
    static func migrate(_ session: PostgresSession, _ limits: PostgresLimits) throws {
        session.deadline = .now + limits.migration
        try session.transaction { session in
            let milliseconds = limits.migration.milliseconds
            for setting in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
                try session.execute("SELECT set_config($1, $2, true)", [.text(setting), .text("\(milliseconds)ms")])
            }
            try session.run(lock)
            // Asked for first: to create what is there already needs a right that its user may not have.
            if try session.run("SELECT to_regnamespace('gatehouse') IS NULL").integer(0, 0) == 1 {
                try session.run("CREATE SCHEMA gatehouse")
            }
            if try session.run("SELECT to_regclass('gatehouse.migrations') IS NULL").integer(0, 0) == 1 {
                try session.run(
                    "CREATE TABLE gatehouse.migrations (number bigint PRIMARY KEY, name text NOT NULL, taken_at timestamptz NOT NULL DEFAULT now())"
                )
            }
            let last = try session.run("SELECT coalesce(max(number), 0) FROM gatehouse.migrations").integer(0, 0) ?? 0
            guard last <= Schema.steps.count else {
                throw PostgresError("the database was changed by a newer version of Gatehouse; start that one")
            }
            for step in Schema.steps where step.number > last {
                for statement in step.statements { try session.run(statement) }
                try session.execute(
                    "INSERT INTO gatehouse.migrations (number, name) VALUES ($1, $2)", [.integer(Int64(step.number)), .text(step.name)])
            }
        }
    }
}
