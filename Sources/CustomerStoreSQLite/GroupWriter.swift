import GRDB
import Glibc
import Synchronization

/// Runs writes in the order in which they were asked for, and commits all that wait in one transaction: the flush to disk, which
/// is most of a write's time, is paid once for all of them.
///
/// One that fails takes nothing of the others with it.
/// INVARIANT (durable answers): no caller hears of success before the commit that holds its write.
final class GroupWriter: Sendable {
    /// So many writes share a transaction at most; the next ones wait for the one after it.
    private static let groupLimit = 256

    private struct State {
        var waiting: [any WriteJob] = []
        var isRunning = false
    }

    private let pool: DatabasePool
    private let precondition: @Sendable () throws -> Void
    private let state = Mutex(State())

    /// - Parameter precondition: asked before every commit; what it throws keeps the whole group from being stored.
    init(_ pool: DatabasePool, precondition: @escaping @Sendable () throws -> Void = {}) {
        self.pool = pool
        self.precondition = precondition
    }

    /// - Throws: what `body` throws, or the `DatabaseError` because of which its group was not committed.
    func run<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let mustStart = state.withLock { state in
                state.waiting.append(PendingWrite(body: body, continuation: continuation))
                defer { state.isRunning = true }
                return !state.isRunning
            }
            if mustStart {
                pool.asyncWriteWithoutTransaction { database in
                    // Others who are about to ask for writes and share this core come first, so that the group is larger.
                    repeat { sched_yield() } while self.commitNext(to: database)
                }
            }
        }
    }

    /// Writes that were asked for and are in no transaction yet.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    private func nextGroup() -> [any WriteJob]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isRunning = false
                return nil
            }
            let group = Array(state.waiting.prefix(Self.groupLimit))
            state.waiting.removeFirst(group.count)
            return group
        }
    }

    /// False when nothing waits.
    private func commitNext(to database: Database) -> Bool {
        guard let group = nextGroup() else { return false }
        commit(group, to: database)
        return true
    }

    private func commit(_ group: [any WriteJob], to database: Database) {
        do {
            do {
                try transact(group, in: database) { job in
                    let changes = database.totalChangesCount
                    do {
                        try job.perform(in: database)
                    } catch {
                        throw database.totalChangesCount == changes ? error : HalfDone()
                    }
                }
            } catch is HalfDone {
                // Again, each within a savepoint of its own: they cost more than most writes, so they are for groups that need them.
                try transact(group, in: database) { job in
                    try database.inSavepoint {
                        try job.perform(in: database)
                        return .commit
                    }
                }
            }
        } catch {
            for job in group { job.fail(error) }
            return
        }
        for job in group { job.succeed() }
    }

    /// A write's own failure is kept for its caller and goes no further, unless SQLite has given up the whole transaction
    /// because of it (as when the disk is full): then nothing of the group is stored.
    /// - Throws: also `HalfDone`, if `perform` does. Whatever is thrown, the transaction is undone.
    private func transact(_ group: [any WriteJob], in database: Database, _ perform: (any WriteJob) throws -> Void) throws {
        try database.inTransaction(.immediate) {
            for job in group {
                do {
                    try perform(job)
                } catch {
                    guard database.isInsideTransaction, !(error is HalfDone) else { throw error }
                    job.keep(error)
                }
            }
            try precondition()
            return .commit
        }
    }

    /// A write failed behind a change that it had made.
    private struct HalfDone: Error {}
}

/// A write that waits for its transaction. Exactly one of `succeed` and `fail` ends it.
private protocol WriteJob: Sendable {
    /// Runs once more when what it did is undone because of another.
    func perform(in database: Database) throws
    /// Remembers that this write failed by itself: `succeed`, which is said to the whole group, will report it.
    func keep(_ error: any Error)
    /// The transaction is committed.
    func succeed()
    /// The transaction is not.
    func fail(_ error: any Error)
}

private final class PendingWrite<Value: Sendable>: WriteJob {
    private let body: @Sendable (Database) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    private let result = Mutex<Result<Value, any Error>?>(nil)

    init(body: @escaping @Sendable (Database) throws -> Value, continuation: CheckedContinuation<Value, any Error>) {
        self.body = body
        self.continuation = continuation
    }

    func perform(in database: Database) throws {
        let value = try body(database)
        result.withLock { $0 = .success(value) }
    }

    func keep(_ error: any Error) {
        result.withLock { $0 = .failure(error) }
    }

    func succeed() {
        continuation.resume(with: result.withLock { $0 } ?? .failure(DatabaseError(message: "the write was not run")))
    }

    func fail(_ error: any Error) {
        continuation.resume(throwing: error)
    }
}
