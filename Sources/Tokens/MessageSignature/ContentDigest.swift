import OpenSSLCrypto

/// The digests that a `Content-Digest` header states (RFC 9530 section 2), as far as this gateway knows their algorithms.
package struct ContentDigest: Sendable, Equatable {
    /// At least one; every one of them must match.
    let listed: [Listed]

    struct Listed: Sendable, Equatable {
        let algorithm: HashAlgorithm
        let digest: [UInt8]
    }

    /// So many may be listed, known or not, inclusive.
    private static let maximumCount = 8

    /// Of the algorithms of RFC 9530 the two that are safe. What is not known is read and passed over, but never enough.
    /// - Throws: names `content-digest`.
    package init(_ field: [UInt8]) throws(SignatureFault) {
        var reader = StructuredFieldReader(field)
        var names: Set<String> = []
        var listed: [Listed] = []
        repeat {
            while !names.isEmpty, reader.take(" ") || reader.take("\t") {}
            guard let name = reader.key(), reader.take("="), let digest = reader.byteSequence() else {
                throw Self.fault("The header must be a list such as `sha-256=:BASE64:`, with canonical base64 between two colons.")
            }
            guard names.insert(name).inserted else { throw Self.fault("The algorithm `\(name)` is listed twice.") }
            guard names.count <= Self.maximumCount else { throw Self.fault("At most \(Self.maximumCount) digests may be listed.") }
            guard let algorithm = Self.algorithm(name) else { continue }
            guard digest.count == algorithm.byteCount else {
                throw Self.fault("A `\(name)` digest has \(algorithm.byteCount) bytes, not \(digest.count).")
            }
            listed.append(Listed(algorithm: algorithm, digest: digest))
        } while Self.takeComma(&reader)
        guard reader.isAtEnd else {
            throw Self.fault("The header must be a list such as `sha-256=:BASE64:`, with canonical base64 between two colons.")
        }
        guard !listed.isEmpty else { throw Self.fault("List a `sha-256` or a `sha-512` digest; no other algorithm counts.") }
        self.listed = listed
    }

    private static func algorithm(_ name: String) -> HashAlgorithm? {
        switch name {
        case "sha-256": .sha256
        case "sha-512": .sha512
        default: nil
        }
    }

    /// As a header states the SHA-256 digest of a body.
    package static func sha256(of body: [UInt8]) -> String { "sha-256=:\(Base64.encode(Digest.hash(.sha256, body))):" }

    static func fault(_ detail: String) -> SignatureFault { SignatureFault("content-digest", detail) }

    /// White space may stand around the comma, as RFC 9651 section 4.2.2 has it.
    private static func takeComma(_ reader: inout StructuredFieldReader) -> Bool {
        var ahead = reader
        while ahead.take(" ") || ahead.take("\t") {}
        guard ahead.take(",") else { return false }
        reader = ahead
        return true
    }
}

/// Hashes a body as it streams and says at its end whether it is the one that was signed for.
package final class ContentDigestCheck {
    private let expected: ContentDigest
    private var sha256: StreamingDigest?
    private var sha512: StreamingDigest?

    package init(_ expected: ContentDigest) {
        self.expected = expected
        if expected.listed.contains(where: { $0.algorithm == .sha256 }) { sha256 = StreamingDigest(.sha256) }
        if expected.listed.contains(where: { $0.algorithm == .sha512 }) { sha512 = StreamingDigest(.sha512) }
    }

    package func update(_ part: Span<UInt8>) {
        sha256?.update(part)
        sha512?.update(part)
    }

    /// To be called once, when the body is complete.
    /// - Throws: when any of the listed digests differs.
    package func finish() throws(SignatureFault) {
        let digests = [(HashAlgorithm.sha256, sha256?.finalize()), (.sha512, sha512?.finalize())]
        for listed in expected.listed {
            guard let digest = digests.first(where: { $0.0 == listed.algorithm })?.1, ConstantTime.equal(digest, listed.digest) else {
                throw ContentDigest.fault(
                    "The digest is not that of the body that arrived. Compute it over the bytes that are sent, after any content encoding."
                )
            }
        }
    }
}
