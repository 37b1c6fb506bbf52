import Synchronization

/// A call that waits for a connection or runs on one. It is in one place at a time, and whoever takes it from there either ends it,
/// by `fail` or by a `run` that answers true, or puts it into another place.
protocol PoolCall: Sendable {
    /// Until when it waits for a connection.
    var waitsUntil: ContinuousClock.Instant { get }

    /// Runs on this connection. False: the connection is lost and nothing was done, so the call may run on another one.
    func run(on session: PostgresSession) -> Bool

    func fail(_ error: PostgresError)
}

/// Of connections that were opened since it began and are lost right away a call tries so many. Older ones, of which the server may be
/// ending all there are just now, it meets once each.
private let callAttempts = 3

final class PendingCall<Value: Sendable>: PoolCall {
    let waitsUntil: ContinuousClock.Instant
    private let begun: ContinuousClock.Instant
    private let deadline: ContinuousClock.Instant
    private let body: @Sendable (PostgresSession) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    private let losses = Mutex(0)

    init(
        _ limits: PostgresLimits, _ body: @escaping @Sendable (PostgresSession) throws -> Value,
        _ continuation: CheckedContinuation<Value, any Error>
    ) {
        begun = .now
        waitsUntil = begun + limits.wait
        deadline = begun + limits.call
        self.body = body
        self.continuation = continuation
    }

    func run(on session: PostgresSession) -> Bool {
        session.deadline = deadline
        do {
            continuation.resume(returning: try body(session))
        } catch let error as NothingDone {
            if session.opened < begun { return false }
            let count = losses.withLock { count in
                count += 1
                return count
            }
            if count < callAttempts { return false }
            continuation.resume(throwing: error.cause)
        } catch {
            continuation.resume(throwing: error)
        }
        return true
    }

    func fail(_ error: PostgresError) {
        continuation.resume(throwing: error)
    }
}
