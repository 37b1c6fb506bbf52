import Customers
import Foundation
import GRDB

/// A list's conditions as SQL. Every value is an argument; the text is made of constants only.
struct PageQuery {
    private(set) var conditions: [String] = []
    private(set) var arguments = StatementArguments()
    private let limit: Int

    init(_ query: CustomerQuery, in scope: TenantScope) {
        limit = query.limit
        if case .tenant(let tenant) = scope { add("tenant = CAST(? AS TEXT)", CustomerRow.exact(tenant)) }
        let filter = query.filter
        if let externalID = filter.externalID { add("external_id = CAST(? AS TEXT)", CustomerRow.exact(externalID)) }
        if let email = filter.contactEmail { add("contact_email = CAST(? AS TEXT)", CustomerRow.exact(email)) }
        if let prefix = filter.namePrefix, !prefix.isEmpty {
            // Bytes and not `LIKE`, which folds case and gives `%` and `_` a meaning.
            add("substr(CAST(name AS BLOB), 1, ?) = CAST(? AS BLOB)", prefix.utf8.count, Data(prefix.utf8))
        }
        if let after = filter.createdAfter { add("created_at > ?", after) }
        if let before = filter.createdBefore { add("created_at < ?", before) }
        if let mark = query.after { add("(created_at, id) < (?, ?)", mark.createdAt, mark.id.description) }
    }

    /// The statement; its last argument is the limit.
    var sql: String {
        let condition = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        return "SELECT \(CustomerRow.columns) FROM customers\(condition) ORDER BY created_at DESC, id DESC LIMIT ?"
    }

    func page(from database: Database) throws -> CustomerPage {
        // One more than asked for tells whether there is a next page.
        let rows = try Row.fetchCursor(
            try database.cachedStatement(sql: sql), arguments: arguments + [limit + 1])
        var found: [Customer] = []
        while let row = try rows.next() { found.append(try CustomerRow.customer(row)) }
        return CustomerPage(found: found, limit: limit)
    }

    private mutating func add(_ condition: String, _ values: (any DatabaseValueConvertible)...) {
        conditions.append(condition)
        arguments += StatementArguments(values)
    }
}
