/// Why a store did not do what it was asked to.
package enum StoreError: Error, Sendable, Equatable {
    /// No customer of this identifier in the scope. One of another tenant is exactly as absent as one that never was.
    case notFound
    /// Another customer of the tenant has the external identifier.
    case duplicateExternalID
    /// The customer is there, but not in a version that the caller expects.
    case versionMismatch
    /// This was done before. The answer that was given then is the one to give again.
    case answered(KeptAnswer)
    /// Something else was done before under the same scope.
    case keyReused
    /// The change was found invalid once the customer was at hand.
    case invalid(ValidationError)
    /// The store cannot be used now. The text is for operators: it names the file or server, so callers must not see it.
    case unavailable(String)
}
