import Foundation
import GatewayTesting
import StrictJSON
import Testing

@Suite("The API's description", .ownThread)
struct OpenAPITests {
    /// The shipped policy, but partners may carry the administrator's role, so that one token reaches every operation.
    private static func openPolicy() throws -> String {
        try Place.policy(
            with: "roles: [partner-reader, partner-writer, provisioning-admin] }", for: "roles: [partner-reader, partner-writer] }"
        )
        .replacing(#/  # A partner cannot carry.*?(?=  - as: \{ caller: staff, roles: \[support\])/#.dotMatchesNewlines(), with: "")
    }

    private struct Tool {
        let status: Int32
        let output: String
    }

    /// Runs a command to its end, however much it says.
    private static func run(_ program: String, _ arguments: [String], in folder: String, environment: [String: String] = [:]) throws -> Tool
    {
        let process = SpawnedProcess()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(["NO_COLOR": "1"]) { $1 }.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Tool(status: process.terminationStatus, output: text)
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The folder of the tools from PyPI; fails the test when they cannot be had.
    private static let tools: Result<String, any Error> = Result {
        let made = try run(root.appendingPathComponent(".ci/openapi-tools").path, [], in: root.path)
        let folder = made.output.split(separator: "\n").last.map(String.init)
        guard made.status == 0, let folder else { throw Program.Failure(description: made.output) }
        return folder
    }

    @Test("it is OpenAPI 3.1, for everybody, and tells every operation that the policy has a route for")
    func valid() throws {
        let tools = try Self.tools.get()
        let place = try Place()
        try place.serving { gateway in
            let answer = try gateway.connect().get("/openapi.json")
            #expect(answer.status == 200 && answer.headers["content-type"] == "application/json")
            try place.write("openapi.json", answer.body)
            let judged = try Self.run("\(tools)/openapi-spec-validator", ["--schema", "3.1", "openapi.json"], in: place.path)
            #expect(judged.status == 0, "\(judged.output)")
            let paths = answer.json?["paths"]?.members.flatMap { path in path.value.members.map { "\($0.name) \(path.name)" } } ?? []
            let customers = "/api/provisioning/customers"
            #expect(
                Set(paths) == [
                    "get \(customers)", "post \(customers)", "get \(customers)/{id}", "put \(customers)/{id}", "patch \(customers)/{id}",
                    "delete \(customers)/{id}", "get /openapi.json", "post /oauth2/token", "get /.well-known/oauth-authorization-server",
                    "get /.well-known/jwks.json", "get /session", "post /oauth2/introspect", "post /oauth2/revoke",
                    "post /oauth2/signature-check",
                ]
            )
            let create = answer.json?["paths"]?[customers]?["post"]
            #expect(create?["security"]?.elements.first?["accessToken"]?.elements.map(\.string) == ["customers:write"])
        }
    }

    @Test("it follows the policy: what has no route is not told, and what a route asks for is")
    func followsPolicy() throws {
        let text = try Place.policy(
            with: "precondition: required\n    path: /api/provisioning/customers/{id}\n    needs: [customers:delete]",
            for: "path: /api/provisioning/customers/{id}\n    needs: [customers:delete]")
        let closed = text.replacing(
            "  - id: customers.replace\n", with: "  - id: customers.replace\n    closed: true\n", maxReplacements: 1
        )
        .replacing(", customers.replace own", with: "").replacing(
            "customers.read, customers.replace, customers.update, customers.delete]\n\n  # A session",
            with: "customers.read, customers.update, customers.delete]\n\n  # A session")
        let place = try Place(policy: closed)
        try place.serving { gateway in
            let path = try gateway.connect().get("/openapi.json").json?["paths"]?["/api/provisioning/customers/{id}"]
            #expect(path?["put"] == nil && path?["patch"] != nil)
            for (method, isRequired) in [("patch", false), ("delete", true)] {
                let ifMatch = path?[method]?["parameters"]?.elements.first { $0["name"]?.string == "If-Match" }
                #expect(ifMatch?["required"]?.bool == isRequired)
            }
        }
    }

    @Test("policy check --openapi finds nothing to say of the shipped policy, and finds what is wrong with others")
    func policyCheck() throws {
        let shipped = try Place().run("policy", "check", "--openapi", "--strict")
        #expect(shipped.status == 0, "\(shipped.output)")
        let other = try Place(
            policy: try Place.policy(with: "methods: [GET, PUT]\n    path: /openapi.json", for: "methods: [GET]\n    path: /openapi.json"))
        let plain = try other.run("policy", "check")
        #expect(plain.status == 0, "\(plain.output)")
        let compared = try other.run("policy", "check", "--openapi")
        #expect(compared.status == 1)
        #expect(compared.output.contains("no operation for PUT /openapi.json (route `openapi`)"), "\(compared.output)")
    }

    /// All phases of the tool with a fixed seed. What it may not do here stands in schemathesis.toml, with the reason.
    @Test("a tool that reads it and tries the running gateway finds nothing")
    func schemathesis() throws {
        let tools = try Self.tools.get()
        let place = try Place(policy: try Self.openPolicy())
        let partner = try place.addPartner("acme", role: "provisioning-admin")
        try place.serving { gateway in
            let hooks = Self.root.appendingPathComponent("Tests/StoryTests/schemathesis_hooks.py")
            try place.write("schemathesis_hooks.py", try String(contentsOf: hooks, encoding: .utf8))
            let found = try Self.run(
                "\(tools)/schemathesis",
                [
                    "--config-file", Self.root.appendingPathComponent("Tests/StoryTests/schemathesis.toml").path, "run",
                    "http://\(gateway.address)/openapi.json", "--checks", "all", "--max-examples", "40", "--seed", "1",
                    "--continue-on-failure",
                ], in: place.path,
                environment: [
                    "GATEHOUSE_TOKEN": try gateway.token(partner), "GATEHOUSE_CLIENT": partner.id, "GATEHOUSE_SECRET": partner.secret,
                    "GATEHOUSE_BASIC": partner.basicCredentials,
                ]
            )
            #expect(found.status == 0, "\(found.output)")
            let counts = found.output.split(separator: "\n").filter { $0.contains("generated") || $0.contains("Operations:") }
            print("schemathesis: \(counts.joined(separator: " "))")
        }
    }
}
