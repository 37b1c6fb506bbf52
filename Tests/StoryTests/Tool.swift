import Foundation
import GatewayTesting
import Testing

/// Programs of the machine beside our own: interpreters and scripts.
enum Tool {
    struct Result {
        let status: Int32
        let output: String
        let error: String
    }

    /// The folder of the project.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path

    private static let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"

    /// Where a program is; nil when the machine has none of that name.
    static func find(_ name: String) -> String? {
        path.split(separator: ":").map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs a program in the folder of the project.
    static func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Result {
        let process = SpawnedProcess()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: root)
        let inherited = ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "TMPDIR"].contains($0.key) || $0.key.hasPrefix("PIP_") || $0.key.hasSuffix("_proxy")
        }
        process.environment = inherited.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        // Files, so that neither stream can keep the other waiting.
        let folder = FileManager.default.temporaryDirectory
        let files = ["output", "error"].map { folder.appendingPathComponent("gatehouse-\($0)-\(UUID().uuidString)") }
        for file in files { try Data().write(to: file) }
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        process.waitUntilExit()
        let texts = files.map { (try? String(contentsOf: $0, encoding: .utf8)) ?? "" }
        return Result(status: process.terminationStatus, output: texts[0], error: texts[1])
    }
}
