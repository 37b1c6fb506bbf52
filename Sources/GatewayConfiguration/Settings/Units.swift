import StrictJSON

/// A number of bytes, written with its unit: `64KiB`.
package struct ByteSize: SettingValue, Comparable {
    package let bytes: Int

    package init(bytes: Int) { self.bytes = bytes }

    static func kib(_ count: Int) -> ByteSize { ByteSize(bytes: count << 10) }
    static func mib(_ count: Int) -> ByteSize { ByteSize(bytes: count << 20) }
    static func gib(_ count: Int) -> ByteSize { ByteSize(bytes: count << 30) }

    private static let units: [(name: String, factor: Int64)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]

    init(parsing text: String) throws(ValueError) {
        bytes = Int(try Measure.parse(text, units: Self.units, expected: "must be a size in B, KiB, MiB or GiB, such as `64KiB`"))
    }

    package var description: String { Measure.text(Int64(bytes), units: Self.units) }
    var shown: JSONValue { .string(description) }

    package static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }
}

/// A length of time, written with its unit: `10s`.
package struct TimeSpan: SettingValue, Comparable, CustomStringConvertible {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Reads `500ms`, `10s`, `5m`, `1h` or `30d`; nil for anything else.
    package init?(_ text: String) {
        guard let span = try? TimeSpan(parsing: text) else { return nil }
        self = span
    }

    package static func seconds(_ count: Int64) -> TimeSpan { TimeSpan(milliseconds: count * 1000) }
    package static func minutes(_ count: Int64) -> TimeSpan { .seconds(count * 60) }
    package static func hours(_ count: Int64) -> TimeSpan { .minutes(count * 60) }
    package static func days(_ count: Int64) -> TimeSpan { .hours(count * 24) }

    /// Whole seconds, rounded down.
    package var seconds: Int64 { milliseconds / 1000 }

    private static let units: [(name: String, factor: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    init(parsing text: String) throws(ValueError) {
        milliseconds = try Measure.parse(text, units: Self.units, expected: "must be a time in ms, s, m, h or d, such as `10s`")
    }

    package var description: String { Measure.text(milliseconds, units: Self.units) }
    var shown: JSONValue { .string(description) }

    package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.milliseconds < right.milliseconds }
}

extension ByteSize: CustomStringConvertible {}

/// A whole number directly followed by a unit.
private enum Measure {
    static func parse(_ text: String, units: [(name: String, factor: Int64)], expected: String) throws(ValueError) -> Int64 {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let unit = String(text.dropFirst(digits.count))
        guard let number = Int64(String(decoding: Array(digits), as: UTF8.self)) else { throw ValueError(expected) }
        guard let factor = units.first(where: { $0.name == unit })?.factor else {
            // The case of the unit is the usual slip: `64kib`, `10S`.
            let near = units.first { $0.name.lowercased() == unit.lowercased() }
            throw ValueError(expected, suggestion: near.map { "\(number)\($0.name)" })
        }
        let (result, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow else { throw ValueError("is too large") }
        return result
    }

    /// In the largest unit that leaves no remainder.
    static func text(_ amount: Int64, units: [(name: String, factor: Int64)]) -> String {
        for unit in units where amount != 0 && amount % unit.factor == 0 { return "\(amount / unit.factor)\(unit.name)" }
        return "\(amount)\(units.last?.name ?? "")"
    }
}
