/// Something that may be used once, known by a hash of who used it and what it was: the nonce of a signed request, the `jti` of a client
/// assertion.
package struct Nonce: Sendable, Hashable {
    /// 32 bytes.
    package let digest: [UInt8]
    /// Unix seconds from which it may be forgotten, since what carried it is refused for its age.
    package let until: Int64

    package init(digest: [UInt8], until: Int64) {
        self.digest = digest
        self.until = until
    }
}

/// Remembers for all nodes what was used, and across a restart: durable before `use` returns.
///
/// `NonceStoreContract` checks what is said here.
package protocol NonceStore: Sendable {
    /// Uses a nonce. Of any number of calls for the same one, at once or one after another, exactly one is told true.
    ///
    /// INVARIANT (closed when in doubt): a store that cannot tell, or has no room to remember, throws; it forgets nothing that still counts to
    /// make room.
    /// - Parameter now: unix seconds; what may be forgotten by then may go.
    /// - Returns: false when it was used before.
    /// - Throws: `unavailable`.
    func use(_ nonce: Nonce, at now: Int64) async throws(SharedStateError) -> Bool
}
