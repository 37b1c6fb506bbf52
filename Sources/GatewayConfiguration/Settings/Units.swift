import Access
import StrictJSON

/// A number of bytes, written with its unit: `64KiB`.
package struct ByteSize: SettingValue, Comparable {
    package let bytes: Int

    package init(bytes: Int) { self.bytes = bytes }

    static func kib(_ count: Int) -> ByteSize { ByteSize(bytes: count << 10) }
    static func mib(_ count: Int) -> ByteSize { ByteSize(bytes: count << 20) }
    static func gib(_ count: Int) -> ByteSize { ByteSize(bytes: count << 30) }

    private static let units: [(name: String, factor: Int)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]

    init(parsing text: String) throws(ValueError) {
        guard let bytes = Quantity.bytes(text) else {
            throw Measure.error("must be a size in B, KiB, MiB or GiB, such as `64KiB`", text, units: Self.units.map(\.name))
        }
        self.bytes = bytes
    }

    package var description: String { Measure.text(bytes, units: Self.units) }
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

    private static let units: [(name: String, factor: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    init(parsing text: String) throws(ValueError) {
        guard let milliseconds = Quantity.milliseconds(text) else {
            throw Measure.error("must be a time in ms, s, m, h or d, such as `10s`", text, units: Self.units.map(\.name))
        }
        self.milliseconds = Int64(milliseconds)
    }

    package var description: String { Measure.text(Int(milliseconds), units: Self.units) }
    var shown: JSONValue { .string(description) }

    package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.milliseconds < right.milliseconds }
}

extension ByteSize: CustomStringConvertible {}

private enum Measure {
    /// The case of the unit is the usual slip: `64kib`, `10S`.
    static func error(_ expected: String, _ text: String, units: [String]) -> ValueError {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).lowercased()
        let near = digits.isEmpty ? nil : units.first { $0.lowercased() == unit }
        return ValueError(expected, suggestion: near.flatMap { text == "\(digits)\($0)" ? nil : "\(digits)\($0)" })
    }

    /// In the largest unit that leaves no remainder.
    static func text(_ amount: Int, units: [(name: String, factor: Int)]) -> String {
        for unit in units where amount != 0 && amount % unit.factor == 0 { return "\(amount / unit.factor)\(unit.name)" }
        return "\(amount)\(units.last?.name ?? "")"
    }
}
