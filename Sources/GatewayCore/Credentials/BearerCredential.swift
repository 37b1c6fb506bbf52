import Access
import HTTPWire

/// Finds a bearer token in a request; judges nothing (RFC 6750 section 2.1).
enum BearerCredential {
    /// Bytes; a longer token is refused before it is looked at (attacks row J-10).
    static let maximumLength = 8 << 10

    enum Found {
        case absent
        /// Range of the token in the request's bytes.
        case token(Range<Int>)
        case unusable(Reason)
    }

    /// `credentials = "Bearer" 1*SP b64token`, with exactly one space; the scheme is compared without case (RFC 9110 section 11.1).
    static func find(_ head: borrowing RequestHead, _ bytes: Span<UInt8>) -> Found {
        guard let value = head.value(.authorization) else { return .absent }
        guard value.count > 7, bytes.isEqualIgnoringCase(value.lowerBound..<value.lowerBound + 7, "bearer ") else {
            return .unusable(.malformedToken)
        }
        let token = value.lowerBound + 7..<value.upperBound
        return token.count <= maximumLength ? .token(token) : .unusable(.tokenTooLong)
    }
}
