package import Foundation
import Glibc

/// Runs a program, as much like Foundation's `Process` as tests need.
///
/// Foundation's own reads past the end of a directory entry when it looks for open descriptors, which ends a test run at random once
/// there are many of them.
package final class SpawnedProcess: @unchecked Sendable {
    package struct Failure: Error { package let what: String }

    package enum TerminationReason: Sendable { case exit, uncaughtSignal }

    package var executableURL: URL?
    package var arguments: [String] = []
    package var environment: [String: String]?
    package var currentDirectoryURL: URL?
    /// A `Pipe` or a `FileHandle`; nil: as in this process.
    package var standardInput: Any?
    package var standardOutput: Any?
    package var standardError: Any?
    /// Called once, on a thread of its own, after the status is known.
    package var terminationHandler: (@Sendable (SpawnedProcess) -> Void)?
    package private(set) var processIdentifier: Int32 = 0

    // The lock guards the status, which a thread of its own sets; all else is set before `run` and only read afterwards.
    private let condition = NSCondition()
    private var status: Int32?

    package init() {}

    package var isRunning: Bool { condition.withLock { status == nil } && processIdentifier != 0 }

    package var terminationReason: TerminationReason { (condition.withLock { status } ?? 0) & 0x7F == 0 ? .exit : .uncaughtSignal }

    /// The exit code, or the signal's number.
    package var terminationStatus: Int32 {
        let status: Int32 = condition.withLock { self.status } ?? 0
        if status & 0x7F != 0 { return status & 0x7F }
        return (status >> 8) & 0xFF
    }

    package func waitUntilExit() {
        condition.lock()
        defer { condition.unlock() }
        while status == nil { condition.wait() }
    }

    package func terminate() { _ = kill(processIdentifier, SIGTERM) }

    package func run() throws {
        guard let path = executableURL?.path else { throw Failure(what: "no program") }
        // C's interface to spawning: every pointer below is to a local, or to copies that live until the call has returned.
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
        for (number, end) in [(Int32(0), standardInput), (1, standardOutput), (2, standardError)] {
            if let descriptor = Self.descriptor(end, isInput: number == 0) {
                unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, number)
            }
        }
        // What other tests have open is not the child's: it would keep their pipes from ending.
        for descriptor in Int32(3)..<4096 { unsafe posix_spawn_file_actions_addclose(&actions, descriptor) }
        // Threads of Dispatch block all signals, and a child would inherit that: a shell then never hears that its own child has ended.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { _ = unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let variables = environment ?? ProcessInfo.processInfo.environment
        // `env -C` changes the folder and becomes the program, under the same process id.
        let words = (currentDirectoryURL.map { ["/usr/bin/env", "-C", $0.path, path] } ?? [path]) + arguments
        let argv: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        let envp: [UnsafeMutablePointer<CChar>?] = unsafe variables.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            for index in 0..<words.count { unsafe free(argv[index]) }
            for index in 0..<variables.count { unsafe free(envp[index]) }
        }
        var pid: pid_t = 0
        let code = unsafe posix_spawn(&pid, words[0], &actions, &attributes, argv, envp)
        guard code == 0 else { throw Failure(what: "\(path): \(unsafe String(cString: strerror(code)))") }
        processIdentifier = pid
        // What the child holds now, this process lets go of, so that the ends of pipes are seen.
        (standardInput as? Pipe)?.fileHandleForReading.closeFile()
        (standardOutput as? Pipe)?.fileHandleForWriting.closeFile()
        (standardError as? Pipe)?.fileHandleForWriting.closeFile()
        Thread.detachNewThread { [pid] in self.wait(for: pid) }
    }

    private static func descriptor(_ end: Any?, isInput: Bool) -> Int32? {
        if let pipe = end as? Pipe { return (isInput ? pipe.fileHandleForReading : pipe.fileHandleForWriting).fileDescriptor }
        return (end as? FileHandle)?.fileDescriptor
    }

    private func wait(for pid: pid_t) {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
        condition.withLock {
            self.status = status
            condition.broadcast()
        }
        terminationHandler?(self)
    }
}
