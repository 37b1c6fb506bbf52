import Foundation

/// Unix seconds for people.
package enum UnixTime {
    /// RFC 3339 in UTC: `2025-01-31T09:00:00Z`.
    package static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
    }

    /// `20250131`.
    static func day(_ seconds: Int64) -> String {
        text(seconds).prefix(10).filter { $0 != "-" }
    }

    package static func now() -> Int64 { Int64(Date().timeIntervalSince1970) }
}
