/// What the server or libpq said went wrong.
///
/// Only the primary message is kept: the details that a server adds quote values of rows.
struct PostgresError: Error, Equatable {
    /// Five characters (PostgreSQL documentation, appendix A); nil when no server said anything.
    let sqlState: String?
    let message: String
    /// The constraint that was broken.
    let constraint: String?

    init(_ message: String, sqlState: String? = nil, constraint: String? = nil) {
        self.message = message
        self.sqlState = sqlState
        self.constraint = constraint
    }

    /// `unique_violation`
    var isUniqueViolation: Bool { sqlState == "23505" }

    /// `serialization_failure` and `deadlock_detected`: the whole transaction may be tried again.
    var isTransient: Bool { sqlState == "40001" || sqlState == "40P01" }

    /// The server can do nothing for this connection any more, or should not: it is being shut down (class 57P0x), or has become
    /// a standby, while another server may be the one to write to (`read_only_sql_transaction`).
    var endsConnection: Bool { sqlState?.hasPrefix("57P0") == true || sqlState == "25006" }
}

/// The connection was lost before the server can have done anything that lasts: all of it may be done on another connection.
struct NothingDone: Error {
    let cause: PostgresError
}
