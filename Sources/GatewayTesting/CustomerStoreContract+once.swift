import Customers

extension CustomerStoreContract {
    private static let kept = IdempotentRequest.keptMilliseconds

    private static func request(_ scope: UInt8, asking what: UInt8 = 1) -> IdempotentRequest {
        IdempotentRequest(scope: [UInt8](repeating: scope, count: 32), fingerprint: [UInt8](repeating: what, count: 32))
    }

    private static func answer(_ customer: Customer) -> KeptAnswer {
        KeptAnswer(
            status: 201, headers: [.init("etag", "\"\(customer.version)\""), .init("x", "a: b:"), .init("empty", "")],
            body: Array(customer.name.utf8) + [0, 0xFF, 10])
    }

    static let doingOnce: [Check] = [
        Check("an answer is kept with the change, recalled, and given instead of doing it again") { store in
            let once = Once(request(1), answer: answer)
            let draft = try Sample.draft(name: "é\u{0}", externalID: "x")
            try expect(try await store.recall(once.request, at: 5) == nil, "recalled before it was kept")
            let customer = try await store.insert(draft, id: Sample.id(1), in: "acme", at: 5, once: once)
            try expect(try await store.recall(once.request, at: 5) == answer(customer), "not recalled as it was kept")
            let other = try Sample.draft(name: "Other")
            try await expect(.answered(answer(customer)), "insert") { () throws(StoreError) in
                _ = try await store.insert(other, id: Sample.id(2), in: "acme", at: 6, once: once)
            }
            try await expect(.answered(answer(customer)), "update of one that is not there") { () throws(StoreError) in
                _ = try await store.update(Sample.id(9), in: .any, expecting: .version(in: []), at: 6, once: once) { _ in other }
            }
            let page = try await store.page(CustomerQuery(limit: 5), in: .any)
            try expect(page.customers == [customer], "stored: \(page.customers)")
        },
        Check("the answer to a change is kept as the answer to a creation is") { store in
            _ = try await store.insert(try Sample.draft(), id: Sample.id(1), in: "acme", at: 1)
            let draft = try Sample.draft(name: "New")
            let once = Once(request(1), answer: answer)
            let changed = try await store.update(Sample.id(1), in: .any, expecting: .none, at: 2, once: once) { _ in draft }
            try await expect(.answered(answer(changed)), "update") { () throws(StoreError) in
                _ = try await store.update(Sample.id(1), in: .any, expecting: .none, at: 3, once: once) { _ in draft }
            }
            try expect(try await store.find(Sample.id(1), in: .any).version == 2, "changed twice")
        },
        Check("another request under the same scope is refused, and the same under another scope is its own") { store in
            let draft = try Sample.draft()
            _ = try await store.insert(draft, id: Sample.id(1), in: "acme", at: 1, once: Once(request(1), answer: answer))
            try await expect(.keyReused, "recall") { () throws(StoreError) in
                _ = try await store.recall(request(1, asking: 2), at: 2)
            }
            try await expect(.keyReused, "insert") { () throws(StoreError) in
                _ = try await store.insert(draft, id: Sample.id(2), in: "acme", at: 2, once: Once(request(1, asking: 2), answer: answer))
            }
            try expect(try await store.recall(request(2), at: 2) == nil, "recalled under another scope")
            _ = try await store.insert(draft, id: Sample.id(3), in: "acme", at: 2, once: Once(request(2), answer: answer))
            let page = try await store.page(CustomerQuery(limit: 5), in: .any)
            try expect(page.customers.count == 2, "stored: \(page.customers)")
        },
        Check("what failed leaves no answer, and may be done later under the same key") { store in
            _ = try await store.insert(try Sample.draft(externalID: "x"), id: Sample.id(1), in: "acme", at: 1)
            let once = Once(request(1), answer: answer)
            let taken = try Sample.draft(externalID: "x")
            try await expect(.duplicateExternalID, "insert") { () throws(StoreError) in
                _ = try await store.insert(taken, id: Sample.id(2), in: "acme", at: 2, once: once)
            }
            try await expect(.versionMismatch, "update") { () throws(StoreError) in
                _ = try await store.update(Sample.id(1), in: .any, expecting: .version(in: []), at: 2, once: once) { _ in taken }
            }
            try await expect(.notFound, "update") { () throws(StoreError) in
                _ = try await store.update(Sample.id(1), in: .tenant("globex"), expecting: .none, at: 2, once: once) { _ in taken }
            }
            try await expect(.invalid(ValidationError([])), "update") { () throws(StoreError) in
                _ = try await store.update(Sample.id(1), in: .any, expecting: .none, at: 2, once: once) {
                    (_) throws(ValidationError) in throw ValidationError([])
                }
            }
            try expect(try await store.recall(once.request, at: 2) == nil, "an answer was kept")
            try await store.remove(Sample.id(1), in: .any, expecting: .none)
            _ = try await store.insert(taken, id: Sample.id(2), in: "acme", at: 2, once: once)
        },
        Check("an answer is kept for 24 hours and not longer") { store in
            let draft = try Sample.draft()
            let once = Once(request(1), answer: answer)
            let first = try await store.insert(draft, id: Sample.id(1), in: "acme", at: 1_000, once: once)
            try expect(try await store.recall(once.request, at: 999 + kept) == answer(first), "forgotten too early")
            try expect(try await store.recall(once.request, at: 1_000 + kept) == nil, "remembered too long")
            try expect(try await store.recall(request(1, asking: 2), at: 1_000 + kept) == nil, "the key is not free again")
            // Others go and come meanwhile.
            for number in 2..<40 {
                _ = try await store.insert(
                    draft, id: Sample.id(number), in: "acme", at: Int64(number) * 100,
                    once: Once(request(UInt8(number)), answer: answer))
            }
            let again = try await store.insert(
                draft, id: Sample.id(99), in: "acme", at: 1_000 + kept, once: Once(request(1, asking: 2), answer: answer))
            try expect(try await store.recall(request(1, asking: 2), at: 1_000 + kept) == answer(again), "not kept anew")
            try expect(try await store.recall(request(39), at: 1_000 + kept) != nil, "another answer is gone")
            try expect(try await store.recall(request(2), at: 1_000 + kept) == nil, "another answer is remembered too long")
        },
        Check("of requests sent at once under one key one is done, and all get its answer") { store in
            let once = Once(request(1), answer: answer)
            let outcomes = await race { number in
                _ = try await store.insert(try Sample.draft(name: "by \(number)"), id: Sample.id(number), in: "acme", at: 1, once: once)
            }
            let page = try await store.page(CustomerQuery(limit: 100), in: .any)
            try expect(page.customers.count == 1, "stored: \(page.customers)")
            let answers = page.customers.map { StoreError.answered(answer($0)) }
            try expect(outcomes.compactMap { $0 }.allSatisfy { answers.contains($0) }, "outcomes: \(outcomes)")
            try expect(outcomes.count { $0 == nil } == 1, "outcomes: \(outcomes)")
        },
    ]
}
