/// What stores do with a customer once they have it, inside their transaction.
extension Customer {
    /// Whether a call in this scope may know of this customer.
    package func isVisible(in scope: TenantScope) -> Bool {
        switch scope {
        case .tenant(let tenant): self.tenant.hasSameBytes(as: tenant)
        case .any: true
        }
    }

    /// - Throws: `versionMismatch`.
    package func check(_ precondition: Precondition) throws(StoreError) {
        guard precondition.isMet(by: version) else { throw .versionMismatch }
    }

    /// The next version.
    /// - Throws: in this order `versionMismatch`, `invalid` with what `change` threw.
    package func changed(
        at now: Int64, expecting precondition: Precondition, by change: CustomerChange
    ) throws(StoreError) -> Customer {
        try check(precondition)
        do throws(ValidationError) {
            return replaced(by: try change(self), at: now)
        } catch {
            throw .invalid(error)
        }
    }
}
