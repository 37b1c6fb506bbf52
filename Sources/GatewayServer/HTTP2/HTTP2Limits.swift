import HTTPWire
import NIOCore
import NIOHTTP2

/// What one client may take of an HTTP/2 connection (attacks row F-09).
enum HTTP2Limits {
    static func connection(_ limits: ServerLimits) -> NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: 100),
            HTTP2Setting(parameter: .maxHeaderListSize, value: headerList(limits.wire)),
            HTTP2Setting(parameter: .initialWindowSize, value: streamWindow),
        ]
        // Bytes that may be under way for all streams together.
        configuration.targetWindowSize = 4 * streamWindow
        // As many as the largest header list that is read takes with frames of 16 KiB; some clients make smaller ones.
        configuration.maximumSequentialContinuationFrames = max(5, headerList(limits.wire) >> 14)
        configuration.maximumSequentialEmptyDataFrames = 1
        // Answers to PING and SETTINGS that a client lets pile up.
        configuration.maximumBufferedControlFrames = 1000
        // Over the life of a connection: requests that the protocol itself refuses (MadeYouReset, GHSA-xvr7-p2c6-j83w).
        configuration.maximumConnectionGlitches = 200
        // Streams whose late frames are let pass: of a request that was refused, the body may still be under way.
        configuration.maximumRecentlyResetStreams = 1000
        configuration.controlFrameRateLimit.maximumCount = 200
        configuration.controlFrameRateLimit.windowLength = .seconds(30)
        return configuration
    }

    static var stream: NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.targetWindowSize = streamWindow
        configuration.outboundBufferSizeHighWatermark = 64 << 10
        configuration.outboundBufferSizeLowWatermark = 16 << 10
        // CVE-2023-44487, Rapid Reset.
        configuration.streamResetFrameRateLimit.maximumCount = 200
        configuration.streamResetFrameRateLimit.windowLength = .seconds(30)
        configuration.streamErrorRateLimit.maximumCount = 100
        configuration.streamErrorRateLimit.windowLength = .seconds(30)
        return configuration
    }

    /// Three times what HTTP/1.1 takes, counted as RFC 9113 section 10.5.1 does: 32 bytes more for each field. What is above the limits and
    /// below this is read, so that the request can be answered with 431 or 414; above it the connection ends.
    private static func headerList(_ limits: WireLimits) -> Int { 3 * (limits.target + limits.headers + 32 * limits.headerCount) }

    /// Bytes of a request body that may wait for one stream.
    private static let streamWindow = 64 << 10
}
