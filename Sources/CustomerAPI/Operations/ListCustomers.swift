import Access
import Customers
import GatewayCore
import StrictJSON

extension CustomerAPI {
    /// `GET /api/provisioning/customers` → 200 `{"data": […], "next": cursor or null}`, newest first.
    func list(_ call: APICall) async throws(Refusal) -> APIAnswer {
        let reachesAll = call.scope == .any
        let parameters = try QueryParameters(
            call.query, known: ListParameters.names + (reachesAll ? ["tenant"] : []))
        let (limit, filter) = (try parameters.limit(), try parameters.filter())
        var scope = call.scope
        if let tenant = try parameters.tenant() { scope = .tenant(tenant) }
        try call.checkAccept()
        guard let scope else {
            if parameters["cursor"] != nil { throw Self.badCursor }
            return Self.answer(CustomerPage(customers: [], next: nil), next: nil)
        }
        var mark: PageMark?
        if let cursor = parameters["cursor"] {
            mark = cursors.mark(cursor, of: filter, in: scope)
            if mark == nil { throw Self.badCursor }
        }
        let query = CustomerQuery(filter, after: mark, limit: limit)
        let page = try await stored { () async throws(StoreError) in try await store.page(query, in: scope) }
        return Self.answer(page, next: page.next.map { cursors.text($0, of: filter, in: scope) })
    }

    /// Alike whether it was made up, altered, of another tenant or of another filter.
    private static var badCursor: Refusal {
        .invalidParameter("cursor", "This is no cursor of this list; begin again without one.")
    }

    private static func answer(_ page: CustomerPage, next: String?) -> APIAnswer {
        APIAnswer(
            status: 200,
            json: .object([
                ("data", .array(page.customers.map(\.json))), ("next", next.map { .string($0) } ?? .null),
            ]))
    }
}
