import Access
import Foundation
import GatewayConfiguration
import GatewayCore
import GatewayServer
import Logging

/// Turns changed files into a new snapshot, whole or not at all; on a mistake the last good one stays in force.
actor Reloader {
    private let loader: SnapshotLoader
    private let tls: TLSLoader?
    private let server: GatewayServer
    private let issuer: String
    private let logger: Logger
    private var seen: SnapshotLoader.Stamp
    /// What is in force.
    private var current: Snapshot
    private var seenTLS: FolderStamp?

    /// A partner that was disabled is refused within a second (contract section 4), so files are looked at more often than that.
    private static let interval = Duration.milliseconds(200)

    init(
        _ loader: SnapshotLoader, tls: TLSLoader?, server: GatewayServer, issuer: String, initial: SnapshotLoader.Stamp,
        initialTLS: FolderStamp?, current: Snapshot, logger: Logger
    ) {
        self.loader = loader
        self.tls = tls
        self.server = server
        self.issuer = issuer
        self.logger = logger
        seen = initial
        self.current = current
        seenTLS = initialTLS
    }

    /// Reloads whenever a file has changed, until the task is cancelled.
    func watch() async {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            if tls?.settings.stamp != seenTLS { reloadTLS(reason: "change") }
            guard loader.stamp != seen else { continue }
            do { try await reload(reason: "change") } catch { logger.error("reload failed", metadata: ["reason": "\(error)"]) }
        }
    }

    func reload(reason: String) async throws {
        // Taken before reading: a change in the middle is seen again.
        seen = loader.stamp
        let (snapshot, diagnostics) = loader.load(
            issuer: issuer, at: Int64(Date.now.timeIntervalSince1970), keeping: current.shadow
        )
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

    /// Certificates by themselves, so that one that is being replaced does not hold back a partner that was disabled.
    func reloadTLS(reason: String) {
        guard let tls else { return }
        seenTLS = tls.settings.stamp
        let (loaded, diagnostics) = tls.load(at: Int64(Date.now.timeIntervalSince1970))
        for diagnostic in diagnostics { logger.log(level: diagnostic.severity == .error ? .error : .warning, "\(diagnostic.rendered)") }
        guard let loaded else {
            return logger.error("the certificate stays as it was", metadata: ["event": "stale", "reason": "\(reason)"])
        }
        server.replace(with: loaded)
        logger.info("certificate reloaded", metadata: ["event": "reloaded", "reason": "\(reason)", "expires": "\(loaded.expires)"])
    }
}
