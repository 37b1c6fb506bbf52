import Access
import Testing

@Suite("Words, quantities and reasons")
struct WordsTests {
    @Test(
        "the nearest name is what was probably meant",
        arguments: [
            ("methodss", "methods"), ("mehtods", "methods"), ("method", "methods"), ("METHODS", "methods"),
            ("custmers:read", "customers:read"),
            ("neds", "needs"), ("publik", "public"), ("zebra", nil), ("x", nil), ("", nil), ("pah", "path"),
        ] as [(String, String?)]
    )
    func spelling(name: String, nearest: String?) {
        #expect(Spelling.nearest(to: name, in: ["methods", "path", "needs", "public", "customers:read", "customers:write"]) == nearest)
    }

    @Test("sizes", arguments: [("0B", 0), ("1B", 1), ("64KiB", 65536), ("2MiB", 2 << 20), ("3GiB", 3 << 30)])
    func sizes(text: String, bytes: Int) {
        #expect(Quantity.bytes(text) == bytes)
    }

    @Test("durations", arguments: [("5ms", 5), ("1s", 1000), ("2m", 120_000), ("1h", 3_600_000), ("30d", 2_592_000_000)])
    func durations(text: String, milliseconds: Int) {
        #expect(Quantity.milliseconds(text) == milliseconds)
    }

    @Test("rates", arguments: [("50/s", 50, 1000), ("1/m", 1, 60_000), ("7/h", 7, 3_600_000)])
    func rates(text: String, requests: Int, window: Int) {
        #expect(Quantity.rate(text) == RateLimit(requests: requests, windowMilliseconds: window))
    }

    @Test(
        "anything else is no quantity",
        arguments: [
            "", "1", "B", "KiB", "-1B", "+1B", "1.5KiB", "1 KiB", "1kib", "1KB", "1K", "1b", " 1B", "1B ", "1e3B", "0x1B", "١B",
            "9223372036854775808B",
            "9007199254740993GiB", "s", "1S", "1sec", "1w", "/s", "0/s", "-1/s", "1/ms", "1/d", "1 /s", "1/s/s",
        ]
    )
    func refused(text: String) {
        #expect(Quantity.bytes(text) == nil && Quantity.milliseconds(text) == nil && Quantity.rate(text) == nil)
    }

    @Test("reasons are words that fit into a metric label")
    func reasons() {
        for reason in Reason.allCases {
            #expect(reason.rawValue.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }, "\(reason)")
        }
        #expect(Set(Reason.allCases.map(\.rawValue)).count == Reason.allCases.count)
    }
}
