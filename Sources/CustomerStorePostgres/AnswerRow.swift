import Customers

/// A row of the table `answers`: the only place that knows its columns.
enum AnswerRow {
    /// So many answers that have expired go with each one that is kept: the table needs no other cleaning.
    private static let removedAtOnce = 8

    /// - Throws: `StoreError.keyReused`.
    static func recall(_ request: IdempotentRequest, at now: Int64, from session: PostgresSession) throws -> KeptAnswer? {
        let rows = try session.execute(
            "SELECT fingerprint, status, headers, body FROM gatehouse.answers WHERE scope = $1 AND expires_at > $2",
            [.bytes(request.scope), .integer(now)])
        guard rows.count > 0 else { return nil }
        guard rows.bytes(0, 0) == request.fingerprint else { throw StoreError.keyReused }
        return KeptAnswer(
            status: Int(rows.integer(0, 1) ?? 0), headers: headers(rows.text(0, 2) ?? ""), body: rows.bytes(0, 3) ?? [])
    }

    /// Lets one transaction after the other through for each scope, on all nodes, so that of requests sent at once under one key one
    /// is done and the others see its answer. Requests with other keys wait only when the first 8 bytes of their digests are equal.
    ///
    /// A statement sees what was committed when it began, so the look at the kept answer has to come after the wait.
    /// - Throws: `StoreError.answered` with the answer that is kept, `StoreError.keyReused`.
    static func check(_ once: Once?, at now: Int64, in session: PostgresSession) throws {
        guard let once else { return }
        let lock = once.request.scope.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
        try session.execute("SELECT pg_advisory_xact_lock($1)", [.integer(lock)])
        if let answer = try recall(once.request, at: now, from: session) { throw StoreError.answered(answer) }
    }

    /// What others are removing already is left to them: nobody waits, so nobody can wait in a circle.
    static func keep(_ once: Once?, _ customer: Customer, at now: Int64, in session: PostgresSession) throws(PostgresError) {
        guard let once else { return }
        let answer = once.answer(customer)
        try session.execute(
            """
            WITH expired AS (
                SELECT scope FROM gatehouse.answers WHERE expires_at <= $7 AND scope <> $1 ORDER BY expires_at
                LIMIT \(removedAtOnce) FOR UPDATE SKIP LOCKED
            ), removed AS (
                DELETE FROM gatehouse.answers WHERE scope IN (SELECT scope FROM expired)
            )
            INSERT INTO gatehouse.answers (scope, fingerprint, status, headers, body, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (scope) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,
            headers = excluded.headers, body = excluded.body, expires_at = excluded.expires_at
            """,
            [
                .bytes(once.request.scope), .bytes(once.request.fingerprint), .integer(Int64(answer.status)), .text(text(answer.headers)),
                .bytes(answer.body), .integer(now + IdempotentRequest.keptMilliseconds), .integer(now),
            ])
    }

    private static func text(_ headers: [KeptAnswer.Header]) -> String {
        headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
    }

    private static func headers(_ text: String) -> [KeptAnswer.Header] {
        text.split(separator: "\n").map { line in
            let name = line.prefix { $0 != ":" }
            return KeptAnswer.Header(String(name), String(line.dropFirst(name.count + 2)))
        }
    }
}
