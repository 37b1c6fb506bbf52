import Access
import Customers
import GatewayCore

extension CustomerAPI {
    /// `GET /api/provisioning/customers/{id}` → 200 with `ETag`, or 304 when `If-None-Match` names it.
    func read(_ text: String, _ call: APICall) async throws(Refusal) -> APIAnswer {
        _ = try QueryParameters(call.query, known: [])
        try call.checkAccept()
        _ = try call.ifNoneMatch()
        let (id, scope) = try target(text, call)
        let customer = try await stored { () async throws(StoreError) in try await store.find(id, in: scope) }
        var answer = Self.answer(200, customer)
        if try call.hasCopy(of: customer.version) {
            // RFC 9110 section 15.4.5: what 200 would have had of these, and no representation.
            answer = APIAnswer(status: 304, headers: answer.headers.filter { $0.0 != "content-type" })
        }
        return answer
    }
}
