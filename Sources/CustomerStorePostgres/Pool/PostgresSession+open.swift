extension PostgresSession {
    /// The oldest server whose behaviour is known here.
    private static let oldestVersion = 150_000

    /// Connects, and settles what the server would otherwise decide by its own configuration.
    /// - Throws: what keeps the server from being used, in words for operators.
    static func open(_ target: PostgresTarget, _ limits: PostgresLimits) throws(PostgresError) -> PostgresSession {
        let session = try PostgresSession(target)
        guard session.serverVersion >= oldestVersion else {
            throw PostgresError("PostgreSQL 15 or newer is needed, this server is \(session.setting("server_version") ?? "older")")
        }
        guard session.setting("server_encoding") == "UTF8" else {
            throw PostgresError("the database must have the encoding UTF8, it has \(session.setting("server_encoding") ?? "another")")
        }
        session.deadline = .now + limits.call
        try session.execute(
            settings,
            [
                .text("\(limits.statement.milliseconds)ms"), .text("\(limits.lock.milliseconds)ms"), .text("\(limits.call.milliseconds)ms"),
            ])
        return session
    }

    /// A node that stops in the middle of a transaction holds its locks no longer than a call may take. A server on which commits
    /// are not flushed by default flushes ours; one that waits for its standbys goes on doing so. Names are looked up nowhere but
    /// where a statement says.
    private static let settings = """
        SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
        set_config('idle_in_transaction_session_timeout', $3, false),
        set_config('default_transaction_isolation', 'read committed', false),
        set_config('synchronous_commit',
            CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false),
        set_config('search_path', 'pg_catalog', false)
        """
}
