import Foundation

/// Holds threads back until a test lets them go on, for at most `RawSocket.patience`.
final class Gate: @unchecked Sendable {
    // `opened` is used with `condition` locked.
    private let condition = NSCondition()
    private var opened = false

    var isOpen: Bool { condition.withLock { opened } }

    func open() {
        condition.withLock {
            opened = true
            condition.broadcast()
        }
    }

    func wait() throws {
        let end = Date(timeIntervalSinceNow: TimeInterval(RawSocket.patience))
        try condition.withLock {
            while !opened { guard condition.wait(until: end) else { throw RawSocket.Failure(what: "the gate was never opened") } }
        }
    }
}

/// Waits until something is so, for at most `RawSocket.patience`.
func waitUntil(_ what: String, _ isSo: () throws -> Bool) throws {
    let end = ContinuousClock.now + .seconds(RawSocket.patience)
    while try !isSo() {
        guard ContinuousClock.now < end else { throw RawSocket.Failure(what: "never: \(what)") }
        pause(milliseconds: 1)
    }
}

/// Makes its thread slow: never a wait for something to have happened.
func pause(milliseconds: Int) { Thread.sleep(forTimeInterval: Double(milliseconds) / 1000) }
