/// Whose customers a call may touch. It comes from the grant; no call can be made without one.
package enum TenantScope: Sendable, Hashable {
    case tenant(String)
    /// Those of all tenants.
    case any
}

/// What a customer is to be, from what it is now.
package typealias CustomerChange = @Sendable (Customer) throws(ValidationError) -> CustomerDraft

/// Keeps customers. A call that returns has made its change durable: it survives the end of the process.
///
/// Stores never validate what a `CustomerDraft` holds, and keep every text as it is, byte for byte, U+0000 included.
/// INVARIANT (scope): outside of its scope a call reads nothing, changes nothing and throws `notFound`.
/// `CustomerStoreContract` checks what is said here.
package protocol CustomerStore: Sendable {
    /// Creates version 1 of a customer in exactly one tenant.
    /// - Parameters:
    ///   - now: unix milliseconds.
    ///   - once: keep the answer, and do nothing if one is kept.
    /// - Throws: in this order `answered` or `keyReused`, `duplicateExternalID`; `unavailable`.
    func insert(
        _ draft: CustomerDraft, id: CustomerID, in tenant: String, at now: Int64, once: Once?
    ) async throws(StoreError) -> Customer

    /// - Throws: `notFound`, `unavailable`.
    func find(_ id: CustomerID, in scope: TenantScope) async throws(StoreError) -> Customer

    /// Newest first, by creation time and then by identifier.
    /// - Throws: `unavailable`.
    func page(_ query: CustomerQuery, in scope: TenantScope) async throws(StoreError) -> CustomerPage

    /// Finds a customer, judges the precondition, asks for the change and stores the next version, all in one transaction:
    /// of two callers that expect the same version one fails.
    /// - Parameters:
    ///   - now: unix milliseconds.
    ///   - once: keep the answer, and do nothing if one is kept.
    ///   - change: what the customer is to be. It may run more than once and must not wait for anything.
    /// - Throws: in this order `answered` or `keyReused`, `notFound`, `versionMismatch`, `invalid` with what `change` threw,
    ///   `duplicateExternalID`; `unavailable`.
    func update(
        _ id: CustomerID, in scope: TenantScope, expecting precondition: Precondition, at now: Int64, once: Once?,
        _ change: @escaping CustomerChange
    ) async throws(StoreError) -> Customer

    /// - Throws: in this order `notFound`, `versionMismatch`; `unavailable`.
    func remove(_ id: CustomerID, in scope: TenantScope, expecting precondition: Precondition) async throws(StoreError)

    /// The answer that is kept for a request; nil when there is none, or none any more.
    /// - Parameter now: unix milliseconds; an answer is kept for 24 hours.
    /// - Throws: `keyReused`, `unavailable`.
    func recall(_ request: IdempotentRequest, at now: Int64) async throws(StoreError) -> KeptAnswer?

    /// Whether the store can read and write now; for readiness.
    /// - Throws: `unavailable`.
    func ping() async throws(StoreError)
}

extension CustomerStore {
    /// Creates a customer without keeping the answer.
    package func insert(
        _ draft: CustomerDraft, id: CustomerID, in tenant: String, at now: Int64
    ) async throws(StoreError) -> Customer {
        try await insert(draft, id: id, in: tenant, at: now, once: nil)
    }

    /// Changes a customer without keeping the answer.
    package func update(
        _ id: CustomerID, in scope: TenantScope, expecting precondition: Precondition, at now: Int64,
        _ change: @escaping CustomerChange
    ) async throws(StoreError) -> Customer {
        try await update(id, in: scope, expecting: precondition, at: now, once: nil, change)
    }
}
