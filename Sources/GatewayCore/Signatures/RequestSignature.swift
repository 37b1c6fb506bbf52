import Access
import HTTPWire
import OpenSSLCrypto
package import SharedState
import StrictJSON
package import Tokens

/// A request signature that verified, and what is still to be asked before anything is done: whether its nonce is fresh, and in the end whether
/// the body is the signed one. The edge asks and carries out what is said here.
package final class RequestSignature: Sendable {
    /// To be used once; asking comes before anything is done for the request.
    package let nonce: Nonce
    /// What the body must match; nil only where there is no body.
    package let contentDigest: ContentDigest?
    /// The components that had to be covered.
    private let required: [String]

    private init(_ verified: VerifiedMessageSignature, required: [String]) {
        nonce = Nonce(
            digest: Digest.hash(.sha256, Array("request\0\(verified.keyID)\0\(verified.nonce)".utf8)),
            // Twice the window, so that a clock that is stepped back a little opens nothing.
            until: verified.created + 2 * SignatureJudgement.window
        )
        contentDigest = verified.contentDigest
        self.required = required
    }

    /// Whether the request says that it is signed; then the signature must verify, whatever the route asks for.
    static func isPresent(_ head: borrowing RequestHead) -> Bool {
        head.value(.signature) != nil || head.value(.signatureInput) != nil
    }

    /// Judges the signature of an authenticated request.
    /// - Parameter target: the canonical one.
    static func judge(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, target: RequestTarget?, of caller: AuthenticatedCaller, in snapshot: Snapshot,
        at now: Int64
    ) throws(Refusal) -> RequestSignature {
        let report = SignatureReport(head, bytes, target: target, of: caller, in: snapshot, at: now)
        switch report.verdict {
        case .success(let verified): return RequestSignature(verified, required: report.required)
        case .failure(let fault): throw .signature(fault, required: report.required)
        }
    }

    // MARK: What the edge found

    package var reused: Refusal {
        .signature(
            SignatureFault("nonce", "The nonce was used before. Sign every request with a new one, a repeated request too."),
            required: required, reason: .nonceReused
        )
    }

    package func wrongBody(_ fault: SignatureFault) -> Refusal { .signature(fault, required: required) }
}

extension Refusal {
    /// A request whose signature does not hold. It names the component or parameter, and says what would be accepted (RFC 9421 section 5.1,
    /// RFC 9530 section 4).
    static func signature(_ fault: SignatureFault, required: [String], reason: Reason = .badSignature) -> Refusal {
        let components = required.map { "\"\($0)\"" }.joined(separator: " ")
        let nonce = Base64URL.encode(RandomBytes.generate(16))
        let accepted =
            "(\(components));created;nonce=\"\(nonce)\";alg=\"\(SignatureJudgement.algorithm)\";tag=\"\(SignatureJudgement.tag)\""
        return Refusal(
            reason,
            Problem(
                .signature, fault.detail, members: [("component", .string(fault.component))],
                headers: [
                    ("www-authenticate", #"Bearer realm="gatehouse""#), ("accept-signature", "gatehouse=\(accepted)"),
                    ("want-content-digest", "sha-256=10, sha-512=5"),
                ]
            )
        )
    }

    /// The store that remembers nonces, assertions or revocations cannot be asked; it recovers by itself.
    package static let storeUnavailable = Refusal(
        .storeUnavailable,
        Problem(
            .storeUnavailable, "What this needs to know or keep cannot be asked or kept now. Try again; sign anew what is signed.",
            headers: [("retry-after", "2")]
        )
    )
}
