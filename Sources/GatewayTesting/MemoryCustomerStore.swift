package import Customers
import Synchronization

/// Customers in memory, for tests: the plainest thing that keeps the promises of `CustomerStore`.
package final class MemoryCustomerStore: CustomerStore {
    private let customers = Mutex<[CustomerID: Customer]>([:])
    private let failure = Mutex<StoreError?>(nil)

    package init() {}

    /// From now on every call throws this error; nil mends the store.
    package func fail(with error: StoreError?) {
        failure.withLock { $0 = error }
    }

    package func insert(
        _ draft: CustomerDraft, id: CustomerID, in tenant: String, at now: Int64
    ) async throws(StoreError) -> Customer {
        let customer = Customer(draft, id: id, tenant: tenant, at: now)
        try use { customers throws(StoreError) in try Self.store(customer, in: &customers) }
        return customer
    }

    package func find(_ id: CustomerID, in scope: TenantScope) async throws(StoreError) -> Customer {
        try use { customers throws(StoreError) in try Self.find(id, in: scope, customers) }
    }

    package func page(_ query: CustomerQuery, in scope: TenantScope) async throws(StoreError) -> CustomerPage {
        try use { customers throws(StoreError) in
            let found = customers.values
                .filter { $0.isVisible(in: scope) && query.filter.matches($0) && $0.comes(after: query.after) }
                .sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
            return CustomerPage(found: found, limit: query.limit)
        }
    }

    package func update(
        _ id: CustomerID, in scope: TenantScope, expecting precondition: Precondition, at now: Int64,
        _ change: @escaping CustomerChange
    ) async throws(StoreError) -> Customer {
        try use { customers throws(StoreError) in
            let customer = try Self.find(id, in: scope, customers)
            let changed = try customer.changed(at: now, expecting: precondition, by: change)
            try Self.store(changed, in: &customers)
            return changed
        }
    }

    package func remove(
        _ id: CustomerID, in scope: TenantScope, expecting precondition: Precondition
    ) async throws(StoreError) {
        try use { customers throws(StoreError) in
            let customer = try Self.find(id, in: scope, customers)
            try customer.check(precondition)
            customers[id] = nil
        }
    }

    package func ping() async throws(StoreError) {
        try use { _ throws(StoreError) in }
    }

    private func use<Value: Sendable>(
        _ body: (inout [CustomerID: Customer]) throws(StoreError) -> sending Value
    ) throws(StoreError) -> Value {
        if let error = failure.withLock({ $0 }) { throw error }
        return try customers.withLock { customers throws(StoreError) in try body(&customers) }
    }

    private static func find(
        _ id: CustomerID, in scope: TenantScope, _ customers: [CustomerID: Customer]
    ) throws(StoreError) -> Customer {
        guard let customer = customers[id], customer.isVisible(in: scope) else { throw .notFound }
        return customer
    }

    private static func store(
        _ customer: Customer, in customers: inout [CustomerID: Customer]
    ) throws(StoreError) {
        if let externalID = customer.externalID {
            let isTaken = customers.values.contains { other in
                other.id != customer.id && other.isVisible(in: .tenant(customer.tenant))
                    && other.externalID?.hasSameBytes(as: externalID) == true
            }
            if isTaken { throw .duplicateExternalID }
        }
        customers[customer.id] = customer
    }
}

extension CustomerFilter {
    fileprivate func matches(_ customer: Customer) -> Bool {
        if let externalID, customer.externalID?.hasSameBytes(as: externalID) != true { return false }
        if let contactEmail, !customer.contactEmail.hasSameBytes(as: contactEmail) { return false }
        if let namePrefix, !customer.name.utf8.starts(with: namePrefix.utf8) { return false }
        if let createdAfter, customer.createdAt <= createdAfter { return false }
        if let createdBefore, customer.createdAt >= createdBefore { return false }
        return true
    }
}

extension Customer {
    /// Whether this customer stands later in a list than the mark does.
    fileprivate func comes(after mark: PageMark?) -> Bool {
        guard let mark else { return true }
        return (createdAt, id) < (mark.createdAt, mark.id)
    }
}
