import Customers
import Synchronization

extension CustomerStoreContract {
    static let changing: [Check] = [
        Check("a change replaces all that can be changed, counts the version up and keeps the rest") { store in
            let first = try Sample.draft(address: "1 Road", externalID: "a", metadata: [("k", "v")])
            let second = try Sample.draft(name: "New", email: "bob@acme.example", phone: "12")
            _ = try await store.insert(first, id: Sample.id(1), in: "acme", at: 10)
            let changed = try await store.update(
                Sample.id(1), in: .tenant("acme"), expecting: .version(in: [1]), at: 20
            ) { _ in second }
            let expected = Customer(first, id: Sample.id(1), tenant: "acme", at: 10).replaced(by: second, at: 20)
            try expect(Sample.bytes(changed) == Sample.bytes(expected), "answer: \(changed)")
            let found = try await store.find(Sample.id(1), in: .any)
            try expect(Sample.bytes(found) == Sample.bytes(expected), "found: \(found)")
            try expect(found.version == 2 && found.createdAt == 10 && found.updatedAt == 20, "found: \(found)")
        },
        Check("a change is given the customer as it is now") { store in
            _ = try await store.insert(try Sample.draft(name: "A"), id: Sample.id(1), in: "acme", at: 1)
            for round in 1...3 {
                _ = try await store.update(Sample.id(1), in: .any, expecting: .none, at: 2) {
                    (customer) throws(ValidationError) in try Sample.draft(name: customer.name + "+")
                }
                let found = try await store.find(Sample.id(1), in: .any)
                try expect(found.name == "A" + String(repeating: "+", count: round), "round \(round): \(found.name)")
            }
        },
        Check("a failed precondition wins over the change, which is not asked for, and changes nothing") { store in
            _ = try await store.insert(try Sample.draft(), id: Sample.id(1), in: "acme", at: 1)
            for precondition in [Precondition.version(in: []), .version(in: [0, 2, 3])] {
                let wasAsked = Mutex(false)
                try await expect(.versionMismatch, "update") { () throws(StoreError) in
                    _ = try await store.update(Sample.id(1), in: .any, expecting: precondition, at: 2) {
                        (_) throws(ValidationError) in
                        wasAsked.withLock { $0 = true }
                        throw ValidationError([])
                    }
                }
                try expect(!wasAsked.withLock { $0 }, "the change was asked for")
                try await expect(.versionMismatch, "remove") { () throws(StoreError) in
                    try await store.remove(Sample.id(1), in: .any, expecting: precondition)
                }
            }
            let kept = try await store.find(Sample.id(1), in: .any)
            try expect(kept.version == 1, "kept: \(kept)")
        },
        Check("a change that finds itself invalid is reported as it says and changes nothing") { store in
            _ = try await store.insert(try Sample.draft(), id: Sample.id(1), in: "acme", at: 1)
            let error = ValidationError([ValidationIssue(.tooBig, at: ["name"], "too long")])
            try await expect(.invalid(error), "update") { () throws(StoreError) in
                _ = try await store.update(Sample.id(1), in: .any, expecting: .version(in: [1]), at: 2) {
                    (_) throws(ValidationError) in throw error
                }
            }
            let kept = try await store.find(Sample.id(1), in: .any)
            try expect(kept.version == 1 && kept.updatedAt == 1, "kept: \(kept)")
        },
    ]

    /// Each of these runs so many calls at once.
    private static let racers = 24

    static let racing: [Check] = [
        Check("of callers that expect the same version exactly one changes the customer") { store in
            _ = try await store.insert(try Sample.draft(), id: Sample.id(1), in: "acme", at: 1)
            let outcomes = await race { number in
                _ = try await store.update(Sample.id(1), in: .any, expecting: .version(in: [1]), at: 2) {
                    (_) throws(ValidationError) in try Sample.draft(name: "by \(number)")
                }
            }
            try expect(outcomes.count { $0 == nil } == 1, "outcomes: \(outcomes)")
            try expect(outcomes.count { $0 == .versionMismatch } == racers - 1, "outcomes: \(outcomes)")
            let found = try await store.find(Sample.id(1), in: .any)
            try expect(found.version == 2, "found: \(found)")
        },
        Check("changes made at once are all made, none is lost") { store in
            _ = try await store.insert(try Sample.draft(name: "+"), id: Sample.id(1), in: "acme", at: 1)
            let outcomes = await race { _ in
                _ = try await store.update(Sample.id(1), in: .any, expecting: .none, at: 2) {
                    (customer) throws(ValidationError) in try Sample.draft(name: customer.name + "+")
                }
            }
            try expect(outcomes.allSatisfy { $0 == nil }, "outcomes: \(outcomes)")
            let found = try await store.find(Sample.id(1), in: .any)
            try expect(found.version == Int64(racers + 1) && found.name.utf8.count == racers + 1, "found: \(found)")
        },
        Check("of callers that take the same external identifier exactly one gets it, and others fail alone") { store in
            let outcomes = await race { number in
                let draft = try Sample.draft(externalID: number.isMultiple(of: 2) ? "same" : "own \(number)")
                _ = try await store.insert(draft, id: Sample.id(number), in: "acme", at: 1)
            }
            try expect(outcomes.count { $0 == nil } == racers / 2 + 1, "outcomes: \(outcomes)")
            try expect(outcomes.count { $0 == .duplicateExternalID } == racers / 2 - 1, "outcomes: \(outcomes)")
            let page = try await store.page(CustomerQuery(limit: 100), in: .any)
            try expect(page.customers.count == racers / 2 + 1, "stored: \(page.customers.count)")
        },
        Check("of callers that remove a customer at once exactly one does") { store in
            _ = try await store.insert(try Sample.draft(), id: Sample.id(1), in: "acme", at: 1)
            let outcomes = await race { _ in
                try await store.remove(Sample.id(1), in: .any, expecting: .none)
            }
            try expect(outcomes.count { $0 == nil } == 1, "outcomes: \(outcomes)")
            try expect(outcomes.count { $0 == .notFound } == racers - 1, "outcomes: \(outcomes)")
        },
    ]

    /// What each call threw, nil for those that went well.
    static func race(_ body: @escaping @Sendable (Int) async throws -> Void) async -> [StoreError?] {
        await withTaskGroup(of: StoreError?.self) { group in
            for number in 0..<racers {
                group.addTask {
                    do {
                        try await body(number)
                        return nil
                    } catch {
                        return error as? StoreError ?? .unavailable("\(error)")
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    static let removing: [Check] = [
        Check("a removed customer is gone, and cannot be removed again") { store in
            _ = try await store.insert(try Sample.draft(), id: Sample.id(1), in: "acme", at: 1)
            _ = try await store.insert(try Sample.draft(), id: Sample.id(2), in: "acme", at: 1)
            try await store.remove(Sample.id(1), in: .tenant("acme"), expecting: .version(in: [7, 1]))
            let draft = try Sample.draft()
            try await expect(.notFound, "find") { () throws(StoreError) in _ = try await store.find(Sample.id(1), in: .any) }
            try await expect(.notFound, "update") { () throws(StoreError) in
                _ = try await store.update(Sample.id(1), in: .any, expecting: .none, at: 2) { _ in draft }
            }
            try await expect(.notFound, "remove") { () throws(StoreError) in
                try await store.remove(Sample.id(1), in: .tenant("acme"), expecting: .version(in: [1]))
            }
            let page = try await store.page(CustomerQuery(limit: 5), in: .any)
            try expect(page.customers.map(\.id) == [Sample.id(2)], "page: \(page.customers)")
        }
    ]
}
