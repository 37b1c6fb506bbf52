/// Turns the bytes between a string's quotes into what they say. The scanner has judged them: every escape here is a good one.
enum StringDecoder {
    static func decode(_ node: JSONDocument.Node, _ bytes: Span<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Int(node.end - node.start))
        var position = Int(node.start)
        let end = Int(node.end)
        while position < end {
            let byte = bytes[position]
            position += 1
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            let escape = bytes[position]
            position += 1
            switch escape {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = UInt32(hex(bytes, at: position))
                position += 4
                if 0xD800..<0xDC00 ~= scalar {
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + UInt32(hex(bytes, at: position + 2)) - 0xDC00
                    position += 6
                }
                append(scalar, to: &result)
            default: result.append(escape)
            }
        }
        return result
    }

    private static func hex(_ bytes: Span<UInt8>, at position: Int) -> UInt16 {
        var unit: UInt16 = 0
        for offset in 0..<4 { unit = unit << 4 | UInt16(HexDigit.value(bytes[position + offset]) ?? 0) }
        return unit
    }

    private static func append(_ scalar: UInt32, to result: inout [UInt8]) {
        // The scanner let no lone surrogate pass, so every value is a scalar.
        guard let scalar = Unicode.Scalar(scalar) else { return }
        result.append(contentsOf: String(Character(scalar)).utf8)
    }
}

enum HexDigit {
    static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

enum UTF8Sequence {
    /// Length in bytes, 2 to 4, of the well-formed sequence at `position`, or 0 (Unicode 15, table 3-7).
    static func length(_ bytes: Span<UInt8>, at position: Int) -> Int {
        func tail(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            position + offset < bytes.count && range.contains(bytes[position + offset])
        }
        switch bytes[position] {
        case 0xC2...0xDF: return tail(1) ? 2 : 0
        case 0xE0: return tail(1, 0xA0...0xBF) && tail(2) ? 3 : 0
        case 0xE1...0xEC, 0xEE...0xEF: return tail(1) && tail(2) ? 3 : 0
        case 0xED: return tail(1, 0x80...0x9F) && tail(2) ? 3 : 0
        case 0xF0: return tail(1, 0x90...0xBF) && tail(2) && tail(3) ? 4 : 0
        case 0xF1...0xF3: return tail(1) && tail(2) && tail(3) ? 4 : 0
        case 0xF4: return tail(1, 0x80...0x8F) && tail(2) && tail(3) ? 4 : 0
        default: return 0
        }
    }
}
