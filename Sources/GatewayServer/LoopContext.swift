import Access
import GatewayCore
import Logging
import NIOCore
import SharedState

/// What the connections of one event loop share. Used on that loop only, so nothing in it needs a lock.
final class LoopContext {
    let eventLoop: any EventLoop
    let services: Services
    let executor: LoopTaskExecutor
    /// Replaced whole by a reload; a request keeps to the one it began with.
    var gatekeeper: Gatekeeper
    var requestIDs = RequestIDGenerator()
    var clock = WallClock()
    var decisions = DecisionBuffer()
    var metrics: RequestMetrics
    /// Of the snapshots before this one.
    private(set) var pastTokenMemory = TokenMemoryCounts()
    var shadow: ShadowJournal
    let pools: [String: UpstreamPool]
    /// Hands a list of revocations to every loop; back when all have it.
    var deliver: (@Sendable (RevocationList) async throws -> Void)?
    /// Where heads are put together.
    var scratch: [UInt8] = []
    /// Connections above a limit that are being told so.
    var turnedAway = 0
    private var lastTurnedAwayNote = Int64.min / 2
    private(set) var connections: [any Watched] = []
    private var ticker: RepeatedTask?
    private var isHandoverScheduled = false
    /// No new requests: connections close as they become idle.
    private(set) var isStopping = false
    private var stopped: EventLoopPromise<Void>?

    init(eventLoop: any EventLoop, services: Services, snapshot: Snapshot) {
        self.eventLoop = eventLoop
        self.services = services
        executor = LoopTaskExecutor(eventLoop)
        shadow = ShadowJournal(services.shadow)
        pools = Dictionary(
            uniqueKeysWithValues: services.upstreams.map { ($0.name, UpstreamPool($0, eventLoop: eventLoop, logger: services.logger)) })
        gatekeeper = Gatekeeper(snapshot, rates: services.rates)
        metrics = RequestMetrics(snapshot.policy)
    }

    /// What is revoked stays revoked from one snapshot to the next.
    func turn(to snapshot: Snapshot) {
        pastTokenMemory.addTotals(of: gatekeeper.tokenMemory)
        metrics.turn(to: snapshot.policy)
        gatekeeper = Gatekeeper(snapshot, revocations: gatekeeper.revocations, rates: services.rates)
    }

    /// Deadlines are looked at this often, so that no request has to schedule and cancel a timer of its own.
    private static let tickInterval = TimeAmount.milliseconds(250)

    func start() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        ticker = eventLoop.scheduleRepeatedTask(initialDelay: Self.tickInterval, delay: Self.tickInterval) { _ in
            bound.value.tick()
        }
    }

    private func tick() {
        if services.decisions.isFailing { services.decisions.retry() }
        let now = WallClock.coarse()
        for connection in connections where connection.deadline < now { connection.deadlinePassed() }
        for pool in pools.values { pool.closeExpired() }
    }

    /// Records are handed over this long after the first of them, or sooner when they are many: what a crash takes with it is no more than that.
    private static let handoverDelay = TimeAmount.milliseconds(20)

    func flushDecisionsSoon() {
        guard !isHandoverScheduled else { return }
        isHandoverScheduled = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: Self.handoverDelay) {
            bound.value.isHandoverScheduled = false
            bound.value.flushDecisions()
        }
    }

    func flushDecisions() {
        guard decisions.count > 0 else { return }
        let (lines, count) = decisions.drain()
        services.decisions.submit(lines, count: count)
    }

    func add(_ connection: any Watched) {
        connection.registryIndex = connections.count
        connections.append(connection)
    }

    func remove(_ connection: any Watched) {
        let index = connection.registryIndex
        guard index < connections.count, connections[index] === connection else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[index] = last
            last.registryIndex = index
        }
        if isStopping, connections.isEmpty { finishStopping() }
    }

    /// Tells operators, once in a while, that a limit of connections is reached.
    func noteTurnedAway() {
        let now = WallClock.monotonic()
        guard now - lastTurnedAwayNote > 10_000_000_000 else { return }
        lastTurnedAwayNote = now
        services.logger.warning("connections are turned away: `limits.connections` or `limits.connectionsPerAddress` is reached")
    }

    /// Lets requests in flight finish and closes what is idle; the future completes when no connection is left.
    func stop() -> EventLoopFuture<Void> {
        isStopping = true
        let promise = stopped ?? eventLoop.makePromise(of: Void.self)
        stopped = promise
        if connections.isEmpty { finishStopping() } else { for connection in connections { connection.stopWhenIdle() } }
        return promise.futureResult
    }

    /// Closes what is still open.
    func abort() { for connection in connections { connection.close() } }

    private func finishStopping() {
        ticker?.cancel()
        for pool in pools.values { pool.close() }
        flushDecisions()
        stopped?.succeed()
    }
}
