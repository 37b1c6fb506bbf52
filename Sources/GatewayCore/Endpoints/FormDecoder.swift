/// Reads `application/x-www-form-urlencoded` bodies as OAuth wants them (RFC 6749 appendix B).
enum FormDecoder {
    /// - Returns: nil when a name repeats (RFC 6749 section 3.2), an escape is wrong, or a value is not UTF-8 text without control characters.
    static func decode(_ body: [UInt8]) -> [String: String]? {
        var result: [String: String] = [:]
        for pair in body.split(separator: UInt8(ascii: "&")) {
            let end = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = text(pair[..<end]), let value = text(pair[end...].dropFirst()), !name.isEmpty,
                result.updateValue(value, forKey: name) == nil
            else { return nil }
        }
        // A parameter without a value counts as omitted (RFC 6749 section 3.2).
        return result.filter { !$0.value.isEmpty }
    }

    /// One name or value: `+` is a space, `%` begins an escape.
    static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "+"): decoded.append(0x20)
            case UInt8(ascii: "%"):
                guard index + 2 < bytes.endIndex, let high = hex(bytes[index + 1]), let low = hex(bytes[index + 2]) else {
                    return nil
                }
                decoded.append(high << 4 | low)
                index += 2
            default: decoded.append(bytes[index])
            }
            index += 1
        }
        guard !decoded.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
