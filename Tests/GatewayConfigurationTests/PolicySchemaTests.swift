import GatewayCore
import StrictJSON
import Testing

@testable import Access
@testable import GatewayConfiguration

/// The schema is for editors; what it can say must be what the compiler says.
@Suite("The policy's JSON Schema")
struct PolicySchemaTests {
    static func schema() throws -> JSONDocument {
        try JSONDocument(PolicyFixture.repositoryFile("policies/policy.schema.json"))
    }

    @Test(
        "names every key that the compiler knows, and no other",
        arguments: [
            ([], PolicyReader.keys), (["$defs", "role"], PolicyReader.roleKeys), (["$defs", "caller"], PolicyReader.callerKeys),
            (["$defs", "route"], PolicyReader.routeKeys), (["$defs", "route", "properties", "body"], PolicyReader.bodyKeys),
            (["$defs", "denyRule"], PolicyReader.denyKeys),
            (["$defs", "denyRule", "properties", "when"], PolicyReader.conditionKeys), (["$defs", "test"], PolicyReader.testKeys),
            (["$defs", "testSubject"], PolicyReader.subjectKeys),
        ]
    )
    func keys(path: [String], keys: [String]) throws {
        var node: JSONElement? = try Self.schema().root
        for name in path { node = node?[name] }
        let properties = try #require(node?["properties"]?.members)
        #expect(Set(properties.map(\.name)) == Set(keys))
        #expect(node?["additionalProperties"]?.bool == false)
    }

    @Test(
        "offers the same words",
        arguments: [
            (["role", "objects"], ObjectReach.allCases.map(\.rawValue)), (["caller", "via"], Via.allCases.map(\.rawValue)),
            (["route", "signed"], SignatureRule.allCases.map(\.rawValue)), (["route", "upgrade"], Upgrade.allCases.map(\.rawValue)),
        ]
    )
    func words(path: [String], words: [String]) throws {
        let property = try Self.schema().root["$defs"]?[path[0]]?["properties"]?[path[1]]
        #expect(property?["enum"]?.elements.compactMap(\.string) == words)
    }

    @Test("offers every method that can be routed")
    func methods() throws {
        let items = try Self.schema().root["$defs"]?["route"]?["properties"]?["methods"]?["items"]
        let known = Access.Method.allCases.filter { $0 != .options }.map(\.name)
        #expect(items?["enum"]?.elements.compactMap(\.string) == known)
    }

    @Test("is the one that the program carries")
    func embedded() throws {
        let file = String(decoding: try PolicyFixture.repositoryFile("policies/policy.schema.json"), as: UTF8.self)
        #expect(PolicySchema.text + "\n" == file)
    }

    @Test("refuses the paths that the gateway answers itself")
    func ownPaths() throws {
        let path = try Self.schema().root["$defs"]?["route"]?["properties"]?["path"]
        #expect(path?["not"]?["enum"]?.elements.compactMap(\.string) == Endpoint.allCases.map(\.rawValue))
    }
}
