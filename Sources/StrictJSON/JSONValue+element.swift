extension JSONValue {
    /// What was read, to be written again.
    package init(_ element: JSONElement) {
        switch element.kind {
        case .object: self = .object(element.members.map { ($0.name, JSONValue($0.value)) })
        case .array: self = .array(element.elements.map { JSONValue($0) })
        case .string: self = element.string.map { .string($0) } ?? .null
        case .number: self = element.integer.map { .integer($0) } ?? element.double.map { .double($0) } ?? .null
        case .true: self = true
        case .false: self = false
        case .null: self = nil
        }
    }
}
