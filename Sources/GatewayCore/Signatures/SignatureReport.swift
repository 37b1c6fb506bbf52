import Access
import HTTPWire
import StrictJSON
package import Tokens

/// Everything there is to say about the signature of a request: the verdict that the gateway goes by, and the same at length for
/// `POST /oauth2/signature-check`. One code path, so that the two never differ.
///
/// It holds no key material and no expected MAC. The base holds the token, so it goes to the caller who sent it and nowhere else.
package final class SignatureReport: Sendable {
    /// The components that must be covered.
    let required: [String]
    /// As the gateway sees it; nil: the headers cannot be read, or only the caller is wrong.
    private let base: [UInt8]?
    /// First thing first.
    private let faults: [SignatureFault]
    private let verified: VerifiedMessageSignature?
    /// What the body must match, as far as it can be told.
    package let contentDigest: ContentDigest?
    private let now: Int64

    init(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, target: RequestTarget?, of caller: AuthenticatedCaller, in snapshot: Snapshot,
        at now: Int64
    ) {
        self.now = now
        let signature: UnverifiedMessageSignature
        do throws(SignatureFault) {
            signature = try UnverifiedMessageSignature(
                input: head.value(.signatureInput).map { bytes.array($0) }, signature: head.value(.signature).map { bytes.array($0) }
            )
        } catch {
            required = SignableMessage(head, bytes, target: target, fields: []).required
            base = nil
            faults = [error]
            verified = nil
            contentDigest = nil
            return
        }
        let message = SignableMessage(head, bytes, target: target, fields: signature.components)
        let judgement = SignatureJudgement(signature, of: message, at: now)
        required = message.required
        base = judgement.base
        contentDigest = judgement.contentDigest
        var found = judgement.faults
        guard let partner = caller.principal.partner else {
            found.insert(
                SignatureFault("authorization", "Only partners sign requests, and this credential is not a partner's token."), at: 0)
            faults = found
            verified = nil
            return
        }
        let keyID = signature.keyID.flatMap(SigningKeyID.init)
        var verified: VerifiedMessageSignature?
        if let keyID {
            do throws(SignatureFault) { verified = try SignatureReport.verify(judgement, keyID, in: snapshot, at: now) } catch {
                if judgement.faults.isEmpty { found.append(error) }
            }
        }
        // The comparison above is made all the same, so that naming somebody else's key costs what naming one's own does.
        if let keyID, keyID.clientID != partner {
            verified = nil
            found.insert(SignatureFault("keyid", "The key id is not one of the partner whose token the request carries."), at: 0)
        }
        faults = found
        self.verified = verified
    }

    private static func verify(
        _ judgement: SignatureJudgement, _ keyID: SigningKeyID, in snapshot: Snapshot, at now: Int64
    ) throws(SignatureFault) -> VerifiedMessageSignature {
        let (secret, isKnown) = snapshot.partners.signingSecret(keyID, at: now)
        // A key derivation that fails is as good as a key that is not known.
        guard let key = try? secret.signingKey() else { throw .mismatch }
        return try judgement.verify(with: key, isKnown: isKnown)
    }

    /// The verified signature, or the first fault.
    var verdict: Result<VerifiedMessageSignature, SignatureFault> {
        if let fault = faults.first { return .failure(fault) }
        return verified.map { .success($0) } ?? .failure(.mismatch)
    }

    /// The answer of the signature check. The nonce is not used up by asking.
    /// - Parameters:
    ///   - body: all of it.
    ///   - bodyFault: what is wrong with it.
    package func answer(body: [UInt8], bodyFault: SignatureFault?) -> Answer {
        let faults = faults + (bodyFault.map { [$0] } ?? [])
        let problems = faults.map { JSONValue.object([("component", .string($0.component)), ("detail", .string($0.detail))]) }
        return Answer(
            json: JSONValue.object([
                ("valid", .bool(faults.isEmpty && verified != nil)),
                ("component", faults.first.map { .string($0.component) } ?? .null),
                ("detail", faults.first.map { .string($0.detail) } ?? .null),
                ("problems", .array(problems)),
                ("signature_base", base.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null),
                ("required_components", .array(required.map { .string($0) })),
                ("content_digest", .string(ContentDigest.sha256(of: body))),
                ("time", .integer(now)),
            ]).utf8(),
            headers: [("cache-control", "no-store")]
        )
    }
}
