extension Metadata {
    /// The entries as one JSON object of texts, for a column that people can read too.
    package var text: String {
        var bytes = [UInt8(ascii: "{")]
        for (position, entry) in entries.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            Self.append(entry.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            Self.append(entry.value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads what `text` writes and nothing else: no spaces, no other escapes. Nil for all other texts.
    package init?(text: String) {
        var cursor = Cursor(bytes: Array(text.utf8))
        guard cursor.skip(UInt8(ascii: "{")) else { return nil }
        var entries: [Entry] = []
        while !cursor.skip(UInt8(ascii: "}")) {
            if !entries.isEmpty && !cursor.skip(UInt8(ascii: ",")) { return nil }
            guard let key = cursor.text(), cursor.skip(UInt8(ascii: ":")), let value = cursor.text() else { return nil }
            entries.append(Entry(key, value))
        }
        guard cursor.isAtEnd else { return nil }
        self.init(entries)
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(contentsOf: [digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private struct Cursor {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func next() -> UInt8? {
            guard position < bytes.count else { return nil }
            position += 1
            return bytes[position - 1]
        }

        mutating func skip(_ byte: UInt8) -> Bool {
            guard position < bytes.count, bytes[position] == byte else { return false }
            position += 1
            return true
        }

        mutating func text() -> String? {
            guard skip(UInt8(ascii: "\"")) else { return nil }
            var text: [UInt8] = []
            while let byte = next() {
                switch byte {
                case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard let escaped = escape() else { return nil }
                    text.append(escaped)
                case 0..<0x20: return nil
                default: text.append(byte)
                }
            }
            return nil
        }

        /// What follows a backslash: a quote, a backslash, or `u00` and two hexadecimal digits of a control character.
        private mutating func escape() -> UInt8? {
            guard let kind = next() else { return nil }
            if kind == UInt8(ascii: "\"") || kind == UInt8(ascii: "\\") { return kind }
            guard kind == UInt8(ascii: "u"), skip(UInt8(ascii: "0")), skip(UInt8(ascii: "0")),
                let high = next().flatMap(Self.digit), let low = next().flatMap(Self.digit), high < 2
            else { return nil }
            return high << 4 | low
        }

        private static func digit(_ byte: UInt8) -> UInt8? {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: nil
            }
        }
    }
}
