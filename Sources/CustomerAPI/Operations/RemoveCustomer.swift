import Access
import Customers
import GatewayCore

extension CustomerAPI {
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
