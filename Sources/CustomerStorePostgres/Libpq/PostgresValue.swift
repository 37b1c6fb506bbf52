/// A parameter of a statement. Values never become part of a statement's text.
enum PostgresValue: Sendable {
    /// Without U+0000: what may have one goes through `ExactText`.
    case text(String?)
    case integer(Int64?)
    case bytes([UInt8]?)

    /// The type's identifier in `pg_type`, fixed for all servers: text, int8, bytea.
    var typeID: UInt32 {
        switch self {
        case .text: 25
        case .integer: 20
        case .bytes: 17
        }
    }

    /// The binary form of the type; nil is NULL.
    var binary: [UInt8]? {
        switch self {
        case .text(let text): text.map { Array($0.utf8) }
        case .integer(let number): number.map { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) } }
        case .bytes(let bytes): bytes
        }
    }
}
