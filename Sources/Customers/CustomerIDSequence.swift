/// Hands out identifiers of which each is greater than the one before, also within a millisecond and when the clock is
/// set back. Time and randomness come from the caller, so a test can fix both.
package struct CustomerIDSequence: Sendable {
    private var last: CustomerID?

    package init() {}

    /// - Parameters:
    ///   - milliseconds: unix time; what does not fit 48 bits is clamped.
    ///   - random: 80 fresh random bits. Unused when the time is not later than that of the identifier before:
    ///     the next one is then that one plus 1, as the ULID specification does.
    package mutating func next(at milliseconds: Int64, random: (high: UInt16, low: UInt64)) -> CustomerID {
        let time = UInt64(min(max(milliseconds, 0), 1 << 48 - 1))
        var id = CustomerID(high: time << 16 | UInt64(random.high), low: random.low)
        if let last, time <= last.high >> 16 {
            let (low, carry) = last.low.addingReportingOverflow(1)
            // The carry may run into the time: the identifier is then of the next millisecond, and still the greatest.
            id = CustomerID(high: last.high &+ (carry ? 1 : 0), low: low)
        }
        last = id
        return id
    }
}
