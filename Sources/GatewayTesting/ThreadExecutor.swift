import Foundation

/// A thread for each job: what blocks runs here.
package final class ThreadExecutor: TaskExecutor {
    package static let shared = ThreadExecutor()

    package func enqueue(_ job: consuming ExecutorJob) {
        // The runtime keeps the job and this executor alive until the job has run.
        let job = UnownedJob(job)
        let executor = unsafe asUnownedTaskExecutor()
        Thread.detachNewThread {
            Thread.current.threadDictionary[Self.mark] = true
            unsafe job.runSynchronously(on: executor)
        }
    }

    private static let mark = "of ThreadExecutor"

    /// Whether the caller runs on one of its threads.
    package static var isCurrent: Bool { Thread.current.threadDictionary[mark] != nil }
}
