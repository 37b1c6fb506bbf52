import Customers
import Dispatch
import Foundation
import Synchronization

/// Connections to one server, each with a thread of its own that libpq may block, and the calls that wait for one.
///
/// A thread lives as long as its connection: connecting -> idle <-> busy -> ended. At most one is connecting at a time.
/// A connection that is lost is not mended; the next call that finds none idle has a new one made.
/// INVARIANT (no hang): a call that waits is ended by its `waitsUntil`, a call that runs by its deadline.
/// INVARIANT (nobody sleeps beside work): while calls wait no thread is idle.
final class ConnectionPool: Sendable {
    private struct State {
        var waiting: [any PoolCall] = []
        /// Threads that wait for a call, the one that was busy last at the end.
        var idle: [Worker] = []
        /// Connections that are idle or busy.
        var connected = 0
        var isConnecting = false
        /// Why the last attempt to connect failed, and when the next may be made.
        var failure: (error: PostgresError, until: ContinuousClock.Instant)?
        var isTimerSet = false
        var isClosed = false
    }

    let target: PostgresTarget
    let limits: PostgresLimits
    private let state = Mutex(State())
    private let timer = DispatchQueue(label: "gatehouse.postgres.timer")

    init(_ target: PostgresTarget, limits: PostgresLimits) {
        self.target = target
        self.limits = limits
    }

    /// Runs `body` on a connection, on that connection's thread.
    /// - Throws: what `body` throws; a `PostgresError` when there is no connection in time.
    func run<Value: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { enqueue(PendingCall(limits, body, $0)) }
    }

    /// Calls that run still end; calls that wait fail, and the connections are closed.
    func close() {
        let (calls, workers) = state.withLock { state in
            state.isClosed = true
            defer { (state.waiting, state.idle) = ([], []) }
            return (state.waiting, state.idle)
        }
        for call in calls { call.fail(Self.closed) }
        for worker in workers { worker.hand(nil) }
    }

    /// Calls that wait for a connection.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    private static let closed = PostgresError("the store is closed")

    // MARK: Calls

    private enum Step {
        case wait
        case hand(Worker)
        case connect
        case fail(PostgresError)
    }

    private func enqueue(_ call: any PoolCall) {
        let step = state.withLock { state -> Step in
            if state.isClosed { return .fail(Self.closed) }
            if let worker = state.idle.popLast() { return .hand(worker) }
            if state.connected == 0, !state.isConnecting, let failure = state.failure, failure.until > .now { return .fail(failure.error) }
            guard state.waiting.count < limits.waiting else {
                return .fail(PostgresError("\(limits.waiting) calls wait for a connection already"))
            }
            state.waiting.append(call)
            setTimer(&state)
            return mustConnect(&state) ? .connect : .wait
        }
        carryOut(step, for: call)
    }

    private func carryOut(_ step: Step, for call: any PoolCall) {
        switch step {
        case .wait: break
        case .hand(let worker): worker.hand(call)
        case .connect: connect()
        case .fail(let error): call.fail(error)
        }
    }

    /// Has the calls looked at that will have waited too long. One timer is enough: they wait equally long.
    private func setTimer(_ state: inout State) {
        guard !state.isTimerSet, let first = state.waiting.first else { return }
        state.isTimerSet = true
        let rest = max(0, (first.waitsUntil - .now).milliseconds + 1)
        timer.asyncAfter(deadline: .now() + .milliseconds(Int(rest))) { self.failExpired() }
    }

    private func failExpired() {
        let (expired, failure) = state.withLock { state in
            let now = ContinuousClock.now
            let count = state.waiting.prefix { $0.waitsUntil <= now }.count
            let expired = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            state.isTimerSet = false
            setTimer(&state)
            return (expired, state.failure)
        }
        for call in expired { call.fail(failure?.error ?? PostgresError("no connection became free in time")) }
    }

    // MARK: Connections

    /// Whether the caller has to `connect`.
    private func mustConnect(_ state: inout State) -> Bool {
        guard !state.isClosed, !state.isConnecting, !state.waiting.isEmpty, state.idle.isEmpty, state.connected < limits.connections
        else { return false }
        if let failure = state.failure, failure.until > .now { return false }
        state.isConnecting = true
        return true
    }

    private func connect() {
        let thread = Thread { self.live() }
        thread.name = "gatehouse.postgres"
        thread.start()
    }

    /// The life of a thread.
    private func live() {
        let session: PostgresSession
        do {
            session = try PostgresSession.open(target, limits)
        } catch {
            return refuse(error)
        }
        let mustConnectMore = state.withLock { state in
            state.isConnecting = false
            state.connected += 1
            state.failure = nil
            return mustConnect(&state)
        }
        if mustConnectMore { connect() }
        serve(session)
        end()
    }

    /// No connection could be made. Calls wait on only if there are other connections for them.
    private func refuse(_ error: PostgresError) {
        let calls = state.withLock { state in
            state.isConnecting = false
            state.failure = (error, .now + limits.reconnect)
            guard state.connected == 0 else { return [any PoolCall]() }
            defer { state.waiting = [] }
            return state.waiting
        }
        for call in calls { call.fail(error) }
    }

    private func serve(_ session: PostgresSession) {
        let worker = Worker()
        while session.isUsable, session.isIdle, let call = next(worker) {
            guard session.isQuiet, call.run(on: session) else { return putBack(call) }
        }
    }

    /// Nil when the pool is closed.
    private func next(_ worker: Worker) -> (any PoolCall)? {
        let call = state.withLock { state -> (any PoolCall)?? in
            if state.isClosed { return .some(nil) }
            if !state.waiting.isEmpty { return .some(state.waiting.removeFirst()) }
            state.idle.append(worker)
            return nil
        }
        if let call { return call }
        return worker.wait()
    }

    /// Another connection is to serve this call, before all that wait.
    private func putBack(_ call: any PoolCall) {
        let step = state.withLock { state -> Step in
            if state.isClosed { return .fail(Self.closed) }
            if let worker = state.idle.popLast() { return .hand(worker) }
            state.waiting.insert(call, at: 0)
            setTimer(&state)
            // This thread is about to end, and sees to those that wait when it does.
            return .wait
        }
        carryOut(step, for: call)
    }

    /// A connection is gone.
    private func end() {
        let (isNeeded, calls, failure) = state.withLock { state in
            state.connected -= 1
            if mustConnect(&state) { return (true, [any PoolCall](), state.failure) }
            // Nobody is left to serve those that wait, and nobody may be sent for yet.
            guard state.connected == 0, !state.isConnecting else { return (false, [], nil) }
            defer { state.waiting = [] }
            return (false, state.waiting, state.failure)
        }
        if isNeeded { connect() }
        for call in calls { call.fail(failure?.error ?? Self.closed) }
    }
}

/// A thread that waits to be handed a call.
private final class Worker: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let inbox = Mutex<(any PoolCall)?>(nil)

    /// Nil: the pool is closed.
    func hand(_ call: (any PoolCall)?) {
        inbox.withLock { $0 = call }
        semaphore.signal()
    }

    func wait() -> (any PoolCall)? {
        semaphore.wait()
        return inbox.withLock { $0.take() }
    }
}
