import Foundation

enum TestClock {
    /// Unix seconds.
    static func now() -> Int64 { Int64(Date.now.timeIntervalSince1970) }
}
