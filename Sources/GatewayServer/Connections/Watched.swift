/// A connection, or a stage or stream of one, that its event loop watches over: it has a deadline, and it ends when the gateway stops.
protocol Watched: AnyObject {
    /// Monotonic nanoseconds.
    var deadline: Int64 { get }
    /// Where the loop keeps it; the loop's business.
    var registryIndex: Int { get set }
    func deadlinePassed()
    /// Ends what is idle; the rest ends by itself when it has answered.
    func stopWhenIdle()
    func close()
}
