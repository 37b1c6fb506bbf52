package import Customers
import Synchronization

/// Customers in memory, for tests: the plainest thing that keeps the promises of `CustomerStore`.
package final class MemoryCustomerStore: CustomerStore {
    fileprivate struct Contents {
        var customers: [CustomerID: Customer] = [:]
        /// By scope.
        var answers: [[UInt8]: (fingerprint: [UInt8], answer: KeptAnswer, expires: Int64)] = [:]
    }

    private let contents = Mutex(Contents())
    private let failure = Mutex<StoreError?>(nil)

    package init() {}

    /// From now on every call throws this error; nil mends the store.
    package func fail(with error: StoreError?) {
        failure.withLock { $0 = error }
    }

    package func insert(
        _ draft: CustomerDraft, id: CustomerID, in tenant: String, at now: Int64, once: Once?
    ) async throws(StoreError) -> Customer {
        let customer = Customer(draft, id: id, tenant: tenant, at: now)
        try use { contents throws(StoreError) in
            try contents.check(once, at: now)
            try contents.store(customer)
            contents.keep(once, customer, at: now)
        }
        return customer
    }

    package func find(_ id: CustomerID, in scope: TenantScope) async throws(StoreError) -> Customer {
        try use { contents throws(StoreError) in try contents.find(id, in: scope) }
    }

    package func page(_ query: CustomerQuery, in scope: TenantScope) async throws(StoreError) -> CustomerPage {
        try use { contents throws(StoreError) in
            let found = contents.customers.values
                .filter { $0.isVisible(in: scope) && query.filter.matches($0) && $0.comes(after: query.after) }
                .sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
            return CustomerPage(found: found, limit: query.limit)
        }
    }

    package func update(
        _ id: CustomerID, in scope: TenantScope, expecting precondition: Precondition, at now: Int64, once: Once?,
        _ change: @escaping CustomerChange
    ) async throws(StoreError) -> Customer {
        try use { contents throws(StoreError) in
            try contents.check(once, at: now)
            let customer = try contents.find(id, in: scope)
            let changed = try customer.changed(at: now, expecting: precondition, by: change)
            try contents.store(changed)
            contents.keep(once, changed, at: now)
            return changed
        }
    }

    package func remove(
        _ id: CustomerID, in scope: TenantScope, expecting precondition: Precondition
    ) async throws(StoreError) {
        try use { contents throws(StoreError) in
            let customer = try contents.find(id, in: scope)
            try customer.check(precondition)
            contents.customers[id] = nil
        }
    }

    package func recall(_ request: IdempotentRequest, at now: Int64) async throws(StoreError) -> KeptAnswer? {
        try use { contents throws(StoreError) in try contents.recall(request, at: now) }
    }

    package func ping() async throws(StoreError) {
        try use { _ throws(StoreError) in }
    }

    private func use<Value: Sendable>(
        _ body: (inout Contents) throws(StoreError) -> sending Value
    ) throws(StoreError) -> Value {
        if let error = failure.withLock({ $0 }) { throw error }
        return try contents.withLock { contents throws(StoreError) in try body(&contents) }
    }
}

extension MemoryCustomerStore.Contents {
    fileprivate func find(_ id: CustomerID, in scope: TenantScope) throws(StoreError) -> Customer {
        guard let customer = customers[id], customer.isVisible(in: scope) else { throw .notFound }
        return customer
    }

    fileprivate mutating func store(_ customer: Customer) throws(StoreError) {
        if let externalID = customer.externalID {
            let isTaken = customers.values.contains { other in
                other.id != customer.id && other.isVisible(in: .tenant(customer.tenant))
                    && other.externalID?.hasSameBytes(as: externalID) == true
            }
            if isTaken { throw .duplicateExternalID }
        }
        customers[customer.id] = customer
    }

    fileprivate func recall(_ request: IdempotentRequest, at now: Int64) throws(StoreError) -> KeptAnswer? {
        guard let kept = answers[request.scope], kept.expires > now else { return nil }
        guard kept.fingerprint == request.fingerprint else { throw .keyReused }
        return kept.answer
    }

    fileprivate func check(_ once: Once?, at now: Int64) throws(StoreError) {
        guard let once, let answer = try recall(once.request, at: now) else { return }
        throw .answered(answer)
    }

    fileprivate mutating func keep(_ once: Once?, _ customer: Customer, at now: Int64) {
        guard let once else { return }
        let expires = now + IdempotentRequest.keptMilliseconds
        answers[once.request.scope] = (once.request.fingerprint, once.answer(customer), expires)
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
