package import Access
import Glibc
package import Logging
import NIOConcurrencyHelpers
import NIOPosix
import Synchronization

/// Where decision records go: chained by SHA-256 and appended by one thread, so that writing never holds up a request.
///
/// States: writing -> failing, when records cannot be written; failing -> writing, when they can again, which is tried several times a
/// second. What could not be written is kept meanwhile, up to a limit, and written then.
package final class DecisionLog: Sendable {
    package enum Target: Sendable, Equatable {
        case file(String)
        case standardOutput
        case off
    }

    package struct Options: Sendable {
        /// Whether only refused requests are recorded (`limits.decisions: denied`).
        package var onlyDenied: Bool
        /// Whether requests that may change something are refused while records cannot be written (`limits.onAuditFailure: refuse`).
        package var refusesWhileFailing: Bool

        package init(onlyDenied: Bool = false, refusesWhileFailing: Bool = true) {
            self.onlyDenied = onlyDenied
            self.refusesWhileFailing = refusesWhileFailing
        }
    }

    /// Bytes on their way to the thread beyond which records are dropped and counted, so that a stuck disk does not fill the memory.
    private static let backlogLimit = 64 << 20
    /// Bytes kept while nothing can be written.
    private static let heldLimit = 8 << 20

    package let options: Options
    private let target: Target
    private let logger: Logger
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let waiting = Atomic<Int>(0)
    private let unwrittenCount = Atomic<Int>(0)
    private let failing = Atomic<Bool>(false)
    /// Only the one thread of the pool uses it; the lock makes that plain.
    private let writer: NIOLockedValueBox<Writer?>

    private struct Writer: Sendable {
        var file: DecisionFile
        var chain = DecisionChain()
        /// Lines that could not be written yet, at most `heldLimit` bytes.
        var held: [UInt8] = []
    }

    /// Records since the start that could not be written when they were made, whether or not that was made up for later.
    package var unwritten: Int { unwrittenCount.load(ordering: .relaxed) }
    /// Whether the last attempt to write failed.
    package var isFailing: Bool { failing.load(ordering: .relaxed) }
    package var isOff: Bool { target == .off }

    /// - Throws: `DecisionLogError` when the file cannot be opened; its folder must exist.
    package init(_ target: Target, options: Options = Options(), logger: Logger) throws {
        self.target = target
        self.options = options
        self.logger = logger
        switch target {
        case .off: writer = NIOLockedValueBox(nil)
        case .standardOutput: writer = NIOLockedValueBox(Writer(file: DecisionFile(descriptor: STDOUT_FILENO)))
        case .file(let path): writer = NIOLockedValueBox(Writer(file: try DecisionFile(appendingTo: path)))
        }
        thread.start()
    }

    /// Whether a request with this method has to be refused now, since nobody could tell later that it was made.
    package func refuses(_ method: Method?) -> Bool {
        guard isFailing, options.refusesWhileFailing else { return false }
        switch method {
        case .get, .head, .options: return false
        case .post, .put, .patch, .delete, nil: return true
        }
    }

    /// Hands records over, in the form that `DecisionBuffer` makes. Returns at once.
    package func submit(_ lines: [UInt8], count: Int) {
        guard !isOff, count > 0 else { return }
        guard waiting.load(ordering: .relaxed) < Self.backlogLimit else {
            unwrittenCount.add(count, ordering: .relaxed)
            failing.store(true, ordering: .relaxed)
            return
        }
        waiting.add(lines.count, ordering: .relaxed)
        thread.submit { _ in
            self.write(lines, count: count)
            self.waiting.subtract(lines.count, ordering: .relaxed)
        }
    }

    /// Tries again to write what could not be written. Returns at once.
    package func retry() {
        // One attempt at a time: behind a disk that does not answer they would only pile up.
        guard isFailing, waiting.load(ordering: .relaxed) == 0 else { return }
        thread.submit { _ in self.write([], count: 0) }
    }

    /// Opens the file of that name anew, after the one that had it was moved away. The chain goes on.
    /// - Throws: `DecisionLogError`; then the file from before stays in use.
    package func reopen() async throws {
        guard case .file(let path) = target else { return }
        try await thread.runIfActive {
            let file = try DecisionFile(appendingTo: path)
            self.writer.withLockedValue { writer in
                // The same file twice: nothing was rotated.
                guard writer?.file.identity != file.identity else { return file.close() }
                writer?.file.close()
                writer?.file = file
            }
            self.write([], count: 0)
        }
    }

    /// Writes what is waiting, then closes the file.
    package func stop() async {
        try? await thread.runIfActive {
            self.write([], count: 0)
            self.writer.withLockedValue { writer in
                if let held = writer?.held, !held.isEmpty {
                    self.logger.error("decision records are lost", metadata: ["event": "decisions", "records": "\(Self.count(held))"])
                }
                if self.target != .standardOutput { writer?.file.close() }
                writer = nil
            }
        }
        try? await thread.shutdownGracefully()
    }

    private func write(_ lines: [UInt8], count: Int) {
        let failure = writer.withLockedValue { writer -> String? in
            guard var current = writer else { return nil }
            defer { writer = current }
            let batch = current.held.isEmpty ? lines : current.held + lines
            if batch.isEmpty { return nil }
            if let failure = current.file.append(batch, to: &current.chain, isPatient: !isFailing) {
                // Beyond the limit the newest are lost: the chain keeps those that come first.
                if batch.count <= Self.heldLimit { current.held = batch }
                return failure
            }
            current.held = []
            return nil
        }
        if let failure {
            unwrittenCount.add(count, ordering: .relaxed)
            guard !failing.exchange(true, ordering: .relaxed) else { return }
            logger.error(
                "decision records cannot be written",
                metadata: [
                    "event": "decisions", "reason": "\(failure)", "file": "\(name)",
                    "unsafe_methods": options.refusesWhileFailing ? "refused" : "allowed",
                ]
            )
        } else if failing.exchange(false, ordering: .relaxed) {
            logger.info("decision records are written again", metadata: ["event": "decisions", "file": "\(name)"])
        }
    }

    private var name: String {
        switch target {
        case .file(let path): path
        case .standardOutput: "-"
        case .off: "off"
        }
    }

    private static func count(_ lines: [UInt8]) -> Int { lines.count { $0 == UInt8(ascii: "\n") } }
}
