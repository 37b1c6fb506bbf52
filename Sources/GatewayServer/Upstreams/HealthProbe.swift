import HTTPWire
import NIOCore

/// One question to a server whether it is well: a GET on a connection of its own, which is closed afterwards.
final class HealthProbe: UpstreamUser {
    private let server: UpstreamPool.Server
    private var connection: UpstreamConnection?
    private var timeout: Scheduled<Void>?

    private init(_ server: UpstreamPool.Server) { self.server = server }

    static func run(_ server: UpstreamPool.Server, of pool: UpstreamPool, path: String) {
        let probe = HealthProbe(server)
        pool.connect(server) { result in
            guard case .success(let connection) = result else {
                // No place for a probe says nothing about the server.
                if case .failure(.full) = result { return }
                return server.isHealthy = false
            }
            probe.ask(connection, pool, path)
        }
    }

    private func ask(_ connection: UpstreamConnection, _ pool: UpstreamPool, _ path: String) {
        self.connection = connection
        connection.begin(self, isHead: false)
        connection.write(
            ByteBuffer(
                string:
                    "GET \(path) HTTP/1.1\r\nhost: \(server.address.authority)\r\nuser-agent: gatehouse-health\r\nconnection: close\r\n\r\n"
            )
        )
        connection.flush()
        // Holds the probe until it is over: nobody else does.
        let bound = NIOLoopBound(self, eventLoop: pool.eventLoop)
        timeout = pool.eventLoop.scheduleTask(in: .milliseconds(pool.target.connectMilliseconds)) { bound.value.end(isHealthy: false) }
    }

    private func end(isHealthy: Bool) {
        guard let connection else { return }
        self.connection = nil
        timeout?.cancel()
        server.isHealthy = isHealthy
        connection.close()
    }

    func upstreamHead(_ head: borrowing ResponseHead, _ bytes: Span<UInt8>) { end(isHealthy: 200..<400 ~= head.status) }
    func upstreamFailed() { end(isHealthy: false) }
    func upstreamBody(_ part: ByteBuffer) {}
    func upstreamEnd() {}
    func upstreamReadComplete() {}
    func upstreamWritabilityChanged() {}
}
