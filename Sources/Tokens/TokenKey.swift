package import OpenSSLCrypto

/// The MAC algorithms of JWS (RFC 7518 section 3.2). There is no `none` and nothing asymmetric to mix them up with.
package enum TokenAlgorithm: String, Sendable, CaseIterable {
    // The names of RFC 7518 as they are, since they are the raw values.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case HS256, HS384, HS512

    package var hash: HashAlgorithm {
        switch self {
        case .HS256: .sha256
        case .HS384: .sha384
        case .HS512: .sha512
        }
    }

    /// Length of the MAC, and the least length of a key (RFC 7518 section 3.2), in bytes.
    package var byteCount: Int { hash.byteCount }
}

/// A key that signs and verifies tokens.
///
/// INVARIANT (the algorithm belongs to the key): what a token says about its algorithm is compared with `algorithm`, never followed.
package final class TokenKey: Sendable {
    /// The key id that tokens name in `kid`.
    package let id: String
    package let algorithm: TokenAlgorithm
    /// Unix seconds, if its file says.
    package let created: Int64?
    /// Unix seconds since when it signs no more. What it signed before still verifies until that has expired.
    package let retired: Int64?
    let mac: HMACKey
    package let use = KeyUseMark()

    /// A key of any length; key files ask for more (`KeyRing`).
    package init(id: String, algorithm: TokenAlgorithm, secret: SecretBytes, created: Int64? = nil, retired: Int64? = nil) {
        self.id = id
        self.algorithm = algorithm
        self.created = created
        self.retired = retired
        mac = HMACKey(algorithm.hash, key: secret)
    }
}
