import Access
import Foundation
import GatewayConfiguration
import GatewayCore
import GatewayServer
import Logging

/// Turns changed files into a new snapshot, whole or not at all; on a mistake the last good one stays in force.
actor Reloader {
    private let loader: SnapshotLoader
    private let server: GatewayServer
    private let issuer: String
    private let logger: Logger
    private var seen: SnapshotLoader.Stamp
    /// What is in force.
    private var current: Snapshot

    /// A partner that was disabled is refused within a second (contract section 4), so files are looked at more often than that.
    private static let interval = Duration.milliseconds(200)

    init(_ loader: SnapshotLoader, server: GatewayServer, issuer: String, initial: SnapshotLoader.Stamp, current: Snapshot, logger: Logger) {
        self.loader = loader
        self.server = server
        self.issuer = issuer
        self.logger = logger
        seen = initial
        self.current = current
    }

    /// Reloads whenever a file has changed, until the task is cancelled.
    func watch() async {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            guard loader.stamp != seen else { continue }
            do { try await reload(reason: "change") } catch { logger.error("reload failed", metadata: ["reason": "\(error)"]) }
        }
    }

    func reload(reason: String) async throws {
        // Taken before reading: a change in the middle is seen again.
        seen = loader.stamp
        let (snapshot, diagnostics) = loader.load(issuer: issuer, at: Int64(Date.now.timeIntervalSince1970))
        for diagnostic in diagnostics { logger.log(level: diagnostic.severity == .error ? .error : .warning, "\(diagnostic.rendered)") }
        guard let snapshot else {
            logger.error("reload refused; the last good state stays in force", metadata: ["event": "stale", "reason": "\(reason)"])
            // INVARIANT (closing is not held up): a mistake somewhere keeps nobody in who was put out.
            guard let closed = loader.closing(current) else { return }
            try await server.replace(with: closed)
            current = closed
            return logger.warning("partners that were disabled or removed are refused all the same")
        }
        try await server.replace(with: snapshot)
        current = snapshot
        logger.info("reloaded", metadata: ["event": "reloaded", "reason": "\(reason)", "policy": "\(snapshot.policy.digest)"])
    }
}
