import Access
import Customers
import GatewayCore

extension CustomerAPI {
    /// `PATCH /api/provisioning/customers/{id}` → 200 with `ETag` and the customer. The body is a merge patch (RFC 7396); its result
    /// is judged as a whole.
    func patch(_ text: String, _ call: APICall) async throws(Refusal) -> APIAnswer {
        let patch = try changeBody(call, ["application/merge-patch+json", "application/json"])
        return try await once(call) { (request) async throws(Refusal) in
            try await change(text, call, request) { (customer) throws(ValidationError) in try customer.merging(patch) }
        }
    }
}
