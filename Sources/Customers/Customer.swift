/// A customer as the store keeps it.
package struct Customer: Sendable, Equatable {
    package let id: CustomerID
    /// Whose customer it is. Set at creation, from the principal, and never changed.
    package let tenant: String
    package let name: String
    package let contactEmail: String
    package let address: String?
    package let phone: String?
    package let externalID: String?
    package let metadata: Metadata?
    /// Unix milliseconds.
    package let createdAt: Int64
    /// Unix milliseconds; never before `createdAt`.
    package let updatedAt: Int64
    /// 1 at creation, one more with each change.
    package let version: Int64

    /// For stores: a row as it was read.
    package init(
        id: CustomerID, tenant: String, name: String, contactEmail: String, address: String?, phone: String?,
        externalID: String?, metadata: Metadata?, createdAt: Int64, updatedAt: Int64, version: Int64
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.contactEmail = contactEmail
        self.address = address
        self.phone = phone
        self.externalID = externalID
        self.metadata = metadata
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.version = version
    }

    /// A new customer, version 1. `now` in unix milliseconds.
    package init(_ draft: CustomerDraft, id: CustomerID, tenant: String, at now: Int64) {
        self.init(draft, id: id, tenant: tenant, createdAt: now, updatedAt: now, version: 1)
    }

    /// This customer with everything that can be changed taken from the draft; what the draft lacks is absent afterwards.
    package func replaced(by draft: CustomerDraft, at now: Int64) -> Customer {
        Customer(
            draft, id: id, tenant: tenant, createdAt: createdAt, updatedAt: max(now, updatedAt), version: version + 1)
    }

    private init(
        _ draft: CustomerDraft, id: CustomerID, tenant: String, createdAt: Int64, updatedAt: Int64, version: Int64
    ) {
        self.init(
            id: id, tenant: tenant, name: draft.name, contactEmail: draft.contactEmail, address: draft.address,
            phone: draft.phone, externalID: draft.externalID, metadata: draft.metadata, createdAt: createdAt,
            updatedAt: updatedAt, version: version)
    }
}
