/// The whole seconds in which a verified token counts: all about it that time alone can change.
///
/// Kept with a token that is remembered, so that judging its times again costs two comparisons.
package struct ValidityPeriod: Sendable, Equatable {
    /// Unix seconds, inclusive; `.min` when no claim says.
    package let first: Int64
    /// Unix seconds, inclusive; `.max` when no claim says.
    package let last: Int64

    init(first: Int64 = .min, last: Int64 = .max) {
        self.first = first
        self.last = last
    }

    /// - Throws: `.expired`, `.notYetValid`.
    package func check(at now: Int64) throws(TokenError) {
        guard now <= last else { throw .expired }
        guard now >= first else { throw .notYetValid }
    }
}
