import Customers

/// A list's conditions as SQL. Every value is a parameter; the text is made of constants only.
struct PageQuery {
    private var conditions: [String] = []
    private(set) var values: [PostgresValue] = []
    private let limit: Int

    init(_ query: CustomerQuery, in scope: TenantScope) {
        limit = query.limit
        if case .tenant(let tenant) = scope { add({ "tenant = \($0)" }, .exact(tenant)) }
        let filter = query.filter
        if let externalID = filter.externalID { add({ "external_id = \($0)" }, .exact(externalID)) }
        if let email = filter.contactEmail {
            // The index has the beginning only: an address may be longer than an entry of an index.
            add({ "left(contact_email, 200) = left(\($0), 200) AND contact_email = \($0)" }, .exact(email))
        }
        if let prefix = filter.namePrefix, !prefix.isEmpty {
            // Not `LIKE`, which gives `%` and `_` a meaning.
            add({ "starts_with(name, \($0))" }, .exact(prefix))
        }
        if let after = filter.createdAfter { add({ "created_at > \($0)" }, .integer(after)) }
        if let before = filter.createdBefore { add({ "created_at < \($0)" }, .integer(before)) }
        if let mark = query.after {
            values.append(.integer(mark.createdAt))
            let createdAt = "$\(values.count)"
            add({ "(created_at, id) < (\(createdAt), \($0))" }, .text(mark.id.description))
        }
        // One more than asked for tells whether there is a next page.
        values.append(.integer(Int64(limit) + 1))
    }

    var sql: String {
        let condition = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        return """
            SELECT \(CustomerRow.columns) FROM gatehouse.customers\(condition)
            ORDER BY created_at DESC, id DESC LIMIT $\(values.count)
            """
    }

    func page(from session: PostgresSession) throws -> CustomerPage {
        let rows = try session.execute(sql, values)
        var found: [Customer] = []
        for row in 0..<rows.count { found.append(try CustomerRow.customer(rows, row)) }
        return CustomerPage(found: found, limit: limit)
    }

    /// - Parameter condition: is given the parameter's place, `$1` and so on.
    private mutating func add(_ condition: (String) -> String, _ value: PostgresValue) {
        values.append(value)
        conditions.append(condition("$\(values.count)"))
    }
}
