package import OpenSSLCrypto

/// What the head of a request to one upstream depends on. Where its servers are is the server's business.
package final class UpstreamProfile: Sendable {
    package let name: String
    /// The path prefix to take away, without a slash at its end; empty: none.
    let strip: [UInt8]
    /// Whether the client's Host is passed on, or the server's own name is sent.
    package let preservesHost: Bool
    let signer: AssertionSigner
    let assertionHeader: [UInt8]

    package init(name: String, strip: String?, preservesHost: Bool, signer: AssertionSigner) {
        self.name = name
        self.strip = Array((strip ?? "").utf8)
        self.preservesHost = preservesHost
        self.signer = signer
        assertionHeader = signer.headerSegment()
    }

    /// Of a route that leads to no upstream.
    static let unsigned = UpstreamProfile(name: "", strip: nil, preservesHost: true, signer: .none)

    /// The key of `assertion: hmac`: HKDF-SHA-256 of the Ed25519 seed, no salt, info `gatehouse assertion hmac v1 <upstream>`, 32 bytes.
    package static func hmacKey(seed: SecretBytes, upstream: String) throws(CryptoError) -> SecretBytes {
        try HKDF.derive(secret: seed, salt: [], info: Array("gatehouse assertion hmac v1 \(upstream)".utf8), byteCount: 32)
    }
}
