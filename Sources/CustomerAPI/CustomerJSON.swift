import Customers
import StrictJSON

extension Customer {
    /// The customer as callers see it. What was not given is absent.
    var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("id", .string(id.description)), ("tenant", .string(tenant)), ("name", .string(name)),
            ("contactEmail", .string(contactEmail)),
        ]
        for (name, value) in [("address", address), ("phone", phone), ("externalId", externalID)] {
            if let value { members.append((name, .string(value))) }
        }
        if let metadata {
            members.append(("metadata", .object(metadata.entries.map { ($0.key, .string($0.value)) })))
        }
        members += [
            ("createdAt", .string(RFC3339.text(milliseconds: createdAt))),
            ("updatedAt", .string(RFC3339.text(milliseconds: updatedAt))), ("version", .integer(version)),
        ]
        return .object(members)
    }
}

extension FieldValue {
    init(_ element: JSONElement) {
        switch element.kind {
        case .string: self = .string(element.string ?? "")
        case .number: self = .number
        case .true, .false: self = .boolean
        case .null: self = .null
        case .array: self = .array
        case .object: self = .object(element.members.map { Member($0.name, FieldValue($0.value)) })
        }
    }
}
