import Foundation

/// A thread for each job: the raw clients block, and must not take the few threads that everything else in the process runs on.
final class BlockingExecutor: TaskExecutor {
    static let shared = BlockingExecutor()

    func enqueue(_ job: consuming ExecutorJob) {
        // The runtime keeps the job and this executor alive until the job has run.
        let job = UnownedJob(job)
        let executor = unsafe asUnownedTaskExecutor()
        Thread.detachNewThread { unsafe job.runSynchronously(on: executor) }
    }
}
