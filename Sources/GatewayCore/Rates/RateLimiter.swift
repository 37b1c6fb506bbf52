package import Access
import Synchronization

/// How often each principal may use what has a rate: a token bucket for each, for the whole node.
///
/// One for all event loops, without a lock: a bucket is a word that says until when it is empty, changed by compare and exchange (GCRA,
/// ITU-T I.371 appendix 2, which is a token bucket with one number). So the rate holds for the node, whichever loops a principal's
/// connections are on. A full bucket lets `requests` through at once; then they come back one by one, evenly over the window.
///
/// Bounded: a fixed number of buckets, four for each hash. When all four are in use, the one that is full again the soonest makes room; its
/// principal then starts with a full bucket. Two principals that meet in that moment may get a request more than they should.
package final class RateLimiter: Sendable {
    /// What came of one request.
    package struct Verdict: Sendable, Equatable {
        package let isAllowed: Bool
        /// Requests that may follow at once.
        package let remaining: Int
        /// Seconds, rounded up: when refused, until one may follow; else until all may.
        package let seconds: Int64
    }

    /// `key` 0: free. `time`: nanoseconds of the clock at which the bucket is full again.
    private final class Bucket: Sendable {
        let key = Atomic<UInt64>(0)
        let time = Atomic<Int64>(0)
    }

    /// Buckets a hash may lie in.
    private static let ways = 4
    private let buckets: [Bucket]
    private let clock: @Sendable () -> Int64

    /// - Parameters:
    ///   - capacity: principals with a bucket that is not full, times their rated routes: a power of two, at least 4.
    ///   - clock: nanoseconds that only ever go on.
    package init(capacity: Int = 1 << 15, clock: @escaping @Sendable () -> Int64) {
        buckets = (0..<capacity).map { _ in Bucket() }
        self.clock = clock
    }

    /// Takes one request out of a bucket.
    /// - Parameter key: of who asks for what; not 0.
    package func take(_ key: UInt64, _ limit: RateLimit) -> Verdict {
        let now = clock()
        let window = Int64(limit.windowMilliseconds) * 1_000_000
        // At least a nanosecond, so that a rate beyond all clocks is a rate still.
        let interval = max(1, window / Int64(limit.requests))
        let bucket = bucket(of: key, now)
        var time = bucket.time.load(ordering: .relaxed)
        while true {
            let filled = max(time, now) + interval
            // What has been taken and has not come back must fit into the window.
            guard filled - now <= max(window, interval) else {
                return Verdict(isAllowed: false, remaining: 0, seconds: Self.seconds(filled - now - max(window, interval)))
            }
            let (isExchanged, found) = bucket.time.compareExchange(expected: time, desired: filled, ordering: .relaxed)
            if isExchanged {
                return Verdict(isAllowed: true, remaining: Int((window - (filled - now)) / interval), seconds: Self.seconds(filled - now))
            }
            time = found
        }
    }

    private static func seconds(_ nanoseconds: Int64) -> Int64 { max(1, (nanoseconds + 999_999_999) / 1_000_000_000) }

    private func bucket(of key: UInt64, _ now: Int64) -> Bucket {
        let first = Int(truncatingIfNeeded: key) & (buckets.count - Self.ways)
        var victim = buckets[first]
        for index in first..<first + Self.ways {
            let bucket = buckets[index]
            let known = bucket.key.load(ordering: .relaxed)
            if known == key { return bucket }
            if bucket.time.load(ordering: .relaxed) < victim.time.load(ordering: .relaxed) { victim = bucket }
        }
        victim.key.store(key, ordering: .relaxed)
        victim.time.store(now, ordering: .relaxed)
        return victim
    }
}

extension RateLimiter {
    /// `Hasher` is seeded at random for each process, so nobody can choose names whose buckets collide.
    /// - Parameter route: nil: a rate that all routes share.
    static func key(_ principal: Principal, route: Route?) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(route?.id)
        hasher.combine(principal.caller.name)
        hasher.combine(principal.subject)
        return UInt64(bitPattern: Int64(hasher.finalize())) | 1 << 63
    }

    /// Of a route that reads no credential: then who asks is an address, of IPv6 the network of one customer (/64).
    static func key(_ address: IPAddress?, route: Route) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(route.id)
        hasher.combine(address?.subscriber)
        return UInt64(bitPattern: Int64(hasher.finalize())) | 1 << 63
    }
}
