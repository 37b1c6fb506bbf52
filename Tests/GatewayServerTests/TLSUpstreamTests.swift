import Foundation
import GatewayServer
import GatewayTesting
import NIOSSL
import StrictJSON
import Testing

@Suite("TLS to upstreams (attacks row L-04)", .timeLimit(.minutes(2)), .ownThread)
struct TLSUpstreamTests {
    static let policy = TestGateway.policy.replacing(
        "path: /hello, public: true, to: provisioning", with: "path: /hello, public: true, to: backend"
    )
    static let answer = LoopbackServer.Behaviour.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    static func get(
        _ backend: LoopbackServer, ca: String? = "ca", serverName: String? = nil, host: String = "127.0.0.1", connect: Int64 = 30_000
    ) async throws -> RawClient.Response {
        let certificates = try TLSCertificates.get()
        let tls = try UpstreamTLS(ca: ca.map { try certificates.file($0) }, serverName: serverName)
        let edge = Edge(upstreams: [backend.target(tls: tls, host: host, connect: connect)], policy: policy)
        let response = Collected<RawClient.Response>()
        try await TestGateway.run(edge: edge) { gateway in response.set(try gateway.get("/hello")) }
        return try #require(response.value)
    }

    @Test("a server whose certificate is good for its address or name is used", arguments: ["127.0.0.1", "localhost"])
    func good(host: String) async throws {
        let backend = try await LoopbackServer(Self.answer, certificate: "server")
        let response = try await Self.get(backend, host: host)
        #expect(response.status == 200)
        #expect(response.body == "ok")
        #expect(backend.text.hasPrefix("GET /hello HTTP/1.1\r\nhost: gateway.test\r\n"))
    }

    @Test("the name of the configuration is the one that is verified")
    func serverName() async throws {
        let backend = try await LoopbackServer(Self.answer, certificate: "elsewhere")
        #expect(try await Self.get(backend, serverName: "elsewhere.test").status == 200)
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let certificate: String
        var ca: String? = "ca"
        var serverName: String?
        var host = "127.0.0.1"
    }

    @Test(
        "a server that cannot prove who it is gets not a byte of the request, and the client 502",
        arguments: [
            Bad(testDescription: "another name", certificate: "elsewhere", host: "localhost"),
            Bad(testDescription: "another address", certificate: "elsewhere"),
            Bad(testDescription: "not the configured name", certificate: "server", serverName: "elsewhere.test"),
            Bad(testDescription: "expired", certificate: "expired"),
            Bad(testDescription: "signed by itself", certificate: "self"),
            Bad(testDescription: "another authority", certificate: "server", ca: "stranger"),
            Bad(testDescription: "an authority that the system does not know", certificate: "server", ca: nil),
        ]
    )
    func bad(bad: Bad) async throws {
        let backend = try await LoopbackServer(Self.answer, certificate: bad.certificate)
        let response = try await Self.get(backend, ca: bad.ca, serverName: bad.serverName, host: bad.host)
        #expect(response.status == 502)
        #expect(response.code == "bad_upstream")
        // Nothing but the handshake: the text is what came out of TLS.
        #expect(backend.text.isEmpty)
        #expect(backend.connectionCount > 0)
    }

    @Test("a server that speaks no TLS, or is silent, gets not a byte of the request either")
    func noTLS() async throws {
        let plain = try await LoopbackServer(Self.answer)
        // Told apart by whether it answers at all.
        #expect([502, 504].contains(try await Self.get(plain, connect: 1000).status))
        #expect(!plain.text.contains("GET"))
    }

    @Test("an answer that only its connection's end delimits, cut off without TLS's goodbye, is not passed as whole")
    func cutOff() async throws {
        let backend = try await LoopbackServer(.breakOff("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhalf"), certificate: "server")
        let certificates = try TLSCertificates.get()
        let tls = try UpstreamTLS(ca: try certificates.file("ca"), serverName: nil)
        try await TestGateway.run(edge: Edge(upstreams: [backend.target(tls: tls)], policy: Self.policy)) { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send("GET /hello HTTP/1.1\r\nHost: gateway.test\r\n\r\n")
            let text = String(decoding: (try? client.readToEnd()) ?? [], as: UTF8.self)
            // The last chunk is what says that all has come.
            #expect(!text.contains("\r\n0\r\n\r\n"), "\(text)")
        }
    }

    @Test("a file of authorities that has none is named")
    func wrongCA() throws {
        let error = #expect(throws: PEMError.self) {
            _ = try UpstreamTLS(ca: PEMFile(name: "ca.pem", bytes: Array("x".utf8)), serverName: nil)
        }
        #expect(error?.file == "ca.pem")
    }
}
