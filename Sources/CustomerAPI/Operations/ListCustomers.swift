import Access
import Customers
import GatewayCore
import StrictJSON

extension CustomerAPI {
    static let listCustomers = Operation(
        OpenAPIOperation(
            "customers.list", .get, collectionPath, tag: "customers", summary: "List customers, newest first",
            description: "Only those that the caller may see. Where a page is not the last, `next` is the `cursor` of the one after it.",
            parameters: [
                .init(
                    "limit", in: .query, "Customers on a page.", schema: ["type": "integer", "minimum": 1, "maximum": 200, "default": 50]),
                .init(
                    "cursor", in: .query, "Where to go on: `next` of a page of the same list.",
                    schema: ["type": "string", "pattern": "^[0-9a-f]{112}$"]),
                .init("externalId", in: .query, "Exactly this one.", schema: searched(upTo: 100)),
                .init("contactEmail", in: .query, "Exactly this one.", schema: ["type": "string", "pattern": emailPattern]),
                .init("name", in: .query, "What the name begins with.", schema: searched(upTo: 200)),
                .init("createdAfter", in: .query, "Exclusive.", schema: ["type": "string", "format": "date-time"]),
                .init("createdBefore", in: .query, "Exclusive.", schema: ["type": "string", "format": "date-time"]),
                .tenant,
            ], answers: [.init(200, "A page", schema: ["$ref": "#/components/schemas/CustomerPage"])],
            problems: [.invalidParameter, .notAcceptable, .storeUnavailable])
    ) { api, _, call throws(Refusal) in try await api.list(call) }

    /// A text to look for. A target has no U+0000.
    private static func searched(upTo length: Int64) -> JSONValue {
        ["type": "string", "minLength": 1, "maxLength": .integer(length), "pattern": #"^[^\u0000]*$"#]
    }

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
