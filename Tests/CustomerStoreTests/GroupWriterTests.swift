import Foundation
import GRDB
import GatewayTesting
import Testing

@testable import CustomerStoreSQLite

@Suite(.ownThread) struct GroupWriterTests {
    /// A file with a table of unique numbers; one that is there already either fails its statement or ends the whole transaction.
    private static func with(_ conflict: String, _ body: (DatabasePool) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            let pool = try DatabasePool(path: folder.path("numbers.sqlite"))
            try await pool.write { try $0.execute(sql: "CREATE TABLE numbers (n INTEGER NOT NULL UNIQUE ON CONFLICT \(conflict))") }
            try await body(pool)
        }
    }

    private struct Failure: Error {}

    /// Writes these numbers as one group: they are asked for while the first write holds the connection. A write fails behind its change
    /// when its number is negative.
    /// - Returns: of each whether it was said to be stored.
    private static func write(_ numbers: [Int], with writer: GroupWriter) async throws -> [Bool] {
        let release = DispatchSemaphore(value: 0)
        let (isHeld, held) = AsyncStream.makeStream(of: Void.self)
        async let first: Void = writer.run { _ in
            held.finish()
            release.wait()
        }
        for await _ in isHeld {}
        var tasks: [Task<Bool, Never>] = []
        for (count, number) in numbers.enumerated() {
            tasks.append(
                Task {
                    do {
                        try await writer.run { database in
                            try database.execute(sql: "INSERT INTO numbers VALUES (?)", arguments: [number])
                            if number < 0 { throw Failure() }
                        }
                        return true
                    } catch {
                        return false
                    }
                })
            while writer.waitingCount <= count { await Task.yield() }
        }
        release.signal()
        try await first
        var outcomes: [Bool] = []
        for task in tasks { outcomes.append(await task.value) }
        return outcomes
    }

    private static func numbers(_ pool: DatabasePool) async throws -> [Int] {
        try await pool.read { try Int.fetchAll($0, sql: "SELECT n FROM numbers ORDER BY rowid") }
    }

    @Test("A write that fails takes nothing of its group with it")
    func oneFails() async throws {
        try await Self.with("ABORT") { pool in
            let writer = GroupWriter(pool)
            let outcomes = try await Self.write([1, 2, 1, 3, 2], with: writer)
            #expect(outcomes == [true, true, false, true, false])
            #expect(try await Self.numbers(pool) == [1, 2, 3])
        }
    }

    @Test(
        "A write that fails half done leaves nothing, and takes nothing of its group with it",
        arguments: [[1, -2, 3, -4, 3, 5], [-1], [-1, -1]])
    func failsHalfDone(numbers: [Int]) async throws {
        try await Self.with("ABORT") { pool in
            let writer = GroupWriter(pool)
            var seen: Set<Int> = []
            let wanted = numbers.map { $0 > 0 && seen.insert($0).inserted }
            let outcomes = try await Self.write(numbers, with: writer)
            #expect(outcomes == wanted)
            #expect(try await Self.numbers(pool) == seen.sorted())
            // The next group is none the worse for it.
            #expect(try await Self.write([7, 8], with: writer) == [true, true])
            #expect(try await Self.numbers(pool) == seen.sorted() + [7, 8])
        }
    }

    @Test("When SQLite gives up the transaction, nobody of the group hears of success, and the next group is written")
    func transactionLost() async throws {
        try await Self.with("ROLLBACK") { pool in
            let writer = GroupWriter(pool)
            let outcomes = try await Self.write([1, 2, 1, 3], with: writer)
            #expect(outcomes == [false, false, false, false])
            #expect(try await Self.numbers(pool) == [])
            let next = try await Self.write([4, 5], with: writer)
            #expect(next == [true, true])
            #expect(try await Self.numbers(pool) == [4, 5])
        }
    }

    @Test("Writes are done in the order in which they were asked for, more of them than one group takes too")
    func order() async throws {
        try await Self.with("ABORT") { pool in
            let writer = GroupWriter(pool)
            let numbers = Array(1...600)
            let outcomes = try await Self.write(numbers, with: writer)
            #expect(outcomes.allSatisfy { $0 })
            #expect(try await Self.numbers(pool) == numbers)
        }
    }
}
