import Customers
import Foundation
import GRDB

/// What SQLite and GRDB report, as the store says it. Messages name the file and never a value that was stored.
enum StoreFailure {
    static func describe(_ error: any Error, using path: String) -> StoreError {
        switch error {
        case let error as StoreError: return error
        case let error as DatabaseError:
            // The primary key has a code of its own, so this is the only unique index: tenant and external identifier.
            if error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE { return .duplicateExternalID }
            return .unavailable("\(path): \(error.message ?? "SQLite error") (\(error.extendedResultCode.rawValue))")
        case let error as UnreadableRow:
            return .unavailable("\(path): the column \(error.column) of customer \(error.id) cannot be read")
        case is CancellationError: return .unavailable("\(path): the call was cancelled")
        default: return .unavailable("\(path): \(type(of: error))")
        }
    }

    /// A failure to open says what a person can mend, where SQLite only says that it cannot.
    static func describe(_ error: any Error, opening path: String) -> StoreError {
        guard let error = error as? DatabaseError else { return describe(error, using: path) }
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let files = FileManager.default
        switch error.resultCode {
        case .SQLITE_CANTOPEN where !files.fileExists(atPath: directory):
            return .unavailable("\(path): the directory \(directory) does not exist")
        case .SQLITE_CANTOPEN where !files.fileExists(atPath: directory + "/."):
            return .unavailable("\(path): \(directory) is not a directory")
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            return .unavailable("\(path): not an SQLite database, or damaged; restore it from a backup")
        case .SQLITE_READONLY:
            return .unavailable("\(path): the file or its directory is read-only for this user")
        default: return describe(error as any Error, using: path)
        }
    }
}
