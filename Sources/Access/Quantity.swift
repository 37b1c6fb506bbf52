/// Sizes, durations and rates as configuration files write them: a whole number and a unit, nothing between.
package enum Quantity {
    /// `64KiB`; units B, KiB, MiB, GiB. Nil for anything else, or more than `Int` holds.
    package static func bytes(_ text: String) -> Int? {
        scaled(text, units: ["B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30])
    }

    /// `10s`; units ms, s, m, h, d. Nil for anything else, or more than `Int` holds.
    package static func milliseconds(_ text: String) -> Int? {
        scaled(text, units: ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000])
    }

    /// `50/s`; a second, a minute or an hour. Nil for anything else, and for none at all.
    package static func rate(_ text: String) -> RateLimit? {
        guard let requests = scaled(text, units: ["/s": 1, "/m": 1, "/h": 1]), requests > 0 else { return nil }
        return milliseconds("1" + text.suffix(1)).map { RateLimit(requests: requests, windowMilliseconds: $0) }
    }

    private static func scaled(_ text: String, units: [String: Int]) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, let number = Int(digits), let unit = units[String(text[digits.endIndex...])] else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : value
    }
}
