package import OpenSSLCrypto
import StrictJSON
import Tokens

/// Signs what an upstream is told, bound to the one request it is told with (contract section 7).
package enum AssertionSigner: Sendable {
    /// `EdDSA`, for everybody who knows `/.well-known/jwks.json`.
    case ed25519(kid: String, Ed25519.PrivateKey)
    /// `HS256`, with a key that this upstream alone shares.
    case hmac(kid: String, HMACKey)
    case none

    /// The header segment and its dot, the same for every assertion.
    func headerSegment() -> [UInt8] {
        let (algorithm, kid): (String, String)
        switch self {
        case .ed25519(let id, _): (algorithm, kid) = ("EdDSA", id)
        case .hmac(let id, _): (algorithm, kid) = ("HS256", id)
        case .none: return []
        }
        let header = JSONValue.object([("alg", .string(algorithm)), ("typ", "gatehouse-assertion+jwt"), ("kid", .string(kid))])
        return Array((Base64URL.encode(header.utf8()) + ".").utf8)
    }

    /// Appends a dot and the signature of everything in `output` from `start` on.
    func appendSignature(from start: Int, to output: inout [UInt8]) throws(CryptoError) {
        guard let signature = try sign(output.span.extracting(start..<output.count)) else { return }
        output.append(UInt8(ascii: "."))
        Base64URL.append(signature.span, to: &output)
    }

    private func sign(_ message: Span<UInt8>) throws(CryptoError) -> [UInt8]? {
        switch self {
        case .ed25519(_, let key): try key.sign(message)
        case .hmac(_, let key): key.authenticate(message)
        case .none: nil
        }
    }
}
