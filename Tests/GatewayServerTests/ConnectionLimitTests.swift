import Access
import Foundation
import GatewayServer
import GatewayTesting
import StrictJSON
import Testing

@Suite("Limits of connections", .timeLimit(.minutes(2)), .ownThread)
struct ConnectionLimitTests {
    /// A connection that has been served, and so is surely counted.
    static func served(_ gateway: TestGateway) throws -> RawClient {
        let client = try RawClient(port: gateway.port)
        try client.send("GET /session HTTP/1.1\r\nHost: gateway.test\r\n\(gateway.bearer("acme"))\r\n")
        #expect(try client.response().status == 200)
        return client
    }

    @Test("a connection above the limit is told so with 503 and closed; when one ends, another is served", arguments: [1, 2])
    func total(threads: Int) async throws {
        try await TestGateway.run(limits: ServerLimits(connections: 3), edge: Edge(threads: threads)) { gateway in
            var clients = try (0..<3).map { _ in try Self.served(gateway) }
            for _ in 0..<5 {
                let excess = try RawClient(port: gateway.port)
                // Whatever it sends, also beforehand.
                try excess.send("GET /session HTTP/1.1\r\nHost: gateway.test\r\n\r\n")
                let response = try excess.response()
                #expect(response.status == 503)
                #expect(response.code == "overloaded")
                #expect(response["retry-after"] != nil)
                #expect(try excess.isClosed())
            }
            // Operators get in.
            let admin = try RawClient(port: gateway.adminPort)
            try admin.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try admin.response().status == 200)
            clients.removeLast()
            // As soon as the server has seen it end.
            let deadline = ContinuousClock.now + .seconds(10)
            var status: Int?
            while status != 200, ContinuousClock.now < deadline {
                status = try? Self.status(gateway)
                if status != 200 { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(status == 200)
            #expect(clients.count == 2)
        }
    }

    static func status(_ gateway: TestGateway) throws -> Int {
        let client = try RawClient(port: gateway.port)
        try client.send("GET /session HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\(gateway.bearer("acme"))\r\n")
        let status = try client.response().status
        _ = try client.readToEnd()
        return status
    }

    @Test("one address has a limit of its own, which does not hold for trusted proxies")
    func perAddress() async throws {
        let limits = ServerLimits(connections: 100, connectionsPerAddress: 2)
        try await TestGateway.run(limits: limits) { gateway in
            let clients = try (0..<2).map { _ in try Self.served(gateway) }
            #expect(try RawClient(port: gateway.port).response().status == 503)
            #expect(clients.count == 2)
        }
        try await TestGateway.run(limits: limits, edge: Edge(trustedProxies: [try CIDR(parsing: "127.0.0.1")])) { gateway in
            let clients = try (0..<20).map { _ in try Self.served(gateway) }
            #expect(clients.count == 20)
        }
    }

    @Test("over TLS a connection above the limit costs no handshake")
    func tls() async throws {
        let certificates = try TLSCertificates.get()
        try await TestGateway.run(limits: ServerLimits(connections: 1), edge: Edge(tls: try certificates.server())) { gateway in
            let first = try TLSClient(port: gateway.port, certificates)
            #expect(first.negotiated == "http/1.1")
            #expect(throws: (any Error).self) { _ = try TLSClient(port: gateway.port, certificates) }
            try first.send(TLSFrontTests.session(gateway))
            #expect(try first.response().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("after `requestsPerConnection` requests the answer says that the connection ends, and it does")
    func requests() async throws {
        try await TestGateway.run(limits: ServerLimits(requestsPerConnection: 3)) { gateway in
            let client = try RawClient(port: gateway.port)
            let request = "GET /session HTTP/1.1\r\nHost: gateway.test\r\n\(gateway.bearer("acme"))\r\n"
            try client.send(request + request + request + request)
            for n in 1...3 {
                let response = try client.response()
                #expect(response.status == 200)
                #expect(response["connection"] == (n == 3 ? "close" : nil))
            }
            #expect(try client.isClosed())
        }
    }

    @Test("a thousand connections that come and go leave nothing behind")
    func flat() async throws {
        try await TestGateway.run(limits: ServerLimits(connections: 50, connectionsPerAddress: 50), edge: Edge(threads: 2)) { gateway in
            for _ in 0..<20 {
                let clients = try (0..<50).map { _ in try RawClient(port: gateway.port) }
                #expect(clients.count == 50)
            }
            // When the last of them is gone, there is room for all that the limit allows.
            let deadline = ContinuousClock.now + .seconds(10)
            var served = 0
            while served < 50, ContinuousClock.now < deadline {
                let clients = (0..<50).compactMap { _ in try? RawClient(port: gateway.port) }
                served = clients.count { client in
                    (try? client.send("GET /session HTTP/1.1\r\nHost: gateway.test\r\n\(gateway.bearer("acme"))\r\n")) != nil
                        && (try? client.response().status) == 200
                }
                if served < 50 { try await Task.sleep(for: .milliseconds(50)) }
            }
            #expect(served == 50)
        }
    }
}
