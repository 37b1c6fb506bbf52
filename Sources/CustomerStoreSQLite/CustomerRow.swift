import Customers
import Foundation
import GRDB

/// A row of the table `customers`: the only place that knows its columns.
enum CustomerRow {
    static let columns =
        "id, tenant, name, contact_email, address, phone, external_id, metadata, created_at, updated_at, version"

    private static let text = "CAST(? AS TEXT)"

    /// A text as it is bound and compared. GRDB binds and reads texts as C strings, which end at U+0000; such texts
    /// are bound as bytes, and every placeholder for one is written `CAST(? AS TEXT)`.
    static func exact(_ text: String) -> DatabaseValue {
        text.utf8.contains(0) ? Data(text.utf8).databaseValue : text.databaseValue
    }

    private static let insertion = """
        INSERT INTO customers (\(columns))
        VALUES (?, \(text), \(text), ?, \(text), \(text), \(text), ?, ?, ?, ?)
        """

    static func insert(_ customer: Customer, into database: Database) throws {
        try database.cachedStatement(sql: insertion).execute(
            arguments: [
                customer.id.description, exact(customer.tenant), exact(customer.name), customer.contactEmail,
                customer.address.map(exact), customer.phone.map(exact), customer.externalID.map(exact),
                customer.metadata?.text, customer.createdAt, customer.updatedAt, customer.version,
            ])
    }

    /// - Throws: `StoreError.notFound` when there is none in the scope.
    static func find(_ id: CustomerID, in scope: TenantScope, from database: Database) throws -> Customer {
        var sql = "SELECT \(columns) FROM customers WHERE id = ?"
        var arguments: StatementArguments = [id.description]
        if case .tenant(let tenant) = scope {
            sql += " AND tenant = CAST(? AS TEXT)"
            arguments += [exact(tenant)]
        }
        let rows = try Row.fetchCursor(try database.cachedStatement(sql: sql), arguments: arguments)
        guard let row = try rows.next() else { throw StoreError.notFound }
        return try customer(row)
    }

    private static let change = """
        UPDATE customers SET name = \(text), contact_email = ?, address = \(text), phone = \(text),
        external_id = \(text), metadata = ?, updated_at = ?, version = ? WHERE id = ?
        """

    static func update(_ customer: Customer, in database: Database) throws {
        try database.cachedStatement(sql: change).execute(
            arguments: [
                exact(customer.name), customer.contactEmail, customer.address.map(exact), customer.phone.map(exact),
                customer.externalID.map(exact), customer.metadata?.text, customer.updatedAt, customer.version,
                customer.id.description,
            ])
    }

    static func delete(_ customer: Customer, from database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM customers WHERE id = ?")
            .execute(arguments: [customer.id.description])
    }

    /// - Parameter row: with the columns of `columns`, in that order.
    /// - Throws: `UnreadableRow` for what this program cannot have written.
    static func customer(_ row: Row) throws -> Customer {
        let idText = text(row[0])
        guard let id = CustomerID(idText) else { throw UnreadableRow(id: idText, column: "id") }
        var metadata: Metadata?
        if let data: Data = row[7] {
            guard let read = Metadata(text: text(data)) else {
                throw UnreadableRow(id: idText, column: "metadata")
            }
            metadata = read
        }
        return Customer(
            id: id, tenant: text(row[1]), name: text(row[2]), contactEmail: text(row[3]),
            address: (row[4] as Data?).map(text), phone: (row[5] as Data?).map(text),
            externalID: (row[6] as Data?).map(text), metadata: metadata, createdAt: row[8], updatedAt: row[9],
            version: row[10])
    }

    private static func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }
}

/// A row that another program, or a damaged disk, has made.
struct UnreadableRow: Error {
    let id: String
    let column: String
}
