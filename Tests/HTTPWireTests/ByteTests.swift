import Testing

@testable import HTTPWire

@Suite("Bytes, eight at a time")
struct ByteTests {
    @Test("a byte is found where it first stands, whatever stands around it and wherever the search begins")
    func firstIndexAgrees() {
        for count in 0...24 {
            for around in [0x00, 0x0B, 0x20, 0x8A, 0xFF] as [UInt8] {
                for place in 0..<max(count, 1) {
                    var bytes = [UInt8](repeating: around, count: count)
                    if place < count { bytes[place] = 0x0A }
                    if place + 3 < count { bytes[place + 3] = 0x0A }
                    for start in 0...count {
                        let expected = bytes[start...].firstIndex(of: 0x0A)
                        let found = bytes.span.firstIndex(of: 0x0A, from: start)
                        #expect(found == expected, "\(bytes) from \(start)")
                    }
                }
            }
        }
    }

    @Test("every byte at every place of a field's value is judged as it is alone, and nothing outside the range is")
    func fieldValuesAgree() {
        for byte in UInt8.min...UInt8.max {
            let isAllowed = byte == 0x09 || byte >= 0x20 && byte != 0x7F
            for count in 1...19 {
                for place in 0..<count {
                    // Beside a tab, which the quick look takes for a control character.
                    for other in [UInt8(ascii: "a"), 0x09, 0x80] {
                        var bytes = [UInt8](repeating: other, count: count)
                        bytes[place] = byte
                        let judged = ([0x00, 0x7F] + bytes + [0x0D]).span.isFieldValue(2..<2 + count)
                        #expect(judged == isAllowed, "\(bytes)")
                    }
                }
            }
        }
    }

    @Test(
        "numbers are written as everybody writes them",
        arguments: [0, 1, 9, 10, 99, 100, 200, 999, 1000, 9999, 10_000, 65_536, Int.max, -1, Int.min])
    func decimals(number: Int) {
        var text: [UInt8] = []
        text.append(decimal: number)
        #expect(String(decoding: text, as: UTF8.self) == "\(number)")
    }

    @Test(
        "hexadecimal digits are lower-case and have their zeros in front",
        arguments: [
            (0, "0000000000000000"), (0x0123_4567_89AB_CDEF, "0123456789abcdef"), (0xFEDC_BA98_7654_3210, "fedcba9876543210"),
            (.max, "ffffffffffffffff"), (0x90A0_09AF, "0000000090a009af"),
        ] as [(UInt64, String)])
    func hexadecimals(number: UInt64, expected: String) {
        var text: [UInt8] = []
        text.append(hexadecimal: number)
        #expect(String(decoding: text, as: UTF8.self) == expected)
    }
}
