import Foundation

/// The first connection. A server that is started together with the gateway may need a moment; one that answers and refuses, for a wrong
/// password say, will not change its mind.
enum ServerStart {
    private static let pause = 0.25  // seconds

    /// Blocks.
    static func wait(for target: PostgresTarget, _ limits: PostgresLimits) throws(PostgresError) -> PostgresSession {
        let end = ContinuousClock.now + limits.start
        while true {
            do {
                return try PostgresSession.open(target, limits)
            } catch {
                guard !target.isAcceptingConnections, .now < end else { throw error }
            }
            Thread.sleep(forTimeInterval: pause)
        }
    }
}
