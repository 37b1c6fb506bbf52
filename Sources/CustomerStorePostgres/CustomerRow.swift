import Customers

/// A row of the table `customers`: the only place that knows its columns.
enum CustomerRow {
    static let columns = """
        id, tenant, name, contact_email, address, phone, external_id, metadata::text, created_at, updated_at, version
        """

    static func insert(_ customer: Customer, into session: PostgresSession) throws(PostgresError) {
        try session.execute(insertSQL, insertValues(customer))
    }

    static let insertSQL = """
        INSERT INTO gatehouse.customers
        (id, tenant, name, contact_email, address, phone, external_id, metadata, created_at, updated_at, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8::json, $9, $10, $11)
        """

    static func insertValues(_ customer: Customer) -> [PostgresValue] {
        [
            .text(customer.id.description), .exact(customer.tenant), .exact(customer.name), .exact(customer.contactEmail),
            .exact(customer.address), .exact(customer.phone), .exact(customer.externalID), .text(customer.metadata?.text),
            .integer(customer.createdAt), .integer(customer.updatedAt), .integer(customer.version),
        ]
    }

    /// - Parameter isForChange: locks the row until the end of the transaction, and waits for those that have it locked.
    /// - Throws: `StoreError.notFound` when there is none in the scope.
    static func find(
        _ id: CustomerID, in scope: TenantScope, forChange isForChange: Bool = false, from session: PostgresSession
    ) throws -> Customer {
        var sql = "SELECT \(columns) FROM gatehouse.customers WHERE id = $1"
        var values: [PostgresValue] = [.text(id.description)]
        if case .tenant(let tenant) = scope {
            sql += " AND tenant = $2"
            values.append(.exact(tenant))
        }
        if isForChange { sql += " FOR UPDATE" }
        let rows = try session.execute(sql, values)
        guard rows.count > 0 else { throw StoreError.notFound }
        return try customer(rows, 0)
    }

    static func update(_ customer: Customer, in session: PostgresSession) throws(PostgresError) {
        try session.execute(
            """
            UPDATE gatehouse.customers SET name = $2, contact_email = $3, address = $4, phone = $5, external_id = $6,
            metadata = $7::json, updated_at = $8, version = $9 WHERE id = $1
            """,
            [
                .text(customer.id.description), .exact(customer.name), .exact(customer.contactEmail), .exact(customer.address),
                .exact(customer.phone), .exact(customer.externalID), .text(customer.metadata?.text), .integer(customer.updatedAt),
                .integer(customer.version),
            ])
    }

    static func delete(_ customer: Customer, from session: PostgresSession) throws(PostgresError) {
        try session.execute("DELETE FROM gatehouse.customers WHERE id = $1", [.text(customer.id.description)])
    }

    /// - Parameter rows: with the columns of `columns`, in that order.
    /// - Throws: `UnreadableRow` for what this program cannot have written.
    static func customer(_ rows: PostgresRows, _ row: Int) throws(UnreadableRow) -> Customer {
        let idText = rows.text(row, 0) ?? ""
        func unreadable(_ column: String) -> UnreadableRow { UnreadableRow(id: idText, column: column) }
        func optional(_ column: Int, _ name: String) throws(UnreadableRow) -> String? {
            guard let bytes = rows.bytes(row, column) else { return nil }
            guard let text = ExactText.read(bytes) else { throw unreadable(name) }
            return text
        }
        func required(_ column: Int, _ name: String) throws(UnreadableRow) -> String {
            guard let text = try optional(column, name) else { throw unreadable(name) }
            return text
        }
        guard let id = CustomerID(idText) else { throw unreadable("id") }
        var metadata: Metadata?
        if let text = rows.text(row, 7) {
            guard let read = Metadata(text: text) else { throw unreadable("metadata") }
            metadata = read
        }
        guard let createdAt = rows.integer(row, 8), let updatedAt = rows.integer(row, 9), let version = rows.integer(row, 10) else {
            throw unreadable("version")
        }
        return Customer(
            id: id, tenant: try required(1, "tenant"), name: try required(2, "name"), contactEmail: try required(3, "contact_email"),
            address: try optional(4, "address"), phone: try optional(5, "phone"), externalID: try optional(6, "external_id"),
            metadata: metadata, createdAt: createdAt, updatedAt: updatedAt, version: version)
    }
}

/// A row that another program, or a damaged disk, has made.
struct UnreadableRow: Error {
    let id: String
    let column: String
}

extension PostgresValue {
    /// A text as `ExactText` writes it.
    static func exact(_ text: String?) -> PostgresValue { .text(text.map(ExactText.written)) }
}
