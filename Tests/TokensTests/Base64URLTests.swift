import Testing
import Tokens

@Suite("Base64url")
struct Base64URLTests {
    @Test(
        "Bytes of every length come back, in the characters of RFC 4648",
        arguments: [
            ([], ""), ([0x66], "Zg"), ([0x66, 0x6F], "Zm8"), ([0x66, 0x6F, 0x6F], "Zm9v"), ([0x66, 0x6F, 0x6F, 0x62], "Zm9vYg"),
            ([0xFB, 0xFF, 0xBF], "-_-_"), ([0xFF, 0xFF, 0xFF], "____"), ([0, 0, 0, 0], "AAAAAA"),
        ] as [([UInt8], String)])
    func examples(bytes: [UInt8], text: String) throws {
        #expect(Base64URL.encode(bytes) == text)
        #expect(try Base64URL.decode(text) == bytes)
    }

    @Test("Every byte value at every place comes back")
    func roundTrip() throws {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            let text = Base64URL.encode(bytes)
            #expect(text.utf8.count == Base64URL.encodedCount(count))
            #expect(Base64URL.decodedCount(text.utf8.count) == count)
            #expect(try Base64URL.decode(text) == bytes)
        }
    }

    @Test(
        "Anything but the canonical form is refused (J-08)",
        arguments: [
            "A", "AAAAA",  // no bytes have so many characters
            "Zg==", "Zm8=", "Zm9v=", "=", "====",  // padding
            "Zh", "Zk", "Zn", "Zm9", "Zm_",  // unused bits that are not zero
            "Z m9", "Zm9v\n", " Zm9v", "Zm9v ", "Zm\t9", "Zm9v\r\n", "Zm9\0",  // space and control characters
            "+/+/", "-/-_", "Zm9+",  // the other alphabet
            "Zm9.", "Zm9,", "Zm9?", "Zm9%", "Zm9\u{FF}", "é", "Zm9é",  // foreign characters
        ])
    func refused(text: String) {
        #expect(throws: TokenError.badBase64) { try Base64URL.decode(text) }
    }

    @Test("A foreign byte is refused at every place of a text of every length")
    func foreign() {
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for count in [2, 3, 4, 6, 7, 8] {
            for place in 0..<count {
                for byte in UInt8.min...UInt8.max where !alphabet.contains(byte) {
                    var text = [UInt8](repeating: UInt8(ascii: "A"), count: count)
                    text[place] = byte
                    #expect(throws: TokenError.badBase64) { try Base64URL.decode(text.span) }
                }
            }
        }
    }

    @Test("No two texts of two, three or four characters decode to the same bytes")
    func injective() throws {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var seen: Set<[UInt8]> = []
        var accepted = 0
        for a in alphabet {
            for b in alphabet {
                for tail in [[], [alphabet[Int(a) % 64]], [alphabet[Int(b) % 64], a]] as [[UInt8]] {
                    guard let bytes = try? Base64URL.decode(([a, b] + tail).span) else { continue }
                    accepted += 1
                    #expect(seen.insert(bytes).inserted)
                    #expect(Array(Base64URL.encode(bytes).utf8) == [a, b] + tail)
                }
            }
        }
        #expect(accepted > 4096)
    }
}
