import Access
import Customers
import GatewayCore

extension CustomerAPI {
    /// `PUT /api/provisioning/customers/{id}` → 200 with `ETag` and the customer. What the body does not name is absent afterwards.
    func replace(_ text: String, _ call: APICall) async throws(Refusal) -> APIAnswer {
        let body = try changeBody(call, ["application/json"])
        // Judged here, told only once the customer was found and in the expected version.
        let draft = Result { () throws(ValidationError) in try CustomerDraft.parse(body) }
        return try await change(text, call, nil) { (_) throws(ValidationError) in try draft.get() }
    }

    /// What PUT and PATCH have in common up to the body.
    func changeBody(_ call: APICall, _ types: [String]) throws(Refusal) -> FieldValue {
        _ = try QueryParameters(call.query, known: [])
        try call.checkAccept()
        try call.idempotencyKey()
        _ = try call.precondition()
        return try call.jsonBody(types)
    }

    /// What PUT and PATCH have in common after the body. Not found wins over a precondition, a precondition over validation:
    /// the store sees to both, in one transaction.
    func change(
        _ text: String, _ call: APICall, _ request: IdempotentRequest?, _ change: @escaping CustomerChange
    ) async throws(Refusal) -> APIAnswer {
        let (id, scope) = try target(text, call)
        let precondition = try await require(try call.precondition(), for: id, in: scope, call)
        let customer = try await stored { () async throws(StoreError) in
            try await store.update(
                id, in: scope, expecting: precondition, at: call.now,
                once: request.map { Once($0) { Self.answer(200, $0).kept } }, change)
        }
        return Self.answer(200, customer)
    }
}
