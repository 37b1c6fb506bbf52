/// A JSON text judged strictly (RFC 8259) and kept as its bytes beside a flat table of where each value lies.
///
/// Stricter than the RFC asks: duplicate member names are refused (RFC 8725 section 2.6: two readers may pick different ones),
/// invalid UTF-8 and unpaired surrogates are refused, and nesting is bounded. No value is decoded before it is asked for.
package struct JSONDocument: Sendable {
    /// One value. Members of an object stand as name, value, name, value… right behind it.
    struct Node: Sendable {
        var kind: JSONKind
        /// A string, or a name, with at least one backslash.
        var isEscaped: Bool
        /// Bytes, half-open; a string's without its quotes.
        var start: Int32
        var end: Int32
        /// Index of the node behind this value and all that it holds.
        var next: Int32
    }

    package let bytes: [UInt8]
    let nodes: [Node]

    /// - Parameters:
    ///   - bytes: the whole text; at most 2 GiB.
    ///   - maximumDepth: how many arrays and objects may stand inside one another; 1 allows `[1]` but not `[[1]]`.
    /// - Throws: `JSONError` with the offset of the first byte that is wrong.
    package init(_ bytes: [UInt8], maximumDepth: Int = 32) throws(JSONError) {
        guard bytes.count < Int(Int32.max) else { throw JSONError(.tooLarge, at: 0) }
        var scanner = JSONScanner(maximumDepth: maximumDepth, capacity: min(bytes.count / 8 + 4, 1024))
        try scanner.scan(bytes.span)
        self.bytes = bytes
        self.nodes = scanner.nodes
    }

    package var root: JSONElement { JSONElement(document: self, index: 0) }
}

package enum JSONKind: UInt8, Sendable {
    case object, array, string, number, `true`, `false`, null

    /// How Zod 3 and error messages name the kind.
    package var name: String {
        switch self {
        case .object: "object"
        case .array: "array"
        case .string: "string"
        case .number: "number"
        case .true, .false: "boolean"
        case .null: "null"
        }
    }
}
