/// One check of a token, as `token inspect` shows it.
package struct TokenCheck: Sendable, Equatable {
    /// The checks of the contract's section 4, "Presenting", in its order.
    package enum Name: String, Sendable, CaseIterable {
        /// At most 8 KiB.
        case length
        /// Three segments.
        case segments
        /// Each canonical unpadded base64url.
        case encoding
        /// The header is a JSON object without duplicate members.
        case header
        /// The payload is one, too.
        case payload
        /// `typ` is `at+jwt`.
        case type
        /// `kid` names a key that may verify now.
        case key
        /// `alg` is the key's.
        case algorithm
        /// The header has no `crit`, `b64`, `jwk`, `jku`, `x5u`, `x5c`.
        case extensions
        case mac
        case issuer
        case audience
        /// The claims that must be there are, and all that are have their types.
        case claims
        /// `exp` is in the future.
        case expiry
        /// `iat` and `nbf` are not.
        case start
        /// From `iat` to `exp` is not longer than the maximum.
        case lifetime
    }

    package let name: Name
    /// nil: an earlier check did not hold, and this one has nothing to look at.
    package let holds: Bool?
    /// What the gateway would log if this were the first check that does not hold.
    package let error: TokenError?
    /// What was found, for people; empty where there is nothing to add.
    package let detail: String
}
