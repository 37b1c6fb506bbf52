import Customers

extension CustomerStoreContract {
    static let keeping: [Check] = [
        Check("a customer is found as it was stored, version 1") { store in
            let draft = try Sample.draft(
                name: "Acme", address: "1 Road", phone: "12", externalID: "ext-1", metadata: [("b", "2"), ("a", "1")])
            let stored = try await store.insert(draft, id: Sample.id(1), in: "acme", at: 1_700_000_000_123)
            let expected = Customer(draft, id: Sample.id(1), tenant: "acme", at: 1_700_000_000_123)
            try expect(Sample.bytes(stored) == Sample.bytes(expected), "answer of insert: \(stored)")
            let found = try await store.find(Sample.id(1), in: .tenant("acme"))
            try expect(Sample.bytes(found) == Sample.bytes(expected), "found: \(found)")
            try expect(found.version == 1 && found.createdAt == found.updatedAt, "found: \(found)")
        },
        Check("every text is kept byte for byte") { store in
            let texts = [
                "a\u{0}b", "\u{0}", "\u{1}\u{1F}\u{7F}", "é", "e\u{301}", "😀", "'; DROP TABLE customers; --", "\"\\/{}[]",
                " leading and trailing ", "line\r\nbreak", "\u{FEFF}\u{FFFF}\u{10FFFF}", "%_?*", String(repeating: "\u{FFFF}", count: 50),
            ]
            for (number, text) in texts.enumerated() {
                let draft = try Sample.draft(
                    name: text, address: text, phone: text, externalID: text, metadata: [(String(text.prefix(20)), text)])
                let expected = Customer(draft, id: Sample.id(number), tenant: "t" + text, at: 5)
                _ = try await store.insert(draft, id: Sample.id(number), in: "t" + text, at: 5)
                let found = try await store.find(Sample.id(number), in: .tenant("t" + text))
                try expect(Sample.bytes(found) == Sample.bytes(expected), "\(text.debugDescription) became \(found)")
                let page = try await store.page(
                    CustomerQuery(CustomerFilter(externalID: text, namePrefix: text), limit: 2), in: .tenant("t" + text))
                try expect(page.customers.map(\.id) == [Sample.id(number)], "\(text.debugDescription) is not found by filter")
            }
        },
        Check("an absent field, an empty text and an empty object stay three things") { store in
            let empty = try Sample.draft(address: "", phone: "", metadata: [])
            _ = try await store.insert(empty, id: Sample.id(1), in: "acme", at: 1)
            _ = try await store.insert(try Sample.draft(), id: Sample.id(2), in: "acme", at: 1)
            let kept = try await store.find(Sample.id(1), in: .any)
            try expect(kept.address == "" && kept.phone == "" && kept.metadata == Metadata([]), "kept: \(kept)")
            let bare = try await store.find(Sample.id(2), in: .any)
            try expect(bare.address == nil && bare.phone == nil && bare.metadata == nil, "bare: \(bare)")
        },
        Check("the largest customer is kept") { store in
            let entries = (10..<60).map { (String(repeating: "k", count: 38) + "\($0)", String(repeating: "\u{FFFF}", count: 500)) }
            let draft = try Sample.draft(
                name: String(repeating: "\u{FFFF}", count: 200), address: String(repeating: "\u{FFFF}", count: 500),
                phone: String(repeating: "\u{FFFF}", count: 50), externalID: String(repeating: "\u{FFFF}", count: 100),
                metadata: entries)
            _ = try await store.insert(draft, id: Sample.id(1), in: "acme", at: 1)
            let found = try await store.find(Sample.id(1), in: .any)
            let expected = Customer(draft, id: Sample.id(1), tenant: "acme", at: 1)
            try expect(Sample.bytes(found) == Sample.bytes(expected), "the largest customer came back changed")
        },
        Check("a store that works answers a ping") { store in
            try await store.ping()
        },
    ]

    static let scoping: [Check] = [
        Check("a customer is found in its tenant's scope and in any, and in no other") { store in
            _ = try await store.insert(try Sample.draft(), id: Sample.id(1), in: "acme", at: 1)
            let own = try await store.find(Sample.id(1), in: .tenant("acme"))
            let any = try await store.find(Sample.id(1), in: .any)
            try expect(own == any, "\(own) and \(any)")
            for other in ["globex", "Acme", "acme ", "acm", "", "acme\u{0}", "acmé"] {
                try await expect(.notFound, "scope \(other)") { () throws(StoreError) in
                    _ = try await store.find(Sample.id(1), in: .tenant(other))
                }
            }
            for scope in [TenantScope.tenant("acme"), .any] {
                try await expect(.notFound, "an unknown identifier") { () throws(StoreError) in
                    _ = try await store.find(Sample.id(2), in: scope)
                }
            }
        },
        Check("tenants that are equal only under Unicode equivalence are two") { store in
            _ = try await store.insert(try Sample.draft(externalID: "x"), id: Sample.id(1), in: "é", at: 1)
            _ = try await store.insert(try Sample.draft(externalID: "x"), id: Sample.id(2), in: "e\u{301}", at: 1)
            let page = try await store.page(CustomerQuery(limit: 5), in: .tenant("e\u{301}"))
            try expect(page.customers.map(\.id) == [Sample.id(2)], "page: \(page.customers)")
            try await expect(.notFound, "the other form") { () throws(StoreError) in
                _ = try await store.find(Sample.id(1), in: .tenant("e\u{301}"))
            }
        },
        Check("another tenant's customer can be neither changed nor removed, nor told from one that never was") { store in
            _ = try await store.insert(try Sample.draft(), id: Sample.id(1), in: "acme", at: 1)
            let other = try Sample.draft(name: "Globex")
            for (id, precondition) in [
                (Sample.id(1), Precondition.none), (Sample.id(1), .version(in: [1])), (Sample.id(1), .version(in: [])),
                (Sample.id(9), .version(in: [1])), (Sample.id(9), .none),
            ] {
                try await expect(.notFound, "update") { () throws(StoreError) in
                    _ = try await store.update(id, in: .tenant("globex"), expecting: precondition, at: 2) { _ in other }
                }
                try await expect(.notFound, "remove") { () throws(StoreError) in
                    try await store.remove(id, in: .tenant("globex"), expecting: precondition)
                }
            }
            let kept = try await store.find(Sample.id(1), in: .tenant("acme"))
            try expect(kept.name == "Acme" && kept.version == 1, "kept: \(kept)")
        },
    ]

    static let uniqueness: [Check] = [
        Check("an external identifier is unique in its tenant, byte for byte, and free elsewhere") { store in
            _ = try await store.insert(try Sample.draft(externalID: "é"), id: Sample.id(1), in: "acme", at: 1)
            let same = try Sample.draft(externalID: "é")
            try await expect(.duplicateExternalID, "the same again") { () throws(StoreError) in
                _ = try await store.insert(same, id: Sample.id(2), in: "acme", at: 1)
            }
            try await expect(.notFound, "the refused one") { () throws(StoreError) in
                _ = try await store.find(Sample.id(2), in: .any)
            }
            _ = try await store.insert(same, id: Sample.id(3), in: "globex", at: 1)
            for (number, other) in ["É", "e\u{301}", "é ", "é\u{0}"].enumerated() {
                _ = try await store.insert(
                    try Sample.draft(externalID: other), id: Sample.id(10 + number), in: "acme", at: 1)
            }
        },
        Check("any number of customers have no external identifier") { store in
            for number in 1...3 {
                _ = try await store.insert(try Sample.draft(), id: Sample.id(number), in: "acme", at: 1)
            }
        },
        Check("a change to a taken external identifier is refused and changes nothing") { store in
            _ = try await store.insert(try Sample.draft(externalID: "a"), id: Sample.id(1), in: "acme", at: 1)
            _ = try await store.insert(try Sample.draft(externalID: "b"), id: Sample.id(2), in: "acme", at: 1)
            let taken = try Sample.draft(name: "New", externalID: "a")
            try await expect(.duplicateExternalID, "update") { () throws(StoreError) in
                _ = try await store.update(Sample.id(2), in: .any, expecting: .none, at: 2) { _ in taken }
            }
            let kept = try await store.find(Sample.id(2), in: .any)
            try expect(kept.name == "Acme" && kept.externalID == "b" && kept.version == 1, "kept: \(kept)")
            let own = try await store.update(Sample.id(1), in: .any, expecting: .none, at: 2) { _ in taken }
            try expect(own.name == "New" && own.version == 2, "own: \(own)")
        },
        Check("an external identifier that was given up can be taken") { store in
            let draft = try Sample.draft(externalID: "a")
            let bare = try Sample.draft()
            _ = try await store.insert(draft, id: Sample.id(1), in: "acme", at: 1)
            _ = try await store.update(Sample.id(1), in: .any, expecting: .none, at: 2) { _ in bare }
            _ = try await store.insert(draft, id: Sample.id(2), in: "acme", at: 3)
            try await store.remove(Sample.id(2), in: .any, expecting: .none)
            _ = try await store.insert(draft, id: Sample.id(3), in: "acme", at: 4)
        },
    ]
}
