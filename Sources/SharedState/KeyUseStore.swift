/// When a key was last used by a running gateway, on whichever node.
package struct KeyUse: Sendable, Hashable {
    /// The `kid`.
    package let key: String
    /// Unix seconds.
    package let at: Int64

    package init(key: String, at: Int64) {
        self.key = key
        self.at = at
    }
}

/// Keeps for all nodes when keys were last used, for the people who retire them.
package protocol KeyUseStore: Sendable {
    /// Keeps the later of what is known and what is told, for each key.
    /// - Throws: `unavailable`.
    func note(_ uses: [KeyUse]) async throws(SharedStateError)

    /// Of every key that was ever told of.
    /// - Throws: `unavailable`.
    func keyUses() async throws(SharedStateError) -> [KeyUse]
}
