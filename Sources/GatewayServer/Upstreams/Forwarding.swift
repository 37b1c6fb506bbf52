import NIOCore

/// A request that was allowed to an upstream: what is sent, where to, and how long that may take.
struct Forwarding {
    let pool: UpstreamPool
    /// The head as the upstream gets it, and where in it the server's name belongs.
    let head: ByteBuffer
    let hostIndex: Int?
    let isIdempotent: Bool
    let isUpgrade: Bool
    let responseMilliseconds: Int64

    /// Connecting has its own limit; this one catches what that misses.
    var beginMilliseconds: Int64 { pool.target.connectMilliseconds + responseMilliseconds }
}
