import Foundation
import GatewayTesting
import StrictJSON
import Testing

/// The program as a process of its own, so that its memory is nobody else's.
@Suite("Forwarding: memory stays flat", .ownThread)
struct FlatMemoryTests {
    static let large = StreamingTests.large

    @Test("64 MiB each way, with a client and an upstream that stand still for a while, take no more memory than small bodies do")
    func flat() async throws {
        let isHeld = Gate()
        let app = try RecordingUpstream(
            UpstreamScript { connection, request in
                guard request.method == "GET" else {
                    if request.target.hasSuffix("held") { try isHeld.wait() }
                    // Counted and dropped: this process has its memory for other things.
                    var missing = Int(request["content-length"] ?? "") ?? 0
                    while missing > 0 { missing -= try connection.readSome().count }
                    try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole")
                    return true
                }
                let parts = Int(request.target.split(separator: "/").last ?? "") ?? 0
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(parts * StreamingTests.part.count)\r\n\r\n")
                for _ in 0..<parts { try connection.socket.send(StreamingTests.part) }
                return true
            }, receiveBuffer: 65536
        )
        defer { app.stop() }
        let program = try ServingProgram(upstream: app.port)
        defer { program.stop() }
        for parts in [1, 128] {
            try download(program, parts: parts)
            try upload(program, "/public/x", byteCount: parts * StreamingTests.part.count)
        }
        let before = try program.peakMemory()
        let idle = try RawClient(port: program.port, receiveBuffer: 65536)
        try idle.send("GET /public/1024 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try idle.head().status == 200)
        Thread.detachNewThread {
            _ = StreamingTests.settled { app.record.byteCount }
            isHeld.open()
        }
        try upload(program, "/public/held", byteCount: Self.large)
        try idle.skip(Self.large)
        try download(program, parts: 1024)
        let after = try program.peakMemory()
        // A few buffers more or less; all of either body would be four times this.
        #expect(after - before < 16 << 20, "\(before) bytes became \(after)")
    }

    private func download(_ program: ServingProgram, parts: Int) throws {
        let client = try RawClient(port: program.port)
        try client.send("GET /public/\(parts) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.head().status == 200)
        for _ in 0..<parts { guard try client.isNext(StreamingTests.part) else { throw RawClient.Failure(what: "another body") } }
    }

    private func upload(_ program: ServingProgram, _ path: String, byteCount: Int) throws {
        let client = try RawClient(port: program.port)
        try client.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(byteCount)\r\n\r\n")
        for _ in 0..<byteCount / StreamingTests.part.count { try client.socket.send(StreamingTests.part) }
        #expect(try client.response().body == "whole")
    }
}

/// `gatehouse serve` in a folder of its own, on free ports.
final class ServingProgram {
    private let process = SpawnedProcess()
    private let folder: String
    private(set) var port = 0

    init(upstream: Int) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: "\(folder)/policies", withIntermediateDirectories: true)
        try write(
            "policies/policy.yaml",
            """
            policy: 1
            scopes: { read: Look }
            roles: { reader: { grants: [read] } }
            callers: { partner: { via: partner-token, roles: [reader] } }
            routes:
              - { id: public, methods: [GET, POST], path: "/public/{rest...}", public: true, to: app, body: { max: 128MiB } }
              - { id: closed, methods: [GET], path: /closed, needs: [read], to: app }

            """
        )
        try write(
            "policies/gateway.yaml",
            """
            listen: [127.0.0.1:0]
            admin: off
            threads: 1
            log: { format: json }
            upstreams: { app: { servers: [http://127.0.0.1:\(upstream)] } }

            """
        )
        let initialized = SpawnedProcess()
        try start(initialized, ["init"])
        initialized.waitUntilExit()
        guard initialized.terminationStatus == 0 else { throw RawClient.Failure(what: "init: \(log)") }
        try start(process, ["serve"])
        try waitUntil("it is ready: \(log)") {
            guard process.isRunning else { throw RawClient.Failure(what: "it has ended: \(log)") }
            let ready = log.split(separator: "\n").compactMap { try? JSONDocument(Array($0.utf8)).root }.first {
                $0["event"]?.string == "ready"
            }
            guard let address = ready?["address"]?.string, let port = address.split(separator: ":").last.flatMap({ Int($0) }) else {
                return false
            }
            self.port = port
            return true
        }
    }

    /// The most that was ever resident, in bytes.
    func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = Int(line.split(whereSeparator: \.isWhitespace)[1])
        else { throw RawClient.Failure(what: status) }
        return kilobytes << 10
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private var log: String { (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? "" }

    private func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }

    private func start(_ process: SpawnedProcess, _ arguments: [String]) throws {
        let path = "\(folder)/log"
        if !FileManager.default.fileExists(atPath: path) { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        guard let output = FileHandle(forWritingAtPath: path) else { throw RawClient.Failure(what: "no log") }
        _ = try output.seekToEnd()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ["PATH": "/usr/bin:/bin", "TZ": "UTC"]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try output.close()
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
}
