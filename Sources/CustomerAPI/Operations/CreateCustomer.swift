import Access
import Customers
import GatewayCore

extension CustomerAPI {
    /// `POST /api/provisioning/customers` → 201 with `Location`, `ETag` and the customer.
    ///
    /// The tenant is the principal's. One that reaches every tenant names it with `?tenant=`; for all others there is no such parameter.
    func create(_ call: APICall) async throws(Refusal) -> APIAnswer {
        let named = try QueryParameters(call.query, known: call.scope == .any ? ["tenant"] : []).tenant()
        try call.checkAccept()
        try call.idempotencyKey()
        let body = try call.jsonBody(["application/json"])
        return try await once(call) { (request) async throws(Refusal) in try await create(call, body, named, request) }
    }

    private func create(
        _ call: APICall, _ body: FieldValue, _ named: String?, _ request: IdempotentRequest?
    ) async throws(Refusal) -> APIAnswer {
        let tenant: String?
        switch call.scope {
        case .any?: tenant = named
        case .tenant(let own)?: tenant = own
        case nil: throw Refusal(.forbidden, "This principal has no tenant, so it can own no customer.")
        }

        var issues = tenant == nil ? [ValidationIssue(.invalidType, at: [], "The tenant must be named with ?tenant=")] : []
        var draft: CustomerDraft?
        do throws(ValidationError) {
            draft = try CustomerDraft.parse(body)
        } catch {
            issues += error.issues
        }
        guard let tenant, let draft else { throw Refusal(ValidationError(issues)) }
        let id = nextID(at: call.now)
        let customer = try await stored { () async throws(StoreError) in
            try await store.insert(
                draft, id: id, in: tenant, at: call.now, once: request.map { Once($0) { Self.created($0).kept } })
        }
        return Self.created(customer)
    }

    private static func created(_ customer: Customer) -> APIAnswer {
        answer(201, customer, headers: [("location", "\(collectionPath)/\(customer.id)")])
    }
}
