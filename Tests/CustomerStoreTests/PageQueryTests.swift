import Customers
import GRDB
import GatewayTesting
import Testing

@testable import CustomerStoreSQLite

@Suite(.ownThread) struct PageQueryTests {
    @Test(
        "A page is read along an index in its order, however many customers there are",
        arguments: [
            (CustomerFilter(), TenantScope.any, "customers_created"),
            (CustomerFilter(), .tenant("acme"), "customers_tenant_created (tenant=?"),
            (
                CustomerFilter(createdAfter: 1, createdBefore: 9), .tenant("acme"),
                "customers_tenant_created (tenant=? AND created_at>? AND created_at<?"
            ),
            (CustomerFilter(externalID: "x"), .tenant("acme"), "customers_external_id (external_id=? AND tenant=?"),
            (CustomerFilter(externalID: "x"), .any, "customers_external_id (external_id=?"),
            (CustomerFilter(contactEmail: "a@b.co"), .tenant("acme"), "customers_contact_email (contact_email=? AND tenant=?"),
            (CustomerFilter(contactEmail: "a@b.co"), .any, "customers_contact_email (contact_email=?"),
            (CustomerFilter(namePrefix: "A"), .tenant("acme"), "customers_tenant_created (tenant=?"),
        ] as [(CustomerFilter, TenantScope, String)])
    func plan(_ filter: CustomerFilter, _ scope: TenantScope, _ index: String) async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path("store.sqlite")
            _ = try SQLiteCustomerStore(path: path)
            let mark = PageMark(createdAt: 5, id: SQLiteFileTests.id)
            for after in [nil, mark] {
                let query = PageQuery(CustomerQuery(filter, after: after, limit: 10), in: scope)
                let plan = try await DatabaseQueue(patient: path).read { database in
                    try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + query.sql, arguments: query.arguments + [11])
                        .map { $0["detail"] as String }.joined(separator: "; ")
                }
                #expect(plan.contains("INDEX \(index)"), "\(plan)")
                // At most a few customers of one address or external identifier are sorted.
                if filter.externalID == nil && filter.contactEmail == nil { #expect(!plan.contains("TEMP B-TREE"), "\(plan)") }
            }
        }
    }
}

extension SQLiteCustomerStore {
    /// A setting of the connection that writes.
    func pragma(_ name: String) async throws -> String? {
        try await write { try String.fetchOne($0, sql: "PRAGMA \(name)") }
    }
}
