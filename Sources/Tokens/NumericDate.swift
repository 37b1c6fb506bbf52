import StrictJSON

/// Times in tokens and key files (RFC 7519 section 2), in unix seconds.
enum NumericDate {
    /// From 1970 to the end of the year 9999: wide enough for all, narrow enough that no sum of two overflows.
    static let bounds: ClosedRange<Int64> = 0...253_402_300_799

    /// Whole seconds within `bounds`. Fractions, which the RFC allows and this gateway never writes, are refused.
    static func whole(_ element: JSONElement) throws(TokenError) -> Int64 {
        guard let seconds = element.integer, bounds.contains(seconds) else { throw .badClaim }
        return seconds
    }
}
