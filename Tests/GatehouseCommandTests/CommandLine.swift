import Foundation
import GatewayTesting
import StrictJSON
import Testing

/// What a run of the built program came to.
struct CommandResult {
    let status: Int32
    let output: String
    let error: String

    /// The output as strict JSON.
    func json(_ location: SourceLocation = #_sourceLocation) throws -> JSONElement {
        try #require(try? JSONDocument(Array(output.utf8)).root, "no JSON: \(output)\(error)", sourceLocation: location)
    }
}

/// A directory with a policy, in which the built program is run.
final class Workplace {
    let path: String

    init(policy: String = Workplace.policy) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: "\(path)/policies", withIntermediateDirectories: true)
        try write("policies/policy.yaml", policy)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")), as: UTF8.self)
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }

    func mode(_ name: String) throws -> Int {
        (try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }

    /// Every file below, by name.
    func everything() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in FileManager.default.enumerator(atPath: path)?.allObjects.compactMap({ $0 as? String }) ?? [] {
            files[name] = try? Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
        }
        return files
    }

    /// Runs `gatehouse` with these arguments here, with nothing of the environment of the tests but what a program needs.
    @discardableResult
    func run(_ arguments: String..., environment: [String: String] = [:], input: String = "") throws -> CommandResult {
        try run(arguments, environment: environment, input: input)
    }

    func run(_ arguments: [String], environment: [String: String] = [:], input: String = "") throws -> CommandResult {
        try Self.run(arguments, in: path, environment: environment, input: input)
    }

    static func run(
        _ arguments: [String], in path: String, environment: [String: String] = [:], input: String = ""
    ) throws -> CommandResult {
        let process = SpawnedProcess()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        process.environment = ["PATH": "/usr/bin:/bin", "TZ": "UTC"].merging(environment) { $1 }
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        // Both are far below what a pipe holds, so neither can keep the other waiting.
        let output = stdout.fileHandleForReading.readDataToEndOfFile()
        let error = stderr.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return CommandResult(
            status: process.terminationStatus, output: String(decoding: output, as: UTF8.self),
            error: String(decoding: error, as: UTF8.self)
        )
    }

    /// Starts `gatehouse` and kills it.
    func kill(_ arguments: [String], afterMilliseconds delay: Int) throws {
        let process = SpawnedProcess()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        process.environment = ["PATH": "/usr/bin:/bin"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // Not a wait for anything: the moment of the kill is what is tried out.
        Thread.sleep(forTimeInterval: Double(delay) / 1000)
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// Beside the bundle of the tests.
    private static let program: String = {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
        var folder = URL(fileURLWithPath: bundle)
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent("gatehouse").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        return "gatehouse-was-not-built"
    }()

    static let policy = """
        policy: 1
        scopes: { customers:read: Look, customers:write: Change, customers:delete: Remove }
        roles:
          partner-reader: { grants: [customers:read] }
          partner-writer: { includes: [partner-reader], grants: [customers:write] }
          provisioning-admin: { grants: [customers:delete], objects: any }
        callers:
          partner: { via: partner-token, roles: [partner-reader, partner-writer] }
          staff: { via: session, roles: [provisioning-admin] }
        routes:
          - { id: read, methods: [GET], path: /c, needs: [customers:read], to: provisioning }
          - { id: write, methods: [POST], path: /c, needs: [customers:write], to: provisioning }
          - { id: remove, methods: [DELETE], path: /c, needs: [customers:delete], to: provisioning }

        """
}
