import NIOCore

/// Runs asynchronous work on an event loop, so that answering in process costs no hop to another thread until a store is asked.
final class LoopTaskExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        // The runtime keeps the job alive until it has run, and the closure keeps this executor.
        let job = UnownedJob(job)
        eventLoop.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
