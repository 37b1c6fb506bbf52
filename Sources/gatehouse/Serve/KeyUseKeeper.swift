import GatewayCore
import Logging
import SharedState
import Tokens

/// Writes down in the store when keys were last used, so that `gatehouse keys list` can tell for all nodes.
actor KeyUseKeeper {
    /// A use that is newer than the one written by less than this many seconds is not written: one small write a minute and key.
    private static let resolution: Int64 = 60
    private static let interval = Duration.seconds(1)

    private let store: any KeyUseStore
    private let logger: Logger
    private var written: [String: Int64] = [:]
    /// Of the snapshot that was in force at the last look.
    private var keys: [KeyStatus] = []

    init(_ store: any KeyUseStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Looks once a second until the task is cancelled.
    func run(_ snapshot: @Sendable () async -> Snapshot) async {
        while (try? await Task.sleep(for: Self.interval)) != nil { await look(at: await snapshot().keys) }
    }

    private func look(at new: [KeyStatus]) async {
        // After a reload the marks are others; what the old ones say is written once more.
        let isReload = zip(keys, new).contains { $0.use !== $1.use } || keys.count != new.count
        if isReload, !keys.isEmpty { await write(atLeast: 1) }
        keys = new
        await write(atLeast: Self.resolution)
    }

    /// Writes everything that is not written yet, before the gateway ends.
    func finish() async { await write(atLeast: 1) }

    private func write(atLeast seconds: Int64) async {
        let uses = keys.compactMap { key -> KeyUse? in
            guard let last = key.use.last, last - (written[key.id] ?? 0) >= seconds else { return nil }
            return KeyUse(key: key.id, at: last)
        }
        if uses.isEmpty { return }
        do throws(SharedStateError) {
            try await store.note(uses)
            for use in uses { written[use.key] = use.at }
        } catch {
            // The store's own failure is told elsewhere; the next look tries again.
            logger.debug("when keys were used was not written", metadata: ["reason": "\(Store.reason(error))"])
        }
    }
}
