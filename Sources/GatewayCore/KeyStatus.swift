package import Tokens

/// What may be told of a key: everything but the key.
package struct KeyStatus: Sendable {
    package enum Purpose: String, CaseIterable, Sendable {
        /// Signs access tokens.
        case token
        /// Signs what upstreams are told.
        case assertion
    }

    package enum State: String, Sendable {
        /// New signatures are made with it.
        case signing
        /// It signs nothing, but may once the one before it is retired.
        case standby
        /// Retired; what it signed before may still be good.
        case verifying
        /// Retired for so long that nothing it signed can be good: `gatehouse keys prune` removes it.
        case expired
    }

    package let purpose: Purpose
    package let id: String
    package let algorithm: String
    /// Unix seconds, if its file says.
    package let created: Int64?
    /// Unix seconds since when it signs no more; nil: it may sign.
    package let retired: Int64?
    package let isSigning: Bool
    package let use: KeyUseMark

    package init(_ purpose: Purpose, id: String, algorithm: String, created: Int64?, retired: Int64?, isSigning: Bool, use: KeyUseMark) {
        self.purpose = purpose
        self.id = id
        self.algorithm = algorithm
        self.created = created
        self.retired = retired
        self.isSigning = isSigning
        self.use = use
    }

    /// Seconds after which nothing that a retired key signed can be good any more: the longest life of a token, and of an assertion with
    /// the time that upstreams may keep the key set, both with room for clocks that differ.
    package static let longestUse: Int64 = 3600 + 60

    /// - Parameter now: unix seconds.
    package func state(at now: Int64) -> State {
        if isSigning { return .signing }
        guard let retired else { return .standby }
        return now > retired + Self.longestUse ? .expired : .verifying
    }
}
