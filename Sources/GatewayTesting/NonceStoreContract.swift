package import SharedState

/// What every `NonceStore` must do, as checks to run over an empty store of each kind that has room for four.
package enum NonceStoreContract {
    package struct Check: Sendable, CustomStringConvertible {
        /// A sentence about the store.
        package let description: String
        /// Throws `CustomerStoreContract.Violation`, or what the store threw when it should not have.
        package let run: @Sendable (any NonceStore) async throws -> Void

        init(_ description: String, _ run: @escaping @Sendable (any NonceStore) async throws -> Void) {
            self.description = description
            self.run = run
        }
    }

    /// How many nonces the stores under test have room for.
    package static let capacity = 4

    package static let checks = [
        Check("A nonce is fresh once") { store in
            try await expect(try await store.use(nonce(1), at: 100), "the first use")
            try await expect(!(try await store.use(nonce(1), at: 100)), "the second use")
            try await expect(!(try await store.use(nonce(1), at: 199)), "a use in the last second in which it counts")
            try await expect(try await store.use(nonce(2), at: 100), "another nonce")
        },
        Check("A later end does not make a nonce another one") { store in
            try await expect(try await store.use(nonce(1), at: 100), "the first use")
            try await expect(!(try await store.use(Nonce(digest: nonce(1).digest, until: 5000), at: 100)), "the same with another end")
        },
        Check("Of twenty uses at once exactly one is fresh") { store in
            let fresh = try await withThrowingTaskGroup { group in
                for _ in 0..<20 { group.addTask { try await store.use(nonce(7), at: 100) } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            try CustomerStoreContract.expect(fresh == 1, "\(fresh) of twenty were fresh")
        },
        Check("A full store throws and forgets nothing that counts; room comes with time") { store in
            for number in 1...capacity { try await expect(try await store.use(nonce(number), at: 100), "number \(number)") }
            do {
                _ = try await store.use(nonce(9), at: 199)
                throw CustomerStoreContract.Violation(description: "a full store took one more")
            } catch SharedStateError.unavailable {}
            // What it says of one that it remembers may be either a no or an error, never a yes.
            let again = (try? await store.use(nonce(1), at: 199)) ?? false
            try CustomerStoreContract.expect(!again, "a nonce was forgotten in a full store")
            try await expect(
                try await store.use(Nonce(digest: nonce(9).digest, until: 300), at: 200), "one more after the others have ended")
        },
    ]

    /// Counts until 200.
    package static func nonce(_ number: Int) -> Nonce {
        Nonce(digest: Array(repeating: UInt8(number), count: 32), until: 200)
    }

    private static func expect(_ isTrue: Bool, _ what: String) async throws {
        try CustomerStoreContract.expect(isTrue, "\(what) was judged wrongly")
    }
}
