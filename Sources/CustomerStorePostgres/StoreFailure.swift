import Customers

/// What libpq and the server report, as the store says it. Messages name the server and never a value that was stored.
enum StoreFailure {
    static func describe(_ error: any Error, at server: String) -> StoreError {
        switch error {
        case let error as StoreError: return error
        case let error as PostgresError:
            if error.isUniqueViolation, error.constraint == "customers_external_id" { return .duplicateExternalID }
            return .unavailable("\(server): \(error.message)" + (error.sqlState.map { " (\($0))" } ?? ""))
        case let error as NothingDone: return describe(error.cause, at: server)
        case let error as UnreadableRow:
            return .unavailable("\(server): the column \(error.column) of customer \(error.id) cannot be read")
        default: return .unavailable("\(server): \(type(of: error))")
        }
    }
}
