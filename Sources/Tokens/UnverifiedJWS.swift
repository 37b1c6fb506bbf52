import OpenSSLCrypto

/// A JWS in compact serialization (RFC 7515 section 7.1), taken apart and believed in nothing.
///
/// It holds ranges into the token's bytes, which every method takes again: nothing is copied that is not decoded.
package struct UnverifiedJWS: Sendable {
    /// Bytes of each segment, half-open, without the dots.
    package let header: Range<Int>
    package let payload: Range<Int>
    package let signature: Range<Int>

    /// The longest access token that is looked at, in bytes, inclusive.
    package static let maximumByteCount = 8192

    /// Splits at the dots, of which there must be two. Of a longer token nothing is read (CVE-2025-30204: millions of dots).
    package init(_ token: Span<UInt8>, maximumByteCount: Int = Self.maximumByteCount) throws(TokenError) {
        guard token.count <= maximumByteCount else { throw .tokenTooLong }
        var first = -1
        var second = -1
        for index in token.indices where token[index] == UInt8(ascii: ".") {
            if first < 0 {
                first = index
            } else if second < 0 {
                second = index
            } else {
                throw .malformedToken
            }
        }
        guard second >= 0 else { throw .malformedToken }
        header = 0..<first
        payload = first + 1..<second
        signature = second + 1..<token.count
    }

    init(header: Range<Int>, payload: Range<Int>, signature: Range<Int>) {
        self.header = header
        self.payload = payload
        self.signature = signature
    }

    /// What the MAC is over (RFC 7515 section 5.2 step 8): the first two segments and the dot between them, as they came.
    package var signingInput: Range<Int> { 0..<payload.upperBound }

    package func decodedHeader(of token: Span<UInt8>) throws(TokenError) -> JOSEHeader {
        try JOSEHeader(Base64URL.decode(token.extracting(header)))
    }

    package func decodedPayload(of token: Span<UInt8>) throws(TokenError) -> [UInt8] {
        try Base64URL.decode(token.extracting(payload))
    }

    /// Judges the form of the signature alone, so that a malformed one is told before any key is looked for.
    func checkSignatureEncoding(of token: Span<UInt8>) throws(TokenError) {
        // Longer than any MAC: its canonical form is of no interest, but what is told about it is the same as for others.
        guard signature.count <= Base64URL.encodedCount(Self.longestMAC) else {
            _ = try Base64URL.decode(token.extracting(signature))
            return
        }
        var scratch = InlineArray<64, UInt8>(repeating: 0)
        var output = scratch.mutableSpan
        try Base64URL.decode(token.extracting(signature), into: &output)
    }

    /// - Throws: `.badMAC` unless the signature is the whole MAC of the signing input; compared by `CRYPTO_memcmp`.
    func checkMAC(of token: Span<UInt8>, with key: TokenKey) throws(TokenError) {
        guard signature.count == Base64URL.encodedCount(key.algorithm.byteCount) else { throw .badMAC }
        var mac = InlineArray<64, UInt8>(repeating: 0)
        var output = mac.mutableSpan
        try Base64URL.decode(token.extracting(signature), into: &output)
        let given = mac.span.extracting(first: key.algorithm.byteCount)
        guard key.mac.isValid(given, for: token.extracting(signingInput)) else { throw .badMAC }
    }

    /// The longest MAC of all algorithms, in bytes.
    private static let longestMAC = 64
}

/// A JWS whose MAC held under a key that was chosen without it. Only `verify` makes one.
package struct VerifiedJWS: Sendable {
    package let header: JOSEHeader
    package let payload: [UInt8]

    /// Judges form, algorithm, extensions and MAC, in this order. What the payload means is the caller's to judge.
    package static func verify(
        _ token: Span<UInt8>, with key: TokenKey, maximumByteCount: Int = UnverifiedJWS.maximumByteCount
    ) throws(TokenError) -> VerifiedJWS {
        let jws = try UnverifiedJWS(token, maximumByteCount: maximumByteCount)
        let header = try jws.decodedHeader(of: token)
        let payload = try jws.decodedPayload(of: token)
        try jws.checkSignatureEncoding(of: token)
        try header.checkAlgorithm(key.algorithm)
        try header.checkExtensions()
        try jws.checkMAC(of: token, with: key)
        return VerifiedJWS(header: header, payload: payload)
    }

    private init(header: JOSEHeader, payload: [UInt8]) {
        self.header = header
        self.payload = payload
    }
}
