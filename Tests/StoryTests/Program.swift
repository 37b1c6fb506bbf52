import Foundation
import GatewayTesting
import Glibc

/// One run of the built program, or of another.
final class Program: Sendable {
    struct Failure: Error, CustomStringConvertible { let description: String }

    /// What it writes to standard error.
    let errors: LineStream
    private let process = SpawnedProcess()
    private let ended = DispatchSemaphore(value: 0)
    private let outputPath: String

    /// - Parameters:
    ///   - folder: the working directory; its output is kept there too.
    ///   - environment: all of it, beside what any program needs.
    init(_ arguments: [String], executable: String = path, in folder: String, environment: [String: String]) throws {
        outputPath = "\(folder)/.output-\(UUID().uuidString)"
        try Data().write(to: URL(fileURLWithPath: outputPath))
        let errorPipe = Pipe()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ["PATH": "/usr/bin:/bin", "TZ": "UTC"].merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
        process.standardError = errorPipe
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.run()
        errors = LineStream(reading: errorPipe.fileHandleForReading)
    }

    func signal(_ number: CInt) { kill(process.processIdentifier, number) }

    /// The exit code, or the negated number of the signal that ended it. May be asked again.
    func status(within seconds: Double = 60) throws -> Int32 {
        guard ended.wait(timeout: .now() + seconds) == .success else {
            throw Failure(description: "still running after \(seconds) s: \(errors.lines.suffix(5))")
        }
        ended.signal()
        errors.waitForEnd(within: 10)
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// What it has written to standard output.
    var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

    /// Nothing is left running, whatever became of the test.
    func end() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        _ = try? status(within: 10)
    }

    /// Beside the bundle of the tests.
    static let path: String = {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
        var folder = URL(fileURLWithPath: bundle)
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent("gatehouse").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        return "gatehouse-was-not-built"
    }()
}
