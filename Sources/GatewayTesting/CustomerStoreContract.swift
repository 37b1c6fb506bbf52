package import Customers

/// What every `CustomerStore` must do, as checks to run over an empty store of each kind.
///
///     @Test(arguments: CustomerStoreContract.checks)
///     func memory(_ check: CustomerStoreContract.Check) async throws { try await check.run(MemoryCustomerStore()) }
package enum CustomerStoreContract {
    package struct Check: Sendable, CustomStringConvertible {
        /// A sentence about the store.
        package let description: String
        /// Throws `Violation`, or what the store threw when it should not have.
        package let run: @Sendable (any CustomerStore) async throws -> Void

        init(_ description: String, _ run: @escaping @Sendable (any CustomerStore) async throws -> Void) {
            self.description = description
            self.run = run
        }
    }

    package struct Violation: Error, CustomStringConvertible {
        package let description: String
    }

    package static let checks: [Check] =
        keeping + scoping + uniqueness + changing + racing + removing + listing + filtering
        + doingOnce

    static func expect(
        _ condition: Bool, _ what: @autoclosure () -> String, file: String = #fileID, line: Int = #line
    ) throws {
        if !condition { throw Violation(description: "\(what()) (\(file):\(line))") }
    }

    /// Runs what must fail with this error.
    static func expect(
        _ error: StoreError, _ what: String, file: String = #fileID, line: Int = #line,
        _ body: () async throws(StoreError) -> Void
    ) async throws {
        do {
            try await body()
        } catch let thrown {
            return try expect(thrown == error, "\(what): \(thrown) instead of \(error)", file: file, line: line)
        }
        throw Violation(description: "\(what): no error instead of \(error) (\(file):\(line))")
    }
}

/// Makes identifiers and drafts for the checks. Identifier `n` is of millisecond `n` and so on: greater is later.
enum Sample {
    static func id(_ number: Int) -> CustomerID {
        var sequence = CustomerIDSequence()
        return sequence.next(at: Int64(number), random: (high: 0, low: UInt64(number)))
    }

    static func draft(
        name: String = "Acme", email: String = "ada@acme.example", address: String? = nil, phone: String? = nil,
        externalID: String? = nil, metadata: [(String, String)]? = nil
    ) throws(ValidationError) -> CustomerDraft {
        var members = [FieldValue.Member("name", .string(name)), FieldValue.Member("contactEmail", .string(email))]
        for (name, value) in [("address", address), ("phone", phone), ("externalId", externalID)] {
            if let value { members.append(FieldValue.Member(name, .string(value))) }
        }
        if let metadata {
            let entries = metadata.map { FieldValue.Member($0.0, .string($0.1)) }
            members.append(FieldValue.Member("metadata", .object(entries)))
        }
        return try CustomerDraft.parse(.object(members))
    }

    /// What a store answers, down to the bytes: `==` on texts would let a store change their Unicode form.
    static func bytes(_ customer: Customer) -> [[UInt8]?] {
        let texts = [
            customer.id.description, customer.tenant, customer.name, customer.contactEmail, customer.address,
            customer.phone, customer.externalID, "\(customer.createdAt) \(customer.updatedAt) \(customer.version)",
        ]
        let entries = customer.metadata?.entries.flatMap { [$0.key, $0.value] } ?? ["no metadata"]
        return (texts + entries).map { text in text.map { Array($0.utf8) } }
    }
}
