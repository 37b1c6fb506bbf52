import Customers
import GatewayTesting
import Testing

@testable import CustomerStorePostgres

@Suite(.ownThread) struct PostgresPageQueryTests {
    @Test(
        "A page is read along an index, however many customers there are",
        arguments: [
            (CustomerFilter(), TenantScope.any, "customers_created"),
            (CustomerFilter(), .tenant("acme"), "customers_tenant_created"),
            (CustomerFilter(createdAfter: 1, createdBefore: 9), .tenant("acme"), "customers_tenant_created"),
            (CustomerFilter(externalID: "x"), .tenant("acme"), "customers_external_id"),
            (CustomerFilter(externalID: "x"), .any, "customers_external_id"),
            (CustomerFilter(contactEmail: "a@b.co"), .tenant("acme"), "customers_contact_email"),
            (CustomerFilter(contactEmail: "a@b.co"), .any, "customers_contact_email"),
            (CustomerFilter(namePrefix: "N"), .tenant("acme"), "customers_tenant_created"),
        ] as [(CustomerFilter, TenantScope, String)])
    func plan(_ filter: CustomerFilter, _ scope: TenantScope, _ index: String) async throws {
        let fixture = try PostgresFixture()
        let store = try await fixture.open()
        // Enough of them that an index is worth it.
        try fixture.execute(
            """
            INSERT INTO gatehouse.customers SELECT 'cus_' || lpad(n::text, 26, '0'), CASE WHEN n % 20 = 0 THEN 'acme' ELSE 'other' || n % 50 END,
            'Name ' || n, 'user' || n || '@example.com', NULL, NULL, 'ext' || n, NULL, n, n, 1 FROM generate_series(1, 20000) AS n;
            ANALYZE gatehouse.customers
            """)
        for after in [nil, PageMark(createdAt: 19_000, id: SQLiteFileTests.id)] {
            let query = PageQuery(CustomerQuery(filter, after: after, limit: 10), in: scope)
            let plan = try await store.run { session in
                let rows = try session.execute("EXPLAIN " + query.sql, query.values)
                return (0..<rows.count).map { rows.text($0, 0) ?? "" }.joined(separator: "\n")
            }
            #expect(plan.contains(" \(index)"), "\(plan)")
            #expect(!plan.contains("Seq Scan"), "\(plan)")
            // At most a few customers of one address or external identifier are sorted.
            if filter.externalID == nil && filter.contactEmail == nil { #expect(!plan.contains("Sort"), "\(plan)") }
        }
    }

    @Test("The longest address that a body has room for is kept and found")
    func longAddress() async throws {
        let store = try await PostgresFixture().open()
        for (number, length) in [60_000, 60_001].enumerated() {
            let email = (0..<length).map { _ in String(UnicodeScalar(UInt8.random(in: 97...122))) }.joined() + "@b.co"
            let draft = try CustomerDraft.parse(
                .object([FieldValue.Member("name", .string("A")), FieldValue.Member("contactEmail", .string(email))]))
            let id = SQLiteFileTests.other(number)
            _ = try await store.insert(draft, id: id, in: "acme", at: 1)
            let page = try await store.page(CustomerQuery(CustomerFilter(contactEmail: email), limit: 5), in: .tenant("acme"))
            #expect(page.customers.map(\.id) == [id])
        }
    }
}
