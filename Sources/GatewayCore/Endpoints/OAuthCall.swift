package import Access
package import SharedState

/// What the endpoints that clients authenticate at need of a request.
package struct OAuthCall: Sendable {
    package let authorization: [UInt8]?
    package let contentType: [UInt8]?
    package let body: [UInt8]
    package let hasQuery: Bool
    package let address: IPAddress?
    /// Unix seconds.
    package let now: Int64

    package init(authorization: [UInt8]?, contentType: [UInt8]?, body: [UInt8], hasQuery: Bool, address: IPAddress?, now: Int64) {
        self.authorization = authorization
        self.contentType = contentType
        self.body = body
        self.hasQuery = hasQuery
        self.address = address
        self.now = now
    }
}

/// The answer, and what the decision log is told.
package struct OAuthOutcome: Sendable {
    package let answer: Answer
    package let reason: Reason
    package let clientID: String?
}

/// What came of a call, and what the store has to do before that counts. The edge carries it out, in this order.
package struct OAuthStep: Sendable {
    /// To be used once; nil: nothing is.
    package let nonce: Nonce?
    /// To be stored, and known on every connection, before the answer.
    package internal(set) var revocation: Revocation?
    /// The answer when all that was done.
    package let outcome: OAuthOutcome

    /// The answer when the nonce was used before.
    package var reused: OAuthOutcome {
        let error = OAuthError(
            .invalidClient, "the jti of the client assertion was used before; make a new assertion for each request", .nonceReused,
            clientID: outcome.clientID
        )
        return OAuthOutcome(answer: error.answer, reason: error.reason, clientID: error.clientID)
    }

    /// The answer when the store cannot be asked.
    /// - Parameter requestID: of the request.
    package func unavailable(requestID: String) -> OAuthOutcome {
        OAuthOutcome(
            answer: Answer(Refusal.storeUnavailable.problem, requestID: requestID), reason: .storeUnavailable, clientID: outcome.clientID)
    }
}
