import Foundation
import GatewayServer
import GatewayTesting
import NIOSSL
import StrictJSON
import Testing

@Suite("TLS in front", .timeLimit(.minutes(2)), .ownThread)
struct TLSFrontTests {
    static func run(
        _ certificate: String = "server", clientCA: String? = nil, limits: ServerLimits = ServerLimits(),
        _ body: @Sendable (TestGateway, TLSCertificates) async throws -> Void
    ) async throws {
        let certificates = try TLSCertificates.get()
        try await TestGateway.run(limits: limits, edge: Edge(tls: try certificates.server(certificate, clientCA: clientCA))) { gateway in
            try await body(gateway, certificates)
        }
    }

    static func session(_ gateway: TestGateway) -> String { "GET /session HTTP/1.1\r\nHost: localhost\r\n\(gateway.bearer("acme"))\r\n" }

    @Test("HTTP/1.1 over TLS is answered as plain HTTP/1.1 is, request after request")
    func answers() async throws {
        try await Self.run { gateway, certificates in
            let client = try TLSClient(port: gateway.port, certificates)
            #expect(client.negotiated == "http/1.1")
            for _ in 0..<3 {
                try client.send(Self.session(gateway))
                let response = try client.response()
                #expect(response.hasPrefix("HTTP/1.1 200 OK"))
                #expect(response.contains(#""subject":"acme""#))
            }
            try client.send("GET /session HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try client.response().hasPrefix("HTTP/1.1 401"))
        }
    }

    @Test("a client that agrees on no protocol gets HTTP/1.1")
    func fallback() async throws {
        try await Self.run { gateway, certificates in
            let client = try TLSClient(port: gateway.port, certificates, .init(protocols: []))
            try client.send(Self.session(gateway))
            #expect(try client.response().hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    @Test("TLS below 1.2 is refused", arguments: [TLSVersion.tlsv1, .tlsv11])
    func versions(version: TLSVersion) async throws {
        try await Self.run { gateway, certificates in
            #expect(throws: (any Error).self) { _ = try TLSClient(port: gateway.port, certificates, .init(newest: version)) }
            let client = try TLSClient(port: gateway.port, certificates, .init(newest: .tlsv12))
            try client.send(Self.session(gateway))
            #expect(try client.response().hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    @Test("with a client CA, only clients with its certificates get as far as a request", arguments: [nil, "intruder", "client"])
    func clientCertificates(name: String?) async throws {
        try await Self.run(clientCA: "ca") { gateway, certificates in
            // In TLS 1.3 the client is done before the server has judged it, so the refusal comes with the first answer.
            let answer = try? {
                let client = try TLSClient(port: gateway.port, certificates, .init(client: name))
                try client.send(Self.session(gateway))
                return try client.response()
            }()
            if name == "client" { #expect(answer?.hasPrefix("HTTP/1.1 200 OK") == true) } else { #expect(answer == nil) }
        }
    }

    @Test("a new certificate is shown to new connections, and the open ones go on")
    func replaced() async throws {
        try await Self.run { gateway, certificates in
            let old = try TLSClient(port: gateway.port, certificates)
            gateway.server.replace(with: try certificates.server("next"))
            let new = try TLSClient(port: gateway.port, certificates)
            #expect(old.certificate != new.certificate)
            #expect(new.certificate == (try NIOSSLCertificate.fromPEMFile(certificates.path("next"))[0].toDERBytes()))
            for client in [old, new] {
                try client.send(Self.session(gateway))
                #expect(try client.response().hasPrefix("HTTP/1.1 200 OK"))
            }
        }
    }

    @Test("plain HTTP on the TLS port is answered by no HTTP")
    func plain() async throws {
        try await Self.run { gateway, _ in
            let client = try RawClient(port: gateway.port)
            try client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let bytes = (try? client.readToEnd()) ?? []
            #expect(!String(decoding: bytes, as: UTF8.self).contains("HTTP/"))
        }
    }

    @Test("a client that never gets on with its handshake is closed", arguments: [[], [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]] as [[UInt8]])
    func slowHandshake(bytes: [UInt8]) async throws {
        try await Self.run(limits: ServerLimits(headTimeout: 200)) { gateway, _ in
            let client = try RawClient(port: gateway.port)
            try client.send(bytes)
            let start = ContinuousClock.now
            #expect(try client.isClosed())
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test("the admin listener stays plain")
    func admin() async throws {
        try await Self.run { gateway, _ in
            let client = try RawClient(port: gateway.adminPort)
            try client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try client.response().status == 200)
        }
    }

    @Test("an upstream learns that the client came by TLS")
    func forwardedScheme() async throws {
        let certificates = try TLSCertificates.get()
        let backend = try await LoopbackServer(.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
        let policy = TestGateway.policy.replacing(
            "path: /hello, public: true, to: provisioning", with: "path: /hello, public: true, to: backend")
        let edge = Edge(tls: try certificates.server(), upstreams: [backend.target()], policy: policy)
        try await TestGateway.run(edge: edge) { gateway in
            let client = try TLSClient(port: gateway.port, certificates)
            try client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: http\r\n\r\n")
            #expect(try client.response().hasSuffix("ok"))
            #expect(backend.text.contains("\r\nx-forwarded-proto: https\r\n"))
            #expect(!backend.text.contains("proto: http\r\n"))
        }
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let certificate: String
        let key: String
        /// The file that the message names, and a word of what it says.
        let names: String
        let says: String
    }

    @Test(
        "files that cannot be used are named",
        arguments: [
            Wrong(
                testDescription: "a key for a certificate", certificate: "server.key", key: "server.key", names: "server.key",
                says: "no certificate"),
            Wrong(
                testDescription: "a certificate for a key", certificate: "server.pem", key: "server.pem", names: "server.pem",
                says: "no private key"),
            Wrong(testDescription: "another's key", certificate: "server.pem", key: "next.key", names: "next.key", says: "is not the key"),
            Wrong(testDescription: "nothing", certificate: "empty", key: "server.key", names: "empty", says: "no certificate"),
            Wrong(testDescription: "no text", certificate: "server.pem", key: "noise", names: "noise", says: "no private key"),
            Wrong(testDescription: "a passphrase", certificate: "server.pem", key: "locked", names: "locked", says: "passphrase"),
        ]
    )
    func wrongFiles(wrong: Wrong) throws {
        let certificates = try TLSCertificates.get()
        func file(_ name: String) throws -> PEMFile {
            switch name {
            case "empty": PEMFile(name: name, bytes: [])
            case "noise": PEMFile(name: name, bytes: [0, 255, 10, 13, 0, 128])
            case "locked":
                PEMFile(name: name, bytes: Array("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n".utf8))
            default:
                PEMFile(name: name, bytes: Array(try Data(contentsOf: certificates.folder.appendingPathComponent(name))))
            }
        }
        let error = #expect(throws: PEMError.self) {
            _ = try ServerTLS(certificate: file(wrong.certificate), key: file(wrong.key), clientCA: nil)
        }
        #expect(error?.file == wrong.names)
        #expect(error?.reason.contains(wrong.says) == true, "\(String(describing: error))")
    }
}
