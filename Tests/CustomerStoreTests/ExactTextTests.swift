import GatewayTesting
import Testing

@testable import CustomerStorePostgres

@Suite(.ownThread) struct ExactTextTests {
    static let texts = ["", "a", "\u{0}", "\\", "\\0", "\\\u{0}", "\u{0}0", "a\u{0}b", "\\\\", "é", "e\u{301}", "😀\u{0}\\", "\u{10FFFF}"]

    @Test("What is written has no U+0000 and is read back byte for byte", arguments: texts)
    func roundTrip(_ text: String) {
        let written = ExactText.written(text)
        #expect(!written.utf8.contains(0))
        #expect(ExactText.read(Array(written.utf8)).map { Array($0.utf8) } == Array(text.utf8))
    }

    @Test("One text begins with another exactly when what is written does", arguments: texts)
    func prefixes(_ text: String) {
        for other in Self.texts {
            let written = ExactText.written(text).utf8.starts(with: ExactText.written(other).utf8)
            #expect(written == text.utf8.starts(with: other.utf8), "\(other.debugDescription)")
        }
    }

    @Test(
        "What is never written is not read",
        arguments: [[0x5C], [0x61, 0x5C], [0x5C, 0x61], [0x5C, 0x5C, 0x5C], [0x5C, 0x31], [0xFF], [0xC0, 0x80]] as [[UInt8]])
    func refused(_ bytes: [UInt8]) {
        #expect(ExactText.read(bytes) == nil)
    }
}
