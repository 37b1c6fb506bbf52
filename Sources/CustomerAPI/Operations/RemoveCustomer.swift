import Access
import Customers
import GatewayCore

extension CustomerAPI {
    static let removeCustomer = Operation(
        OpenAPIOperation(
            "customers.delete", .delete, customerPath, tag: "customers", summary: "Remove a customer",
            parameters: [.customerID, .ifMatch, .idempotencyKey], answers: [.init(204, "It is gone")],
            problems: [
                .invalidParameter, .invalidHeader, .idempotencyKeyRequired, .notFound, .preconditionFailed, .preconditionRequired,
                .storeUnavailable,
            ])
    ) { api, id, call throws(Refusal) in try await api.remove(id, call) }

    /// `DELETE /api/provisioning/customers/{id}` → 204.
    func remove(_ text: String, _ call: APICall) async throws(Refusal) -> APIAnswer {
        _ = try QueryParameters(call.query, known: [])
        try call.idempotencyKey()
        let given = try call.precondition()
        let (id, scope) = try target(text, call)
        let precondition = try await require(given, for: id, in: scope, call)
        try await stored { () async throws(StoreError) in
            try await store.remove(id, in: scope, expecting: precondition)
        }
        return APIAnswer(status: 204)
    }
}
