import Customers
import Testing

@Suite struct CustomerIDTests {
    @Test("An identifier is cus_ and 26 characters that carry its 128 bits")
    func text() {
        var sequence = CustomerIDSequence()
        // 01ARYZ6S41 is the time 1469918176385 in the ULID specification's own example.
        let id = sequence.next(at: 1_469_918_176_385, random: (high: 0, low: 0))
        #expect(id.description == "cus_01ARYZ6S410000000000000000")
        let ones = CustomerIDSequence.first(at: 1 << 48 - 1, random: (high: .max, low: .max))
        #expect(ones.description == "cus_7ZZZZZZZZZZZZZZZZZZZZZZZZZ")
        #expect(CustomerIDSequence.first(at: 0, random: (0, 31)).description == "cus_0000000000000000000000000Z")
    }

    @Test("Text and bytes of an identifier lead back to it")
    func roundTrip() {
        var random = SplitMix(state: 3)
        for _ in 0..<2_000 {
            let id = CustomerIDSequence.first(
                at: Int64.random(in: 0..<(1 << 48), using: &random),
                random: (UInt16.random(in: .min ... .max, using: &random), random.next()))
            #expect(CustomerID(id.description) == id)
            #expect(CustomerID(bytes: id.bytes) == id)
            #expect(id.description.utf8.count == CustomerID.textLength)
        }
    }

    @Test(
        "Nothing but the written form is read",
        arguments: [
            "", "cus_", "cus_9", "01ARYZ6S410000000000000000", "cus_01ARYZ6S41000000000000000", "cus_01ARYZ6S4100000000000000000",
            "cus_01aryz6s410000000000000000", "CUS_01ARYZ6S410000000000000000", "cus-01ARYZ6S410000000000000000",
            "cus_81ARYZ6S410000000000000000", "cus_ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "cus_01ARYZ6S41000000000000000I",
            "cus_01ARYZ6S41000000000000000L", "cus_01ARYZ6S41000000000000000O", "cus_01ARYZ6S41000000000000000U",
            " cus_01ARYZ6S410000000000000000", "cus_01ARYZ6S410000000000000000 ", "cus_01ARYZ6S41000000000000000\u{0}",
            "cus_01ARYZ6S41000000000000000é", "cus_01ARYZ6S41-000000000000000", "cus_'; DROP TABLE customers; --00",
        ])
    func malformed(_ text: String) {
        #expect(CustomerID(text) == nil)
    }

    @Test("Only 16 bytes are an identifier", arguments: [0, 1, 15, 17, 32])
    func malformedBytes(_ count: Int) {
        #expect(CustomerID(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test("Identifiers grow, whatever the clock does, and sort as texts as they do as numbers")
    func monotonic() {
        var sequence = CustomerIDSequence()
        var random = SplitMix(state: 11)
        let clock: [Int64] = [1_000, 1_000, 1_000, 1_001, 999, 0, -5, 1_001, 1_002, .max, 1_003, .max]
        let ids = clock.map { sequence.next(at: $0, random: (UInt16(truncatingIfNeeded: random.next()), random.next())) }
        for (earlier, later) in zip(ids, ids.dropFirst()) {
            #expect(earlier < later)
            #expect(earlier.description < later.description)
        }
    }

    @Test("Within a millisecond the next identifier is the one before plus 1, also over the end of the random bits")
    func carry() {
        var sequence = CustomerIDSequence()
        _ = sequence.next(at: 5, random: (high: 0, low: .max - 1))
        #expect(sequence.next(at: 5, random: (9, 9)) == CustomerIDSequence.first(at: 5, random: (0, .max)))
        #expect(sequence.next(at: 5, random: (9, 9)) == CustomerIDSequence.first(at: 5, random: (1, 0)))
        var full = CustomerIDSequence()
        _ = full.next(at: 5, random: (high: .max, low: .max))
        #expect(full.next(at: 5, random: (9, 9)) == CustomerIDSequence.first(at: 6, random: (0, 0)))
    }

    @Test("A later millisecond takes fresh random bits")
    func fresh() {
        var sequence = CustomerIDSequence()
        _ = sequence.next(at: 5, random: (1, 1))
        #expect(sequence.next(at: 6, random: (2, 2)) == CustomerIDSequence.first(at: 6, random: (2, 2)))
    }
}

extension CustomerIDSequence {
    static func first(at milliseconds: Int64, random: (high: UInt16, low: UInt64)) -> CustomerID {
        var sequence = CustomerIDSequence()
        return sequence.next(at: milliseconds, random: random)
    }
}
