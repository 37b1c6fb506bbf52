import Foundation

/// The lines that a process writes, as they come.
///
/// `@unchecked Sendable`: every access to the stored values holds the condition's lock.
final class LineStream: @unchecked Sendable {
    private let condition = NSCondition()
    private var complete: [String] = []
    private var rest: [UInt8] = []
    private var isAtEnd = false

    /// Reads on a thread of its own until the other side has closed.
    init(reading handle: FileHandle) {
        Thread.detachNewThread { [self] in
            while true {
                let data = handle.availableData
                append(data)
                if data.isEmpty { return }
            }
        }
    }

    /// Everything so far.
    var lines: [String] { condition.withLock { complete } }

    /// The first line from `start` on that `pick` makes something of; nil when none has come in `seconds`, or none can come any more.
    func first<Found>(from start: inout Int, within seconds: Double, _ pick: (String) -> Found?) -> Found? {
        let limit = Date.now + seconds
        condition.lock()
        defer { condition.unlock() }
        while true {
            while start < complete.count {
                defer { start += 1 }
                if let found = pick(complete[start]) { return found }
            }
            if isAtEnd || !condition.wait(until: limit) { return nil }
        }
    }

    /// Returns when the other side has closed, or after `seconds`.
    func waitForEnd(within seconds: Double) {
        let limit = Date.now + seconds
        condition.lock()
        while !isAtEnd, condition.wait(until: limit) {}
        condition.unlock()
    }

    private func append(_ data: Data) {
        condition.lock()
        rest += data
        if data.isEmpty, !rest.isEmpty { rest.append(UInt8(ascii: "\n")) }
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            complete.append(String(decoding: rest[..<end], as: UTF8.self))
            rest.removeFirst(end + 1)
        }
        isAtEnd = data.isEmpty
        condition.broadcast()
        condition.unlock()
    }
}

extension NSCondition {
    fileprivate func withLock<Result>(_ body: () -> Result) -> Result {
        lock()
        defer { unlock() }
        return body()
    }
}
