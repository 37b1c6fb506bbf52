/// Points in time as RFC 3339 writes them.
enum RFC3339 {
    /// With milliseconds, in UTC: `2026-03-01T12:00:00.000Z`.
    /// - Parameter milliseconds: unix time. This form ends with the years 0 and 9999; what lies beyond is told as their first or last moment.
    static func text(milliseconds: Int64) -> String {
        let (days, rest) = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999).flooredDivision(by: 86_400_000)
        let (year, month, day) = civil(days)
        let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60)
        var text = Array("0000-00-00T00:00:00.000Z".utf8)
        for (number, end) in [(year, 4), (month, 7), (day, 10), (hour, 13), (minute, 16), (second, 19), (rest % 1_000, 23)] {
            var (rest, position) = (number, end)
            while rest > 0 {
                position -= 1
                text[position] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// `date-time` of RFC 3339 section 5.6, `T` and `Z` in either case. A leap second counts as the second after it.
    /// - Returns: unix milliseconds, rounded down, and whether that lost a part of a millisecond; nil for other texts.
    static func parse(_ text: String) -> (milliseconds: Int64, isRoundedDown: Bool)? {
        var reader = Reader(bytes: Array(text.utf8))
        guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), (1...12).contains(month),
            reader.skip("-"), let day = reader.digits(2), day >= 1, day <= length(ofMonth: month, year),
            reader.skip("Tt"), let hour = reader.digits(2), hour <= 23, reader.skip(":"),
            let minute = reader.digits(2), minute <= 59, reader.skip(":"), let second = reader.digits(2), second <= 60
        else { return nil }
        guard let (fraction, isRoundedDown) = reader.fraction(), let offset = reader.offsetMinutes(), reader.isAtEnd else { return nil }
        let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - offset
        // A leap second is the last of a month in UTC (RFC 3339 section 5.7); at another time there is no 60.
        if second == 60 && !isEndOfMonth(minutes) { return nil }
        return ((minutes * 60 + second) * 1_000 + fraction, isRoundedDown)
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func skip(_ any: StaticString) -> Bool {
            guard position < bytes.count, any.description.utf8.contains(bytes[position]) else { return false }
            position += 1
            return true
        }

        mutating func digit() -> Int64? {
            guard position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 else { return nil }
            position += 1
            return Int64(bytes[position - 1] - UInt8(ascii: "0"))
        }

        mutating func digits(_ count: Int) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<count {
                guard let digit = digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        /// Milliseconds of `["." 1*DIGIT]`.
        mutating func fraction() -> (milliseconds: Int64, isRoundedDown: Bool)? {
            guard skip(".") else { return (0, false) }
            var (milliseconds, scale, isRoundedDown): (Int64, Int64, Bool) = (0, 100, false)
            var count = 0
            while let digit = digit() {
                if scale == 0 && digit > 0 { isRoundedDown = true }
                milliseconds += digit * scale
                scale /= 10
                count += 1
            }
            return count > 0 ? (milliseconds, isRoundedDown) : nil
        }

        /// Minutes east of UTC, of `"Z" / ("+" / "-") time-hour ":" time-minute`.
        mutating func offsetMinutes() -> Int64? {
            if skip("Zz") { return 0 }
            let isEast = skip("+")
            guard isEast || skip("-"), let hours = digits(2), hours <= 23, skip(":"), let minutes = digits(2), minutes <= 59
            else { return nil }
            return (hours * 60 + minutes) * (isEast ? 1 : -1)
        }
    }

    private static func length(ofMonth month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Whether this is the last minute of a month. `minutes` since 1970, UTC.
    private static func isEndOfMonth(_ minutes: Int64) -> Bool {
        let (days, rest) = minutes.flooredDivision(by: 1_440)
        return rest == 1_439 && civil(days + 1).day == 1
    }

    /// Days from 1970-01-01 to a day of the Gregorian calendar. Years begin in March here, so a leap day is the last of its year.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).flooredDivision(by: 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The day that is so many days after 1970-01-01.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

extension Int64 {
    /// Quotient rounded towards minus infinity, and the remainder, which is not negative. The divisor is positive.
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
