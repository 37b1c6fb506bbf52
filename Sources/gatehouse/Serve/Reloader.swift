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
    private let operations: Operations
    private let issuer: String
    private let logger: Logger
    private var seen: SnapshotLoader.Stamp
    /// What is in force.
    private(set) var current: Snapshot
    private var seenTLS: FolderStamp?
    /// The reload that was asked for last.
    private var last: Task<Operations.Reload, Never>?
    /// What was said of the files last time, so that it is said once.
    private var told: [Diagnostic]

    /// A partner that was disabled is refused within a second (contract section 4), so files are looked at more often than that.
    private static let interval = Duration.milliseconds(200)

    /// - Parameters:
    ///   - initial: of the files that `current` was loaded from.
    ///   - told: what was said of them.
    init(
        _ loader: SnapshotLoader, tls: TLSLoader?, server: GatewayServer, operations: Operations, issuer: String,
        initial: SnapshotLoader.Stamp, initialTLS: FolderStamp?, current: Snapshot, told: [Diagnostic], logger: Logger
    ) {
        self.loader = loader
        self.tls = tls
        self.server = server
        self.operations = operations
        self.issuer = issuer
        self.logger = logger
        seen = initial
        self.current = current
        self.told = told
        seenTLS = initialTLS
    }

    /// Reloads whenever a file has changed, until the task is cancelled.
    func watch() async {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            if tls?.settings.stamp != seenTLS { reloadTLS(reason: "change") }
            guard loader.stamp != seen else { continue }
            await reload(reason: "change")
        }
    }

    /// One after the other, whoever asks: what was read last is what is in force last, on every event loop.
    /// - Parameter reason: what asked for it, for the log.
    @discardableResult
    func reload(reason: String) async -> Operations.Reload {
        let before = last
        let task = Task {
            _ = await before?.value
            return await reloadNow(reason: reason)
        }
        last = task
        return await task.value
    }

    private func reloadNow(reason: String) async -> Operations.Reload {
        // Taken before reading: a change in the middle is seen again.
        seen = loader.stamp
        let now = Int64(Date.now.timeIntervalSince1970)
        let (snapshot, diagnostics) = loader.load(issuer: issuer, at: now, keeping: current.shadow)
        // At start they were just said.
        if reason != "start" || diagnostics != told { logger.report(diagnostics) }
        told = diagnostics
        guard let snapshot else { return await refuse(diagnostics, reason: reason, at: now) }
        do { try await server.replace(with: snapshot) } catch {
            let reload = note(.refused, diagnostics, reason, now)
            logger.error("reload failed", metadata: ["event": "stale", "reason": "\(error)"])
            return reload
        }
        current = snapshot
        let reload = note(.reloaded, diagnostics, reason, now)
        logger.info("reloaded", metadata: ["event": "reloaded", "reason": "\(reason)", "policy": "\(snapshot.policy.digest)"])
        return reload
    }

    /// Certificates by themselves, so that one that is being replaced does not hold back a partner that was disabled.
    func reloadTLS(reason: String) {
        guard let tls else { return }
        seenTLS = tls.settings.stamp
        let (loaded, diagnostics) = tls.load(at: Int64(Date.now.timeIntervalSince1970))
        logger.report(diagnostics)
        guard let loaded else {
            return logger.error("the certificate stays as it was", metadata: ["event": "stale", "reason": "\(reason)"])
        }
        server.replace(with: loaded)
        logger.info("certificate reloaded", metadata: ["event": "reloaded", "reason": "\(reason)", "expires": "\(loaded.expires)"])
    }

    private func refuse(_ diagnostics: [Diagnostic], reason: String, at now: Int64) async -> Operations.Reload {
        let reload = note(.refused, diagnostics, reason, now)
        logger.error("reload refused; the last good state stays in force", metadata: ["event": "stale", "reason": "\(reason)"])
        // INVARIANT (closing is not held up): a mistake somewhere keeps nobody in who was put out.
        if let closed = loader.closing(current) {
            do {
                try await server.replace(with: closed)
                current = closed
                logger.warning("partners that were disabled or removed are refused all the same")
            } catch {
                logger.error("reload failed", metadata: ["reason": "\(error)"])
            }
        }
        return reload
    }

    /// For `/status` and the metrics. Before the log says so: who reads it there and then asks is not told the state before.
    private func note(
        _ outcome: Operations.Reload.Outcome, _ diagnostics: [Diagnostic], _ reason: String, _ now: Int64
    ) -> Operations.Reload {
        let reload = Operations.Reload(outcome: outcome, diagnostics: diagnostics, digestOnDisk: loader.policyDigest, at: now)
        operations.note(reload, isStart: reason == "start")
        return reload
    }
}

extension Logger {
    /// One record each.
    func report(_ diagnostics: [Diagnostic]) {
        for diagnostic in diagnostics { log(level: diagnostic.severity == .error ? .error : .warning, "\(diagnostic.rendered)") }
    }
}
