import Glibc

/// The time of day, and its two texts, each made once a second. One for each event loop.
struct WallClock {
    /// Unix time in nanoseconds, as last read.
    private(set) var nanoseconds: Int64 = 0
    private var textSecond: Int64 = -1
    /// `Tue, 24 Nov 2026 22:50:42 GMT` (RFC 9110 section 5.6.7).
    private(set) var httpDate: [UInt8] = []
    /// `2026-11-24T22:50:42.`, to which milliseconds and `Z` are added (RFC 3339).
    private(set) var timestampPrefix: [UInt8] = []

    var seconds: Int64 { nanoseconds / 1_000_000_000 }
    var milliseconds: Int64 { nanoseconds / 1_000_000 }

    init() { read() }

    /// As of the kernel's last tick, a few milliseconds ago at most.
    mutating func read() {
        nanoseconds = Self.read(CLOCK_REALTIME_COARSE)
        if seconds != textSecond { makeTexts() }
    }

    /// Unix time in nanoseconds.
    static func now() -> Int64 { read(CLOCK_REALTIME) }

    /// Nanoseconds that only ever go on.
    static func monotonic() -> Int64 { read(CLOCK_MONOTONIC) }

    /// The same clock as of the last tick of the kernel, a few milliseconds ago at most: for deadlines, at a fifth of the cost.
    static func coarse() -> Int64 { read(CLOCK_MONOTONIC_COARSE) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        // The pointer is to a local that outlives the call.
        _ = unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private mutating func makeTexts() {
        textSecond = seconds
        let date = CivilDate(unixSeconds: seconds)
        let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][date.weekday]
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][date.month - 1]
        let time = "\(two(date.hour)):\(two(date.minute)):\(two(date.second))"
        httpDate = Array("\(day), \(two(date.day)) \(month) \(date.year) \(time) GMT".utf8)
        timestampPrefix = Array("\(date.year)-\(two(date.month))-\(two(date.day))T\(time).".utf8)
    }

    private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// A moment in UTC by the Gregorian calendar.
struct CivilDate {
    let year: Int
    /// 1 to 12.
    let month: Int
    /// 1 to 31.
    let day: Int
    let hour: Int
    let minute: Int
    let second: Int
    /// 0 is Sunday.
    let weekday: Int

    init(unixSeconds: Int64) {
        let seconds = Int(unixSeconds)
        let days = seconds / 86_400
        let rest = seconds % 86_400
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
        weekday = (days + 4) % 7
        // Days are counted from 1 March of year 0, so that a leap day ends its year; 146 097 days are 400 years.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}
