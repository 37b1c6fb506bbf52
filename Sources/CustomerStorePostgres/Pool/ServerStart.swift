import Foundation

/// The first connection. A server that is started together with the gateway may need a moment; one that answers and refuses, for a wrong
/// password say, will not change its mind.
enum ServerStart {
    private static let pause = 0.25  // seconds
    /// A server that refuses does so at once; an attempt that took longer met a busy one.
    private static let refusal = Duration.seconds(1)

    /// Blocks.
    static func wait(for target: PostgresTarget, _ limits: PostgresLimits) throws(PostgresError) -> PostgresSession {
        let end = ContinuousClock.now + limits.start
        while true {
            let begin = ContinuousClock.now
            do {
                return try PostgresSession.open(target, limits)
            } catch {
                let isRefused = ContinuousClock.now - begin < refusal && target.isAcceptingConnections
                guard !isRefused, .now < end else { throw error }
            }
            Thread.sleep(forTimeInterval: pause)
        }
    }
}
