import Foundation
import GatewayTesting
import StrictJSON
import Testing

@testable import Access
@testable import GatewayConfiguration

/// An editor that goes by the schema says what `policy check` says, as far as a schema can say it. Judged by python-jsonschema, which comes
/// with the tools of the OpenAPI tests.
@Suite("The policy's JSON Schema and the loader", .ownThread)
struct PolicySchemaAgreementTests {
    /// Mistakes of form that a schema has no words for, by what stands in their message.
    static let beyond = [
        "stands twice in the path",  // names within one text
        "is not canonical",
        "not an IP address or network", "address bits are set",  // arithmetic
        "is too large", "whole number with its unit",  // overflow
        "OPTIONS is answered",
        "at most 256",
    ]

    struct Verdict {
        let name: String
        let isAccepted: Bool
        /// What the reader alone finds: keys, types, values.
        let form: [String]
        let json: JSONValue
    }

    static func verdicts() -> [Verdict] {
        let rows = PolicyErrorTests.documentRows + PolicyErrorTests.routeRows + PolicyErrorTests.pathRows + PolicyErrorTests.ruleRows
        let good = [("fixture", PolicyFixture.text()), ("decisions", PolicyDecisionTests.text)]
        return (good + rows.map { ($0.testDescription, $0.text) }).compactMap { name, text in
            let source = YAMLReader.read(Array(text.utf8), file: "p")
            // What is no strict YAML never comes before a schema.
            guard let root = source.root, source.problems.isEmpty else { return nil }
            var reader = PolicyReader(file: "p")
            _ = reader.read(root)
            let form = reader.reader.problems.diagnostics.filter { $0.severity == .error }.map(\.message)
            let load = PolicyFixture.compile(text, upstreams: ["billing"])
            return Verdict(name: name, isAccepted: load.policy != nil, form: form, json: root.json)
        }
    }

    @Test("accept and refuse the same files")
    func agreement() throws {
        let verdicts = Self.verdicts()
        #expect(verdicts.count > 100)
        let valid = try Self.judge(verdicts.map(\.json))
        #expect(valid.count == verdicts.count)
        var refused = 0
        for (verdict, isValid) in zip(verdicts, valid) {
            if verdict.isAccepted { #expect(isValid, "the schema refuses what loads: \(verdict.name)") }
            if !isValid { refused += 1 }
            let isBeyond = !verdict.form.isEmpty && verdict.form.allSatisfy { message in Self.beyond.contains { message.contains($0) } }
            if !verdict.form.isEmpty, !isBeyond {
                #expect(!isValid, "the schema accepts \(verdict.name): \(verdict.form)")
            }
        }
        #expect(refused > 60)
        let shipped = YAMLReader.read(try PolicyFixture.repositoryFile("policies/policy.yaml"), file: "p").root
        #expect(try Self.judge([try #require(shipped).json]) == [true])
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Whether the schema accepts each.
    private static func judge(_ instances: [JSONValue]) throws -> [Bool] {
        let tools = try run(root.appending(path: ".ci/openapi-tools").path, [])
        let folder = try #require(tools.split(separator: "\n").last.map(String.init), "\(tools)")
        let file = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString).json")
        try Data(JSONValue.array(instances).utf8()).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let script = """
            import json, sys, jsonschema
            schema = json.load(open(sys.argv[1]))
            jsonschema.Draft202012Validator.check_schema(schema)
            judge = jsonschema.Draft202012Validator(schema)
            print(json.dumps([judge.is_valid(x) for x in json.load(open(sys.argv[2]))]))
            """
        let output = try run("\(folder)/python3", ["-c", script, root.appending(path: "policies/policy.schema.json").path, file.path])
        return try JSONDocument(Array(output.utf8)).root.elements.map { $0.bool == true }
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = SpawnedProcess()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = root
        process.environment = ProcessInfo.processInfo.environment
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.standardError
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(program) failed: \(text)")
        return text
    }
}
