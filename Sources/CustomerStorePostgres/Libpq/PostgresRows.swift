import CPostgres

/// What a statement answered. Columns count from 0 and are in binary form.
@safe final class PostgresRows {
    /// Owned: freed in `deinit` and nowhere else.
    private let result: OpaquePointer

    /// Takes over `result`.
    init(_ result: OpaquePointer) {
        unsafe self.result = unsafe result
    }

    deinit {
        unsafe PQclear(result)
    }

    var count: Int { Int(unsafe PQntuples(result)) }

    var isError: Bool {
        switch unsafe PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: false
        default: true
        }
    }

    /// Whether a `COMMIT` did commit: the answer is `ROLLBACK` when the transaction had failed before.
    var isCommit: Bool { unsafe String(cString: PQcmdStatus(result)) == "COMMIT" }

    /// The error that this is.
    var error: PostgresError {
        // What libpq itself reports has no fields, and no rows to quote from.
        let all = unsafe String(cString: PQresultErrorMessage(result))
        return PostgresError(
            field(GATEHOUSE_DIAG_MESSAGE_PRIMARY) ?? all, sqlState: field(GATEHOUSE_DIAG_SQLSTATE),
            constraint: field(GATEHOUSE_DIAG_CONSTRAINT_NAME))
    }

    private func field(_ code: Int) -> String? {
        // Lives as long as the result does, and is copied at once.
        unsafe PQresultErrorField(result, Int32(code)).map { unsafe String(cString: $0) }
    }

    /// Nil for NULL.
    func bytes(_ row: Int, _ column: Int) -> [UInt8]? {
        // libpq answers rows and columns that are not there with NULL; what it points at has the length it tells.
        guard unsafe PQgetisnull(result, Int32(row), Int32(column)) == 0,
            let start = unsafe PQgetvalue(result, Int32(row), Int32(column))
        else { return nil }
        let length = Int(unsafe PQgetlength(result, Int32(row), Int32(column)))
        return unsafe UnsafeRawBufferPointer(start: start, count: length).map { $0 }
    }

    func text(_ row: Int, _ column: Int) -> String? {
        bytes(row, column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Of a column of type bool, int2, int4 or int8; nil for NULL.
    func integer(_ row: Int, _ column: Int) -> Int64? {
        guard let bytes = bytes(row, column), (1...8).contains(bytes.count) else { return nil }
        let isNegative = bytes[0] & 0x80 != 0
        return bytes.reduce(isNegative ? -1 : 0) { $0 << 8 | Int64($1) }
    }
}
