/// A request that its caller may send again, hoping to have it done once (`Idempotency-Key`).
package struct IdempotentRequest: Sendable, Hashable {
    /// How long an answer is kept.
    package static let keptMilliseconds: Int64 = 24 * 60 * 60 * 1_000

    /// Who asks, where, and under which key: 32 bytes, a digest.
    package let scope: [UInt8]
    /// What is asked: 32 bytes, a digest. Another one under the same scope is another request, and a mistake.
    package let fingerprint: [UInt8]

    package init(scope: [UInt8], fingerprint: [UInt8]) {
        self.scope = scope
        self.fingerprint = fingerprint
    }
}

/// What was answered when the request was done. Holds customer data, so it belongs to its scope alone.
package struct KeptAnswer: Sendable, Equatable {
    package struct Header: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package let status: Int
    /// Neither names nor values have line breaks, and names no colon.
    package let headers: [Header]
    package let body: [UInt8]

    package init(status: Int, headers: [Header], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Asks a store to do something only if it was not done before, and to keep the answer in the same transaction: so the answer is
/// there exactly when the change is, whatever stops the process.
package struct Once: Sendable {
    package let request: IdempotentRequest
    /// The answer, from the customer as it is after the change.
    package let answer: @Sendable (Customer) -> KeptAnswer

    package init(_ request: IdempotentRequest, answer: @escaping @Sendable (Customer) -> KeptAnswer) {
        self.request = request
        self.answer = answer
    }
}
