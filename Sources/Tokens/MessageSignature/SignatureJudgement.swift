package import OpenSSLCrypto

/// The one judge of signed requests (contract section 4): what is wrong with a signature, and the verified one when nothing is.
///
/// Making a judgement applies every rule that needs no key; `verify` compares the MAC.
package struct SignatureJudgement: Sendable {
    package let signature: UnverifiedMessageSignature
    /// The signature base as the gateway sees it. Components that the request does not have are missing in it.
    package let base: [UInt8]
    /// What is wrong without looking at the MAC, first thing first; empty: only the MAC can still be wrong.
    package let faults: [SignatureFault]
    /// What the body must match; nil: there is no body, or nothing usable is said of it.
    package let contentDigest: ContentDigest?

    /// Seconds by which `created` may lie in the past, and as many in the future; inclusive.
    package static let window: Int64 = 300
    package static let tag = "gatehouse"
    package static let algorithm = "hmac-sha256"
    /// Characters, inclusive.
    package static let nonceLength = 16...64

    /// - Parameter now: unix seconds.
    package init(_ signature: UnverifiedMessageSignature, of message: SignableMessage, at now: Int64) {
        self.signature = signature
        base = message.base(over: signature.components, parameters: signature.parameters)
        var faults = Self.faults(of: signature, over: message, at: now)
        var contentDigest: ContentDigest?
        if let field = message.value(of: "content-digest") {
            do throws(SignatureFault) { contentDigest = try ContentDigest(field) } catch { faults.append(error) }
        }
        self.faults = faults
        self.contentDigest = contentDigest
    }

    /// Compares the MAC. The work is the same whether the key is known or not (attacks row M-08).
    /// - Parameters:
    ///   - key: of the key id; a key that nobody has when the id is not known.
    ///   - isKnown: whether the key is one.
    /// - Throws: the first fault.
    package func verify(with key: HMACKey, isKnown: Bool) throws(SignatureFault) -> VerifiedMessageSignature {
        if let fault = faults.first { throw fault }
        let holds = key.isValid(signature.mac.span, for: base.span)
        guard holds, isKnown, let keyID = signature.keyID, let nonce = signature.nonce, let created = signature.created else {
            throw .mismatch
        }
        return VerifiedMessageSignature(keyID: keyID, nonce: nonce, created: created, contentDigest: contentDigest)
    }

    /// In the order in which they are told: what the signature says of itself, then what it covers.
    private static func faults(
        of signature: UnverifiedMessageSignature, over message: SignableMessage, at now: Int64
    ) -> [SignatureFault] {
        var faults: [SignatureFault] = []
        if signature.tag != tag { faults.append(SignatureFault("tag", "The parameter must be `tag=\"\(tag)\"`.")) }
        // INVARIANT (the algorithm belongs to the key): it is compared, never followed (attacks row M-11).
        if let named = signature.algorithm, named != algorithm {
            faults.append(SignatureFault("alg", "The algorithm is \(algorithm); leave `alg` out or set it to that."))
        }
        faults += times(signature, at: now)
        switch signature.nonce {
        case nil: faults.append(SignatureFault("nonce", "The parameter is missing: a new random text for every request."))
        case let nonce? where !nonceLength.contains(nonce.utf8.count):
            faults.append(SignatureFault("nonce", "The nonce must have \(nonceLength.lowerBound) to \(nonceLength.upperBound) characters."))
        default: break
        }
        if signature.keyID.flatMap(SigningKeyID.init) == nil {
            faults.append(SignatureFault("keyid", "The parameter must be `<client_id>:<secret_id>`."))
        }
        for component in message.required where !signature.components.contains(component) {
            faults.append(SignatureFault(component, "The component must be covered by the signature."))
        }
        for component in signature.components where message.value(of: component) == nil {
            faults.append(absent(component))
        }
        return faults
    }

    private static func times(_ signature: UnverifiedMessageSignature, at now: Int64) -> [SignatureFault] {
        var faults: [SignatureFault] = []
        if let created = signature.created {
            // Both sides: a signature from the future could be kept until its time comes (attacks row M-07).
            if abs(created - now) > window {
                faults.append(
                    SignatureFault(
                        "created",
                        "The signature's time is \(abs(created - now)) s \(created < now ? "in the past" : "in the future"); "
                            + "at most \(window) s are accepted. Sign each request anew, by a clock that is right."
                    )
                )
            }
        } else {
            faults.append(SignatureFault("created", "The parameter is missing: the time of signing in unix seconds."))
        }
        if let expires = signature.expires, expires <= now {
            faults.append(SignatureFault("expires", "The signature has expired by its own parameter."))
        }
        return faults
    }

    private static func absent(_ component: String) -> SignatureFault {
        if component.utf8.first == UInt8(ascii: "@"), !SignableMessage.derived.contains(component) {
            return SignatureFault(component, "This derived component is not accepted; use @method, @authority, @path and @query.")
        }
        return SignatureFault(component, "The component is covered, but the request has no such header.")
    }
}

/// `<client_id>:<secret_id>`.
package struct SigningKeyID: Sendable, Equatable {
    package let clientID: String
    package let secretID: String

    /// Nil unless both parts are there, have 1 to 63 and 1 to 32 bytes and nothing but `[a-z0-9_-]`.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, 1...63 ~= parts[0].utf8.count, 1...32 ~= parts[1].utf8.count,
            text.utf8.allSatisfy({ Self.isIDByte($0) || $0 == UInt8(ascii: ":") })
        else { return nil }
        clientID = String(parts[0])
        secretID = String(parts[1])
    }

    private static func isIDByte(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}

/// A signature whose rules and MAC held. Only `SignatureJudgement.verify` makes one, by the comparison (attacks row M-02).
///
/// That its nonce is fresh and that the body is the one it was made for is not judged yet: that takes a store, and the body.
package struct VerifiedMessageSignature: Sendable, Equatable {
    package let keyID: String
    package let nonce: String
    /// Unix seconds.
    package let created: Int64
    /// What the body must match; nil only where there is no body.
    package let contentDigest: ContentDigest?

    fileprivate init(keyID: String, nonce: String, created: Int64, contentDigest: ContentDigest?) {
        self.keyID = keyID
        self.nonce = nonce
        self.created = created
        self.contentDigest = contentDigest
    }
}
