import Foundation

/// Why a file could not be used, for a person: `path: reason` and, when there is one, the command that mends it.
package struct FileError: Error, Equatable, CustomStringConvertible {
    package let path: String
    /// Lower case, without the path.
    package let reason: String
    /// What to do about it, as a sentence or a command.
    package let remedy: String?
    /// The `errno` that was behind it.
    package let code: Int32?

    package init(path: String, reason: String, remedy: String? = nil) {
        self.path = path
        self.reason = reason
        self.remedy = remedy
        self.code = nil
    }

    init(path: String, code: Int32) {
        self.path = path
        self.code = code
        self.remedy = nil
        self.reason =
            switch code {
            case ENOENT: "no such file or directory"
            case EEXIST: "exists already"
            default: POSIXErrorCode(rawValue: code).map { POSIXError($0).localizedDescription } ?? "error \(code)"
            }
    }

    package var isMissing: Bool { code == ENOENT }
    package var isExisting: Bool { code == EEXIST }

    package var description: String {
        remedy.map { "\(path): \(reason): \($0)" } ?? "\(path): \(reason)"
    }
}
