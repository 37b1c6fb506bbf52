import Access
import Customers
import GatewayCore
import StrictJSON

extension CustomerAPI {
    static let patchCustomer = Operation(
        OpenAPIOperation(
            "customers.update", .patch, customerPath, tag: "customers", summary: "Change parts of a customer",
            description: "The result of the patch is judged as a whole.", parameters: [.customerID, .ifMatch, .idempotencyKey],
            body: .init(patchTypes, schema: ["$ref": "#/components/schemas/CustomerPatch"]),
            answers: [.customer(200, "The customer as it is now", [OpenAPIOperation.Answer.replayed])],
            problems: changeProblems + [.idempotencyInProgress, .idempotencyKeyReused], problemMembers: [.validationErrors])
    ) { api, id, call throws(Refusal) in try await api.patch(id, call) }

    private static let patchTypes = ["application/merge-patch+json", "application/json"]

    /// `PATCH /api/provisioning/customers/{id}` → 200 with `ETag` and the customer. The body is a merge patch (RFC 7396); its result
    /// is judged as a whole.
    func patch(_ text: String, _ call: APICall) async throws(Refusal) -> APIAnswer {
        let patch = try changeBody(call, Self.patchTypes)
        return try await once(call) { (request) async throws(Refusal) in
            try await change(text, call, request) { (customer) throws(ValidationError) in try customer.merging(patch) }
        }
    }
}
