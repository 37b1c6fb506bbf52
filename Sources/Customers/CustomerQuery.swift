/// Which customers a list shows. All conditions must hold; texts are compared byte for byte.
package struct CustomerFilter: Sendable, Equatable {
    package var externalID: String?
    package var contactEmail: String?
    /// What the name begins with.
    package var namePrefix: String?
    /// Unix milliseconds, exclusive.
    package var createdAfter: Int64?
    /// Unix milliseconds, exclusive.
    package var createdBefore: Int64?

    package init(
        externalID: String? = nil, contactEmail: String? = nil, namePrefix: String? = nil, createdAfter: Int64? = nil,
        createdBefore: Int64? = nil
    ) {
        self.externalID = externalID
        self.contactEmail = contactEmail
        self.namePrefix = namePrefix
        self.createdAfter = createdAfter
        self.createdBefore = createdBefore
    }
}

/// A place in the order of a list: newest first, and among those of one millisecond the greatest identifier first.
/// A page goes on after a place and not after a count, so customers created meanwhile shift nothing.
package struct PageMark: Sendable, Equatable {
    /// Unix milliseconds.
    package let createdAt: Int64
    package let id: CustomerID

    package init(createdAt: Int64, id: CustomerID) {
        self.createdAt = createdAt
        self.id = id
    }

    package init(_ customer: Customer) {
        self.init(createdAt: customer.createdAt, id: customer.id)
    }
}

package struct CustomerQuery: Sendable, Equatable {
    package var filter: CustomerFilter
    /// Show what comes after this place; nil begins with the newest.
    package var after: PageMark?
    /// At most this many customers, at least 1.
    package var limit: Int

    package init(_ filter: CustomerFilter = CustomerFilter(), after: PageMark? = nil, limit: Int) {
        self.filter = filter
        self.after = after
        self.limit = limit
    }
}

package struct CustomerPage: Sendable, Equatable {
    package let customers: [Customer]
    /// Where the next page begins; nil when there is none.
    package let next: PageMark?

    package init(customers: [Customer], next: PageMark?) {
        self.customers = customers
        self.next = next
    }

    /// Cuts a page from what a store found when it looked for one customer more than the limit.
    package init(found: [Customer], limit: Int) {
        let customers = Array(found.prefix(limit))
        self.init(customers: customers, next: found.count > limit ? customers.last.map { PageMark($0) } : nil)
    }
}
