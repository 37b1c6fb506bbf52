import Customers

/// The parameters of a query, form-encoded: `+` is a space and `%2B` a plus sign (WHATWG URL, section 5.1).
struct QueryParameters {
    private var values: [(name: String, value: String)] = []

    /// - Throws: `invalid_parameter` naming the first parameter that is not in `known`, stands twice, or is not percent-encoded UTF-8.
    init(_ query: String?, known: [String]) throws(Refusal) {
        for piece in (query ?? "").utf8.split(separator: UInt8(ascii: "&")) {
            let rawName = piece.prefix { $0 != UInt8(ascii: "=") }
            guard let name = Self.decode(rawName) else {
                throw .invalidParameter(String(decoding: rawName, as: UTF8.self), "A parameter's name is not percent-encoded UTF-8.")
            }
            guard known.contains(where: { $0.hasSameBytes(as: name) }) else {
                let list = known.isEmpty ? "none" : known.joined(separator: ", ")
                throw .invalidParameter(name, "There is no such parameter here. Known: \(list).")
            }
            guard self[name] == nil else { throw .invalidParameter(name, "The parameter \(name) may stand once.") }
            guard let value = Self.decode(piece.dropFirst(rawName.count + 1)) else {
                throw .invalidParameter(name, "The value of \(name) is not percent-encoded UTF-8.")
            }
            values.append((name, value))
        }
    }

    subscript(name: String) -> String? {
        values.first { $0.name.hasSameBytes(as: name) }?.value
    }

    private static func decode(_ raw: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var rest = raw[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
