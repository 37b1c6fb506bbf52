import Foundation
import Testing

/// Runs each test of a suite on threads of its own: these tests wait for processes and sockets, and must not take the few threads that
/// everything else in the process runs on.
struct OwnThread: TestTrait, SuiteTrait, TestScoping {
    let isRecursive = true

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(ThreadExecutor.shared) { try await function() }
    }
}

extension Trait where Self == OwnThread {
    static var ownThread: OwnThread { OwnThread() }
}

/// A thread for each job.
private final class ThreadExecutor: TaskExecutor {
    static let shared = ThreadExecutor()

    func enqueue(_ job: consuming ExecutorJob) {
        // The runtime keeps the job and this executor alive until the job has run.
        let job = UnownedJob(job)
        let executor = unsafe asUnownedTaskExecutor()
        Thread.detachNewThread {
            Thread.current.threadDictionary[OwnThread.mark] = true
            unsafe job.runSynchronously(on: executor)
        }
    }
}

extension OwnThread {
    fileprivate static let mark = "a story's own thread"

    /// Whether the caller runs on one.
    static var isCurrent: Bool { Thread.current.threadDictionary[mark] != nil }
}
