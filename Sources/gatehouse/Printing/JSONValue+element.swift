import GatewayConfiguration
import StrictJSON

extension JSONValue {
    /// What was read, to be written again.
    init(_ element: JSONElement) {
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

/// Members of a JSON object as rows of a table.
enum MemberTable {
    static func text(_ object: JSONElement) -> String {
        var table = Table()
        for member in object.members { table.add("  " + member.name, text(member.name, member.value)) }
        return table.text
    }

    /// Times can be read by people too.
    private static func text(_ name: String, _ element: JSONElement) -> String {
        if ["iat", "nbf", "exp"].contains(name), let seconds = element.integer, (0...253_402_300_799).contains(seconds) {
            return "\(seconds) (\(UnixTime.text(seconds)))"
        }
        return element.string ?? JSONValue(element).serialized()
    }
}
