/// One "from now on refused": what it is about, and how long that has to be known.
package struct Revocation: Sendable, Hashable {
    package enum Target: Sendable, Hashable {
        /// Every session of this subject that was issued up to the revocation.
        case sessions(subject: String)
        /// One partner token, by its `jti`.
        case token(id: String)
    }

    package let target: Target
    /// Unix seconds: sessions with `iat` up to then, inclusive, are refused.
    package let at: Int64
    /// Unix seconds from which it may be forgotten, since everything it is about has expired.
    package let until: Int64

    package init(_ target: Target, at: Int64, until: Int64) {
        self.target = target
        self.at = at
        self.until = until
    }
}
