import GatewayConfiguration
import StrictJSON

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
