/// One value of a document. Asking for another type than it has answers nil, never a conversion.
package struct JSONElement: Sendable {
    package let document: JSONDocument
    let index: Int

    private var node: JSONDocument.Node { document.nodes[index] }

    package var kind: JSONKind { node.kind }

    /// The bytes of the value in `document.bytes`, half-open; a string's without its quotes and not decoded.
    package var rawRange: Range<Int> { Int(node.start)..<Int(node.end) }

    /// A string, decoded; nil for every other kind.
    package var string: String? {
        guard node.kind == .string else { return nil }
        return String(decoding: utf8, as: UTF8.self)
    }

    /// The decoded bytes of a string; of another kind its raw text.
    package var utf8: [UInt8] {
        node.isEscaped ? StringDecoder.decode(node, document.bytes.span) : Array(document.bytes[rawRange])
    }

    /// Whether this is a string that decodes to exactly these bytes. No Unicode normalization takes part.
    package func isString(_ text: String) -> Bool {
        guard node.kind == .string else { return false }
        if node.isEscaped { return utf8.elementsEqual(text.utf8) }
        return document.bytes[rawRange].elementsEqual(text.utf8)
    }

    /// A number written without fraction and exponent that fits 64 bits; nil for `1.0` and `1e3`.
    package var integer: Int64? {
        guard node.kind == .number else { return nil }
        var magnitude: UInt64 = 0
        var isNegative = false
        for byte in document.bytes[rawRange] {
            if byte == UInt8(ascii: "-") {
                isNegative = true
                continue
            }
            guard byte &- UInt8(ascii: "0") < 10 else { return nil }
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            if overflow || carry { return nil }
            magnitude = sum
        }
        if isNegative {
            return magnitude <= UInt64(Int64.max) + 1 ? Int64(truncatingIfNeeded: ~magnitude &+ 1) : nil
        }
        return Int64(exactly: magnitude)
    }

    /// A number as a finite double; nil when it overflows.
    package var double: Double? {
        guard node.kind == .number, let value = Double(String(decoding: document.bytes[rawRange], as: UTF8.self)),
            value.isFinite
        else { return nil }
        return value
    }

    package var bool: Bool? {
        switch node.kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    package var isNull: Bool { node.kind == .null }

    /// The member of an object with exactly this name; nil when there is none or this is no object.
    package subscript(name: String) -> JSONElement? {
        let object = node
        guard object.kind == .object else { return nil }
        let wanted = name.utf8.span
        var index = self.index + 1
        while index < Int(object.next) {
            // Looked at in place: most members are another than the one that is asked for.
            if document.isString(at: index, wanted) { return JSONElement(document: document, index: index + 1) }
            index = Int(document.nodes[index + 1].next)
        }
        return nil
    }

    /// The members of an object in their order; empty for every other kind.
    package var members: [(name: String, value: JSONElement)] {
        guard node.kind == .object else { return [] }
        var result: [(name: String, value: JSONElement)] = []
        var index = self.index + 1
        while index < Int(node.next) {
            let name = JSONElement(document: document, index: index)
            result.append((String(decoding: name.utf8, as: UTF8.self), JSONElement(document: document, index: index + 1)))
            index = Int(document.nodes[index + 1].next)
        }
        return result
    }

    /// The elements of an array in their order; empty for every other kind.
    package var elements: [JSONElement] {
        guard node.kind == .array else { return [] }
        var result: [JSONElement] = []
        var index = self.index + 1
        while index < Int(node.next) {
            result.append(JSONElement(document: document, index: index))
            index = Int(document.nodes[index].next)
        }
        return result
    }
}

extension JSONDocument {
    /// Whether the string at this node decodes to exactly these bytes.
    fileprivate func isString(at index: Int, _ text: Span<UInt8>) -> Bool {
        let node = nodes[index]
        if node.isEscaped {
            let decoded = StringDecoder.decode(node, bytes.span)
            guard decoded.count == text.count else { return false }
            for offset in decoded.indices where decoded[offset] != text[offset] { return false }
            return true
        }
        guard Int(node.end - node.start) == text.count else { return false }
        for offset in 0..<text.count where bytes[Int(node.start) + offset] != text[offset] { return false }
        return true
    }
}
