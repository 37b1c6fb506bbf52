/// Which state a caller expects a customer to be in, from `If-Match`. The store judges it in the transaction that changes the
/// customer, so nothing can come between.
package enum Precondition: Sendable, Equatable {
    /// No condition, or `If-Match: *`: that the customer exists is asked of every change anyway.
    case none
    /// One of these versions. None listed means that no version can meet it.
    case version(in: [Int64])

    package func isMet(by version: Int64) -> Bool {
        switch self {
        case .none: true
        case .version(in: let versions): versions.contains(version)
        }
    }
}
