/// Any text as a column of type text can hold it. PostgreSQL's texts have no U+0000, so that is written `\0`, and a backslash `\\`;
/// all else stands as it is, for people and other programs to read and search.
///
/// No two texts are written alike, and one begins with another exactly when what is written does.
enum ExactText {
    private static let backslash = UInt8(ascii: "\\")
    private static let zero = UInt8(ascii: "0")

    static func written(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0 || $0 == backslash }) else { return text }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0: bytes += [backslash, zero]
            case backslash: bytes += [backslash, backslash]
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Nil for what `written` never writes.
    static func read(_ bytes: [UInt8]) -> String? {
        guard bytes.contains(backslash) else { return String(validating: bytes, as: UTF8.self) }
        var text: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            guard byte == backslash else {
                text.append(byte)
                continue
            }
            switch rest.popFirst() {
            case zero: text.append(0)
            case backslash: text.append(backslash)
            default: return nil
            }
        }
        return String(validating: text, as: UTF8.self)
    }
}
