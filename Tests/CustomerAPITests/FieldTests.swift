import Foundation
import GatewayTesting
import Testing

@testable import CustomerAPI

@Suite(.ownThread) struct FieldTests {
    @Test(
        "A time is written as RFC 3339 has it, and read back",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_772_366_400_007, "2026-03-01T12:00:00.007Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        ])
    func times(_ milliseconds: Int64, _ text: String) {
        #expect(RFC3339.text(milliseconds: milliseconds) == text)
        #expect(RFC3339.parse(text)?.milliseconds == milliseconds)
    }

    @Test(
        "a time that this form has no year for is told as the nearest that it has",
        arguments: [
            (253_402_300_800_000, "9999-12-31T23:59:59.999Z"), (Int64.max, "9999-12-31T23:59:59.999Z"),
            (1_772_366_400_000_000, "9999-12-31T23:59:59.999Z"), (-62_167_219_200_001, "0000-01-01T00:00:00.000Z"),
            (Int64.min, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func beyond(milliseconds: Int64, text: String) {
        #expect(RFC3339.text(milliseconds: milliseconds) == text)
    }

    @Test("Times agree with Foundation's")
    func differential() throws {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<5_000 {
            let milliseconds = Int64.random(in: 0..<4_102_444_800_000)
            let text = RFC3339.text(milliseconds: milliseconds)
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
            try #require(abs(try style.parse(text).timeIntervalSince(date)) < 0.000_5, "\(text)")
            let read = try #require(RFC3339.parse(text))
            #expect(read.milliseconds == milliseconds && !read.isRoundedDown)
        }
    }

    @Test(
        "Offsets, fractions and leap seconds are counted",
        arguments: [
            ("2026-03-01T12:00:00Z", 1_772_366_400_000, false), ("2026-03-01t12:00:00z", 1_772_366_400_000, false),
            ("2026-03-01T14:30:00+02:30", 1_772_366_400_000, false), ("2026-02-28T23:00:00-13:00", 1_772_366_400_000, false),
            ("2026-03-01T12:00:00.5Z", 1_772_366_400_500, false), ("2026-03-01T12:00:00.1234567890Z", 1_772_366_400_123, true),
            ("2026-03-01T12:00:00.123000Z", 1_772_366_400_123, false), ("2016-12-31T23:59:60Z", 1_483_228_800_000, false),
            ("2017-01-01T00:59:60.5+01:00", 1_483_228_800_500, false), ("1969-12-31T23:59:59.9999Z", -1, true),
        ])
    func readTimes(_ text: String, _ milliseconds: Int64, _ isRoundedDown: Bool) {
        let time = RFC3339.parse(text)
        #expect(time?.milliseconds == milliseconds && time?.isRoundedDown == isRoundedDown)
    }

    @Test(
        "Other texts are no times",
        arguments: [
            "", "Z", "2026-03-01", "2026-03-01T12:00Z", "2026-03-01T12:00:00", "2026-03-01 12:00:00Z", "2026-3-1T12:00:00Z",
            "2026-00-01T12:00:00Z", "2026-03-00T12:00:00Z", "2026-03-32T12:00:00Z", "2026-04-31T12:00:00Z", "2100-02-29T12:00:00Z",
            "2026-03-01T24:00:00Z", "2026-03-01T12:60:00Z", "2026-03-01T12:00:61Z", "2026-03-01T12:00:60Z", "2026-03-31T23:59:60+01:00",
            "2026-03-01T12:00:00.Z", "2026-03-01T12:00:00,5Z", "2026-03-01T12:00:00+0200", "2026-03-01T12:00:00+24:00",
            "2026-03-01T12:00:00+02:60", "2026-03-01T12:00:00 02:00", "2026-03-01T12:00:00ZZ", " 2026-03-01T12:00:00Z",
            "+2026-03-01T12:00:00Z", "12026-03-01T12:00:00Z", "-026-03-01T12:00:00Z", "2026-03-01T12:00:00.١Z", "２026-03-01T12:00:00Z",
            "2026-03-01T12:00:00\u{0}Z", "2026-W09-7T12:00:00Z", "2026060T120000Z", "1772366400",
        ])
    func noTimes(_ text: String) {
        #expect(RFC3339.parse(text) == nil)
    }

    @Test(
        "Accept is asked whether it takes JSON",
        arguments: [
            ("application/json", true), ("*/*", true), ("application/*", true), ("APPLICATION/JSON", true), ("", true),
            ("text/html, application/xhtml+xml, */*;q=0.8", true), ("application/json;q=0.001", true),
            ("application/json; charset=utf-8", true),
            ("text/html;q=0.9 , application/json ;q=0.1", true), ("application/json;q=0, application/json", true),
            (",,application/json", true),
            ("application/*;q=0, application/json", true), ("text/html;x=\"a,b\", application/json", true),
            // what cannot be read asks for nothing
            ("json", true), ("application/json;;q", true), (";", true), ("text/html application/json", true),
            ("text/html", false), ("application/xml", false), ("application/problem+json", false), ("application/json;q=0", false),
            ("*/*;q=0", false), ("*/*;q=0.000", false), ("application/json;q=0, */*", false), ("application/*;q=0, */*", false),
            ("application/jsonx, application/ld+json", false), ("text/*", false), ("*/json", false),
        ])
    func accept(_ field: String, _ isWelcome: Bool) {
        #expect(Accept.allowsJSON(field) == isWelcome)
    }
}
