/// A JWE in compact serialization (RFC 7516 section 7.1), taken apart and believed in nothing.
package struct UnverifiedJWE: Sendable {
    /// Bytes of each segment, half-open, without the dots.
    package let header: Range<Int>
    package let initializationVector: Range<Int>
    package let ciphertext: Range<Int>
    package let tag: Range<Int>

    /// The longest token that is looked at, in bytes, inclusive: sixteen cookies full.
    package static let maximumByteCount = 65_536

    /// Splits at the dots, of which there must be four, the second right behind the first: with direct encryption there is no
    /// encrypted key (RFC 7518 section 4.5). What comes behind a fifth dot is not read.
    package init(_ token: Span<UInt8>) throws(TokenError) {
        guard token.count <= Self.maximumByteCount else { throw .tokenTooLong }
        var dots = InlineArray<4, Int>(repeating: -1)
        var count = 0
        for index in token.indices where token[index] == UInt8(ascii: ".") {
            guard count < 4 else { throw .malformedToken }
            dots[count] = index
            count += 1
        }
        guard count == 4, dots[1] == dots[0] + 1 else { throw .malformedToken }
        header = 0..<dots[0]
        initializationVector = dots[1] + 1..<dots[2]
        ciphertext = dots[2] + 1..<dots[3]
        tag = dots[3] + 1..<token.count
    }

    package func decodedHeader(of token: Span<UInt8>) throws(TokenError) -> JOSEHeader {
        try JOSEHeader(Base64URL.decode(token.extracting(header)))
    }
}
