import Access
import HTTPWire
import StrictJSON
import Tokens

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

    /// Which kind of token this is, by its shape alone: which keys it will be tried on, and no others.
    enum Shape: Equatable {
        case partnerToken
        case session
        /// Neither; nobody issues such a thing.
        case none
    }

    /// Partner tokens are signed and say so in their type, encrypted tokens are sessions; signed sessions exist only where a profile
    /// has them.
    static func shape(of token: Span<UInt8>, takesSignedSessions: Bool) -> Shape {
        var dots = 0
        for index in token.indices where token[index] == UInt8(ascii: ".") { dots += 1 }
        switch dots {
        case 4: return .session
        case 2:
            guard takesSignedSessions, let header = try? UnverifiedJWS(token).decodedHeader(of: token) else { return .partnerToken }
            return header["typ"]?.isString("at+jwt") ?? false ? .partnerToken : .session
        default: return .none
        }
    }
}
