import Customers

extension CustomerStoreContract {
    static let listing: [Check] = [
        Check("a list is newest first, and by identifier within a millisecond") { store in
            // Creation times that disagree with the identifiers: the time decides.
            for (number, time) in [(1, 30), (2, 10), (3, 20), (4, 20), (5, 20), (6, 10)] {
                _ = try await store.insert(try Sample.draft(), id: Sample.id(number), in: "acme", at: Int64(time))
            }
            let page = try await store.page(CustomerQuery(limit: 10), in: .tenant("acme"))
            try expect(page.customers.map(\.id) == [1, 5, 4, 3, 6, 2].map(Sample.id), "page: \(page.customers.map(\.id))")
            try expect(page.next == nil, "there is no next page")
        },
        Check("pages of every size show each customer once, and the last has no next") { store in
            for number in 0..<12 {
                _ = try await store.insert(
                    try Sample.draft(), id: Sample.id(number), in: number % 4 == 3 ? "globex" : "acme", at: Int64(number / 5))
            }
            for (scope, numbers) in [
                (TenantScope.tenant("acme"), (0..<12).filter { $0 % 4 != 3 }), (.any, Array(0..<12)), (.tenant("none"), []),
            ] {
                for limit in [1, 2, 3, 4, 6, 9, 12, 200] {
                    let pages = try await walk(store, CustomerQuery(limit: limit), in: scope)
                    try expect(
                        pages.flatMap { $0 } == numbers.reversed().map(Sample.id), "limit \(limit): \(pages)")
                    try expect(pages.count == max(1, (numbers.count + limit - 1) / limit), "limit \(limit): \(pages.count)")
                }
            }
        },
        Check("customers created and removed between two pages neither repeat nor hide the others") { store in
            for number in 10..<20 {
                _ = try await store.insert(try Sample.draft(), id: Sample.id(number), in: "acme", at: Int64(number))
            }
            let first = try await store.page(CustomerQuery(limit: 4), in: .tenant("acme"))
            try expect(first.customers.map(\.id) == [19, 18, 17, 16].map(Sample.id), "first: \(first.customers.map(\.id))")
            for number in 30..<35 {
                _ = try await store.insert(try Sample.draft(), id: Sample.id(number), in: "acme", at: Int64(number))
            }
            // Also the one that the next page was to begin after, and one that is still to come.
            for number in [16, 18, 13] { try await store.remove(Sample.id(number), in: .any, expecting: .none) }
            let rest = try await walk(store, CustomerQuery(after: first.next, limit: 4), in: .tenant("acme"))
            try expect(rest.flatMap { $0 } == [15, 14, 12, 11, 10].map(Sample.id), "rest: \(rest)")
        },
        Check("a change does not move a customer in the list") { store in
            for number in 1...3 {
                _ = try await store.insert(try Sample.draft(), id: Sample.id(number), in: "acme", at: Int64(number))
            }
            let draft = try Sample.draft(name: "New")
            _ = try await store.update(Sample.id(1), in: .any, expecting: .none, at: 99) { _ in draft }
            let page = try await store.page(CustomerQuery(limit: 5), in: .any)
            try expect(page.customers.map(\.id) == [3, 2, 1].map(Sample.id), "page: \(page.customers.map(\.id))")
        },
    ]

    static let filtering: [Check] = [
        Check("each filter shows what it names, all together what all of them name, and none leaves the scope") { store in
            let rows: [(Int, String, String, String, String?)] = [
                (1, "acme", "Acme GmbH", "ada@acme.example", "a-1"), (2, "acme", "acme inc", "bob@acme.example", "a-2"),
                (3, "acme", "Acme Inc", "ada@acme.example", nil), (4, "globex", "Acme Ltd", "ada@acme.example", "a-1"),
                (5, "acme", "100% Äcme_x", "Ada@acme.example", "A-1"),
            ]
            for (number, tenant, name, email, externalID) in rows {
                _ = try await store.insert(
                    try Sample.draft(name: name, email: email, externalID: externalID), id: Sample.id(number), in: tenant,
                    at: Int64(number) * 10)
            }
            let table: [(CustomerFilter, own: [Int], any: [Int])] = [
                (CustomerFilter(), [5, 3, 2, 1], [5, 4, 3, 2, 1]),
                // texts
                (CustomerFilter(externalID: "a-1"), [1], [4, 1]), (CustomerFilter(externalID: "A-1"), [5], [5]),
                (CustomerFilter(externalID: "a-"), [], []), (CustomerFilter(externalID: "a-1 "), [], []),
                (CustomerFilter(contactEmail: "ada@acme.example"), [3, 1], [4, 3, 1]),
                (CustomerFilter(contactEmail: "ADA@acme.example"), [], []),
                // prefixes
                (CustomerFilter(namePrefix: "Acme"), [3, 1], [4, 3, 1]), (CustomerFilter(namePrefix: "Acme Inc"), [3], [3]),
                (CustomerFilter(namePrefix: "Acme Inc."), [], []), (CustomerFilter(namePrefix: "cme"), [], []),
                (CustomerFilter(namePrefix: ""), [5, 3, 2, 1], [5, 4, 3, 2, 1]),
                (CustomerFilter(namePrefix: "%"), [], []), (CustomerFilter(namePrefix: "_"), [], []),
                (CustomerFilter(namePrefix: "100% Ä"), [5], [5]), (CustomerFilter(namePrefix: "100% A\u{308}"), [], []),
                (CustomerFilter(namePrefix: "100%_"), [], []), (CustomerFilter(namePrefix: "*"), [], []),
                // times, exclusive
                (CustomerFilter(createdAfter: 20), [5, 3], [5, 4, 3]), (CustomerFilter(createdAfter: 19), [5, 3, 2], [5, 4, 3, 2]),
                (CustomerFilter(createdBefore: 30), [2, 1], [2, 1]), (CustomerFilter(createdBefore: 31), [3, 2, 1], [3, 2, 1]),
                (CustomerFilter(createdAfter: 10, createdBefore: 50), [3, 2], [4, 3, 2]),
                (CustomerFilter(createdAfter: 20, createdBefore: 21), [], []),
                (CustomerFilter(createdAfter: .max), [], []), (CustomerFilter(createdBefore: .min), [], []),
                // together
                (CustomerFilter(contactEmail: "ada@acme.example", namePrefix: "Acme", createdAfter: 10), [3], [4, 3]),
                (
                    CustomerFilter(
                        externalID: "a-1", contactEmail: "ada@acme.example", namePrefix: "A", createdAfter: 5, createdBefore: 15),
                    [1], [1]
                ),
                (CustomerFilter(externalID: "a-1", contactEmail: "bob@acme.example"), [], []),
            ]
            for (filter, own, any) in table {
                for (scope, numbers) in [(TenantScope.tenant("acme"), own), (.any, any), (.tenant("none"), [])] {
                    for limit in [1, 50] {
                        let pages = try await walk(store, CustomerQuery(filter, limit: limit), in: scope)
                        try expect(pages.flatMap { $0 } == numbers.map(Sample.id), "\(filter) in \(scope): \(pages)")
                    }
                }
            }
        }
    ]

    /// All pages from the query's place on, as identifiers.
    private static func walk(
        _ store: any CustomerStore, _ query: CustomerQuery, in scope: TenantScope
    ) async throws -> [[CustomerID]] {
        var query = query
        var pages: [[CustomerID]] = []
        repeat {
            let page = try await store.page(query, in: scope)
            pages.append(page.customers.map(\.id))
            query.after = page.next
        } while query.after != nil && pages.count < 1_000
        return pages
    }
}
