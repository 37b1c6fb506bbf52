import Access
import Foundation
import GatewayTesting
import Logging
import Synchronization
import Testing

@testable import GatewayServer

@Suite("The decision log's file", .ownThread)
struct DecisionLogTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-log-\(UUID().uuidString)")
    private var path: String { folder.appendingPathComponent("decisions.jsonl").path }

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private static func line(_ text: String) -> [UInt8] { Array(#"{"time":"t","request_id":"\#(text)""#.utf8) + [UInt8(ascii: "\n")] }

    private func log(_ target: DecisionLog.Target? = nil, options: DecisionLog.Options = .init(), logger: Logger? = nil) throws
        -> DecisionLog
    {
        try DecisionLog(target ?? .file(path), options: options, logger: logger ?? Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func lines(_ path: String? = nil) throws -> [ArraySlice<UInt8>] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path ?? self.path))).split(separator: UInt8(ascii: "\n"))
    }

    private func check(_ lines: [ArraySlice<UInt8>]) throws -> DecisionChainCheck {
        var check = DecisionChainCheck()
        for line in lines { try check.read(line) }
        return check
    }

    @Test("a restart takes up the chain where the file ends, and nothing that was handed over is lost")
    func restart() async throws {
        for round in 0..<3 {
            let log = try log()
            for number in 0..<50 { log.submit(Self.line("\(round)-\(number)"), count: 1) }
            await log.stop()
        }
        let all = try lines()
        #expect(all.count == 150)
        #expect(try !check(all).beginsInTheMiddle)
        #expect(String(decoding: all[149], as: UTF8.self).contains("2-49"))
    }

    @Test("the file is made for its owner alone")
    func mode() async throws {
        await (try log()).stop()
        #expect((try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test("a record that was cut by a crash goes, the chain goes on behind the last whole one")
    func torn() async throws {
        let first = try log()
        first.submit(Self.line("a") + Self.line("b"), count: 2)
        await first.stop()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try bytes.dropLast(40).write(to: URL(fileURLWithPath: path))
        let second = try log()
        second.submit(Self.line("c"), count: 1)
        await second.stop()
        let all = try lines()
        #expect(all.count == 2)
        _ = try check(all)
    }

    @Test("a file that is something else keeps its text")
    func foreign() async throws {
        try Data("notes without an end".utf8).write(to: URL(fileURLWithPath: path))
        let log = try log()
        log.submit(Self.line("a"), count: 1)
        await log.stop()
        let all = try lines()
        #expect(String(decoding: all[0], as: UTF8.self) == "notes without an end")
        _ = try check(Array(all.dropFirst()))
    }

    @Test("two gateways that write the same file make one chain")
    func two() async throws {
        let (one, two) = (try log(), try log())
        for number in 0..<100 {
            one.submit(Self.line("1-\(number)"), count: 1)
            two.submit(Self.line("2-\(number)"), count: 1)
        }
        await one.stop()
        await two.stop()
        let all = try lines()
        #expect(all.count == 200)
        #expect(try !check(all).beginsInTheMiddle)
    }

    @Test("reopened after its file was moved away, it goes on in a new one with the same chain")
    func rotation() async throws {
        let log = try log()
        log.submit(Self.line("a"), count: 1)
        try await log.reopen()
        log.submit(Self.line("b"), count: 1)
        try await log.reopen()
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        log.submit(Self.line("c"), count: 1)
        try await log.reopen()
        log.submit(Self.line("d"), count: 1)
        await log.stop()
        let (old, new) = (try lines(path + ".1"), try lines())
        #expect(old.count == 3)
        #expect(new.count == 1)
        #expect(try check(new).beginsInTheMiddle)
        #expect(try !check(old + new).beginsInTheMiddle)
    }

    @Test("when the new file cannot be opened, the one from before stays in use and nothing is lost")
    func rotationFails() async throws {
        let log = try log()
        log.submit(Self.line("a"), count: 1)
        try await log.reopen()
        let moved = folder.path + "-moved"
        try FileManager.default.moveItem(atPath: folder.path, toPath: moved)
        await #expect(throws: DecisionLogError.self) { try await log.reopen() }
        log.submit(Self.line("b"), count: 1)
        await log.stop()
        #expect(try check(lines(moved + "/decisions.jsonl")).last != nil)
        #expect(try lines(moved + "/decisions.jsonl").count == 2)
    }

    @Test("what cannot be written is counted, told once, and refuses what may change something, until it can be written again")
    func full() async throws {
        let told = Told()
        let log = try log(.file("/dev/full"), logger: Logger(label: "test") { _ in told })
        #expect(!log.refuses(.post))
        for _ in 0..<5 {
            log.submit(Self.line("a") + Self.line("b"), count: 2)
            try await log.reopen()
        }
        #expect(log.unwritten == 10)
        #expect(log.isFailing)
        for method in [Method.post, .put, .patch, .delete] { #expect(log.refuses(method)) }
        for method in [Method.get, .head, .options] { #expect(!log.refuses(method)) }
        #expect(told.errors.count == 1)
        #expect(told.errors.first?.contains("no space left") == true)
        await log.stop()
    }

    @Test("`continue` refuses nothing")
    func continues() async throws {
        let log = try log(.file("/dev/full"), options: .init(refusesWhileFailing: false))
        log.submit(Self.line("a"), count: 1)
        try await log.reopen()
        #expect(log.isFailing)
        #expect(!log.refuses(.post))
        await log.stop()
    }

    @Test("once there is room again, what was kept is written in its order, and the chain has no gap")
    func recovery() async throws {
        // A link that leads to the full device first and to a file then.
        let link = folder.appendingPathComponent("link").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/dev/full")
        let log = try log(.file(link))
        for text in ["a", "b", "c"] { log.submit(Self.line(text), count: 1) }
        try await log.reopen()
        #expect(log.isFailing)
        try FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        try await log.reopen()
        #expect(!log.isFailing)
        log.submit(Self.line("d"), count: 1)
        await log.stop()
        let all = try lines()
        #expect(all.map { String(decoding: $0.dropFirst(26).prefix(1), as: UTF8.self) } == ["a", "b", "c", "d"])
        #expect(try !check(all).beginsInTheMiddle)
        #expect(log.unwritten == 3)
    }

    @Test("a file that cannot be opened is named, with the way out", arguments: ["/nowhere/decisions.jsonl", "/proc/decisions.jsonl", "/"])
    func unusable(path: String) {
        let error = #expect(throws: DecisionLogError.self) { _ = try log(.file(path)) }
        let text = error?.description ?? ""
        #expect(text.contains(path))
        #expect(text.contains("--decisions"))
    }
}

/// Keeps the errors that are logged.
private final class Told: LogHandler {
    private let all = Mutex<[String]>([])

    var errors: [String] { all.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .error }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) { all.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") } }
}
