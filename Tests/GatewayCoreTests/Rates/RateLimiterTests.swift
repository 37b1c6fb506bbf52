import Access
import Synchronization
import Testing

@testable import GatewayCore

@Suite("Rates")
struct RateLimiterTests {
    /// Nanoseconds that are set by hand.
    private final class Clock: Sendable {
        private let time = Atomic<Int64>(1_000_000_000_000)
        func advance(milliseconds: Int64) { time.add(milliseconds * 1_000_000, ordering: .relaxed) }
        var now: Int64 { time.load(ordering: .relaxed) }
    }

    private static func limit(_ text: String) throws -> RateLimit { try #require(Quantity.rate(text)) }

    @Test(
        "a full bucket lets its number through at once, then one comes back for each part of the window",
        arguments: ["1/s", "3/s", "50/s", "7/m", "1000/h"])
    func bucket(_ text: String) throws {
        let limit = try Self.limit(text)
        let clock = Clock()
        let limiter = RateLimiter(capacity: 16) { clock.now }
        for remaining in (0..<limit.requests).reversed() {
            let verdict = limiter.take(1, limit)
            #expect(verdict.isAllowed)
            #expect(verdict.remaining == remaining)
        }
        let refused = limiter.take(1, limit)
        #expect(!refused.isAllowed)
        #expect(refused.remaining == 0)
        #expect(refused.seconds == max(1, Int64((limit.windowMilliseconds / limit.requests + 999) / 1000)))
        // Others have theirs.
        #expect(limiter.take(2, limit).isAllowed)
        clock.advance(milliseconds: Int64(limit.windowMilliseconds / limit.requests + 1))
        #expect(limiter.take(1, limit).isAllowed)
        #expect(!limiter.take(1, limit).isAllowed)
        clock.advance(milliseconds: Int64(limit.windowMilliseconds) * 3)
        for _ in 0..<limit.requests { #expect(limiter.take(1, limit).isAllowed) }
        #expect(!limiter.take(1, limit).isAllowed)
    }

    @Test("whoever waits as long as is said is let through")
    func wait() throws {
        for text in ["2/s", "5/m", "90/h"] {
            let limit = try Self.limit(text)
            let clock = Clock()
            let limiter = RateLimiter(capacity: 4) { clock.now }
            while limiter.take(1, limit).isAllowed {}
            for _ in 0..<5 {
                clock.advance(milliseconds: limiter.take(1, limit).seconds * 1000)
                #expect(limiter.take(1, limit).isAllowed)
                while limiter.take(1, limit).isAllowed {}
            }
        }
    }

    @Test("over a long time no more pass than the rate and one full bucket")
    func longRun() throws {
        let limit = try Self.limit("20/s")
        let clock = Clock()
        let limiter = RateLimiter(capacity: 4) { clock.now }
        var passed = 0
        for _ in 0..<10_000 {
            if limiter.take(1, limit).isAllowed { passed += 1 }
            clock.advance(milliseconds: 1)
        }
        #expect((200...220).contains(passed))
    }

    @Test("from many threads at once exactly as many pass as the bucket holds")
    func threads() async throws {
        let limit = try Self.limit("1000/h")
        let clock = Clock()
        let limiter = RateLimiter(capacity: 4) { clock.now }
        let passed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { (0..<500).count { _ in limiter.take(7, limit).isAllowed } } }
            return await group.reduce(0, +)
        }
        #expect(passed == 1000)
    }

    @Test("memory is bounded: with more principals than buckets, those who are the nearest to full make room")
    func bounded() throws {
        let limit = try Self.limit("2/s")
        let clock = Clock()
        let limiter = RateLimiter(capacity: 8) { clock.now }
        for key in UInt64(1)...1000 { #expect(limiter.take(key, limit).isAllowed) }
        #expect(limiter.take(1000, limit).isAllowed)
        #expect(!limiter.take(1000, limit).isAllowed)
    }

    @Test("a rate beyond what a clock can tell apart is a rate still", arguments: [1, 1_000_000_000, Int.max])
    func extremes(requests: Int) {
        let limiter = RateLimiter(capacity: 4) { 5 }
        let limit = RateLimit(requests: requests, windowMilliseconds: 1000)
        #expect(limiter.take(1, limit).isAllowed)
    }
}
