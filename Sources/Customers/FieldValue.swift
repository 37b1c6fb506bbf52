/// A value as it stood in a body, whatever notation the body was in. Of numbers and arrays only the kind matters here:
/// no field of a customer can hold one.
package enum FieldValue: Sendable {
    case string(String)
    case number
    case boolean
    case null
    case array
    /// Members in the order of the body. Names are unique, byte for byte: whoever reads the body sees to that.
    case object([Member])

    package struct Member: Sendable {
        package let name: String
        package let value: FieldValue

        package init(_ name: String, _ value: FieldValue) {
            self.name = name
            self.value = value
        }
    }

    /// The kind in Zod's words, as it stands in messages.
    var kind: String {
        switch self {
        case .string: "string"
        case .number: "number"
        case .boolean: "boolean"
        case .null: "null"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension String {
    /// Equality of bytes. `==` on strings means canonical equivalence, under which two different JSON names can be one.
    package func hasSameBytes(as other: String) -> Bool {
        let (own, others) = (utf8.span, other.utf8.span)
        guard own.count == others.count else { return false }
        for index in own.indices where own[index] != others[index] { return false }
        return true
    }
}
