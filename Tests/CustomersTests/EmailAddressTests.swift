import Customers
import Foundation
import Testing

@Suite struct EmailAddressTests {
    @Test(
        "Addresses that Zod 3 takes are valid",
        arguments: [
            "ada@example.com", "a@b.co", "A.B@EXAMPLE.COM", "first.last+tag@sub.example.org", "_@x.yz", "+@x.yz", "-@x.yz",
            "o'brien@example.ie", "'a@x.yz", "0@0.aa", "a@b-.co", "a@b--c.co", "a@1.2.3.co", "a-b_c+d'e.f@x-y.museum",
            "a@xn--bcher-kva.example", "very.long.local.part.of.an.address@very.long.domain.of.an.example.com",
        ])
    func valid(_ text: String) {
        #expect(EmailAddress.isValid(text))
    }

    @Test(
        "Texts that Zod 3 refuses are invalid",
        arguments: [
            // no address at all
            "", "a", "@", "a@", "@b.co", "example.com", " ",
            // dots in the local part
            ".a@b.co", "a.@b.co", "a..b@c.co", ".@b.co",
            // the last character of the local part
            "a'@b.co", "'@b.co",
            // other characters
            "a b@c.co", "a@b c.co", " a@b.co", "a@b.co ", "a@b.co\n", "a\n@b.co", "\na@b.co", "a!@b.co", "a#b@c.co",
            "a/b@c.co", "a=b@c.co", "a,b@c.co", "\"a\"@b.co", "a%b@c.co", "<a@b.co>", "a@b.co,c@d.co", "a\u{0}@b.co",
            "a@b.co\u{0}", "a@b_c.co",
            // more than one @
            "a@@b.co", "a@b@c.co", "a@b.co@", "attacker@evil.example@example.com",
            // labels
            "a@b", "a@.co", "a@b..co", "a@b.", "a@b.co.", "a@-b.co", "a@b.-c.co", "a@b.c", "a@b.c1", "a@b.1", "a@b.c-d",
            "a@b.co-", "a@127.0.0.1", "a@[127.0.0.1]", "a@b.co.1", "a@localhost",
            // not ASCII: look-alikes and letters that fold to ASCII ones
            "ä@b.co", "a@bücher.example", "a@b.cö", "a\u{FF20}b.co", "a@b\u{3002}co", "\u{212A}@b.co", "a@b.\u{17F}o",
            "a@b.c\u{301}o", "a\u{301}@b.co",
        ])
    func invalid(_ text: String) {
        #expect(!EmailAddress.isValid(text))
    }

    /// The expression as Zod 3 has it; `\z` because `$` of this engine also matches before a last line break.
    private static let expression =
        #"^(?!\.)(?!.*\.\.)([A-Z0-9_'+\-\.]*)[A-Z0-9_+-]@([A-Z0-9][A-Z0-9\-]*\.)+[A-Z]{2,}\z"#

    @Test("The scanner decides as Zod's expression does on texts that are nearly addresses")
    func differential() throws {
        let expression = try NSRegularExpression(pattern: Self.expression, options: [.caseInsensitive])
        let local = ["a", "Z", "9", ".", "-", "_", "'", "+", "b.c", "a", "b", ".."]
        let domain = ["a", "Z", "9", ".", "-", "b.", ".co", ".org", "c.", "x", "_"]
        let ends = [".co", "x.org", ".museum", "", ".c", ".c1", "."]
        let strays = ["", "", "", "", "", "@", " ", "!", ".", "\n"]
        var random = SplitMix(state: 7)
        func draw(_ pieces: [String], _ count: ClosedRange<Int>) -> String {
            (0..<Int.random(in: count, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
        }
        var counts = (valid: 0, invalid: 0)
        for _ in 0..<40_000 {
            let text =
                draw(local, 0...4) + draw(strays, 1...1) + "@" + draw(domain, 1...4) + draw(ends, 1...1)
                + draw(strays, 1...1)
            let range = NSRange(location: 0, length: text.utf16.count)
            let expected = expression.firstMatch(in: text, range: range) != nil
            try #require(EmailAddress.isValid(text) == expected, "\(text)")
            if expected { counts.valid += 1 } else { counts.invalid += 1 }
        }
        #expect(counts.valid > 500 && counts.invalid > 500)
    }
}

/// A small generator with a fixed start, so that a failure can be had again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
