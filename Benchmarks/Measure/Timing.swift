/// How long operations take.
enum Timing {
    /// Nanoseconds of one operation.
    static func nanoseconds(each count: Int, _ operation: () throws -> Void) rethrows -> Double {
        let clock = ContinuousClock()
        let begun = clock.now
        for _ in 0..<count { try operation() }
        return (clock.now - begun) / .nanoseconds(1) / Double(count)
    }

    /// Of `runs` runs, behind one that only warms up.
    static func median(of runs: Int, each count: Int, _ operation: () throws -> Void) rethrows -> Double {
        _ = try nanoseconds(each: count, operation)
        var figures: [Double] = []
        for _ in 0..<runs { figures.append(try nanoseconds(each: count, operation)) }
        return median(figures)
    }

    static func median(_ figures: [Double]) -> Double { figures.sorted()[figures.count / 2] }
}
