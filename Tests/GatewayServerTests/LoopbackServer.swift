import Foundation
import GatewayServer
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A backend on a free port, over TLS or plain, that keeps what it was sent and answers by rote.
final class LoopbackServer: Sendable {
    enum Behaviour: Sendable {
        /// The same bytes for each head that is complete.
        case answer(String)
        /// Answers that the head came as `text/plain`, when the body is there.
        case echo
        /// These bytes, and then the end of the connection without a goodbye of TLS.
        case breakOff(String)
    }

    /// All bytes of all connections, as they came out of TLS.
    private let received = Mutex<[UInt8]>([])
    private let connections = Mutex(0)
    private let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }
    var text: String { String(decoding: received.withLock { $0 }, as: UTF8.self) }
    var connectionCount: Int { connections.withLock { $0 } }

    init(_ behaviour: Behaviour, certificate: String? = nil) async throws {
        var context: NIOSSLContext?
        if let certificate {
            let certificates = try TLSCertificates.get()
            context = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMFile(certificates.path(certificate)).map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: certificates.path(certificate, "key"), format: .pem))
                )
            )
        }
        let (received, connections) = (Relay(), Relay())
        channel = try await ServerBootstrap(group: TLSClient.loops)
            .childChannelInitializer { [context] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
                    try channel.pipeline.syncOperations.addHandler(
                        Backend(behaviour, receive: { received.call($0) }, connect: { connections.call([]) })
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        received.set { [weak self] bytes in self?.received.withLock { $0 += bytes } }
        connections.set { [weak self] _ in self?.connections.withLock { $0 += 1 } }
    }

    deinit { channel.close(promise: nil) }

    func target(_ name: String = "backend", tls: UpstreamTLS? = nil, host: String = "127.0.0.1", connect: Int64 = 30_000) -> UpstreamTarget
    {
        UpstreamTarget(
            name: name, servers: [.init(host: host, port: port, authority: "\(host):\(port)", isSecure: tls != nil)],
            connectMilliseconds: connect, retries: 0, tls: tls
        )
    }

    /// Lets a closure be set after it is handed on.
    private final class Relay: Sendable {
        private let body = Mutex<(@Sendable ([UInt8]) -> Void)?>(nil)
        func set(_ body: @escaping @Sendable ([UInt8]) -> Void) { self.body.withLock { $0 = body } }
        func call(_ bytes: [UInt8]) { body.withLock { $0 }?(bytes) }
    }
}

private final class Backend: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let behaviour: LoopbackServer.Behaviour
    private let receive: ([UInt8]) -> Void
    private let connect: () -> Void
    private var bytes: [UInt8] = []

    init(_ behaviour: LoopbackServer.Behaviour, receive: @escaping ([UInt8]) -> Void, connect: @escaping () -> Void) {
        self.behaviour = behaviour
        self.receive = receive
        self.connect = connect
    }

    func channelActive(context: ChannelHandlerContext) { connect() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = Array(unwrapInboundIn(data).readableBytesView)
        receive(part)
        bytes += part
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return }
        let head = String(text[..<end.upperBound])
        switch behaviour {
        case .answer(let answer):
            bytes = []
            write(answer, context)
        case .echo:
            let isWhole =
                head.contains("transfer-encoding: chunked")
                ? text.hasSuffix("\r\n0\r\n\r\n") : bytes.count >= head.utf8.count + length(head)
            guard isWhole else { return }
            bytes = []
            write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(head.utf8.count)\r\n\r\n\(head)", context)
        case .breakOff(let answer):
            write(answer, context)
            // From behind TLS, so that it is not told.
            if let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) { tls.close(promise: nil) }
        }
    }

    private func length(_ head: String) -> Int {
        head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }.flatMap {
            Int($0.dropFirst(15).drop { $0 == " " })
        } ?? 0
    }

    private func write(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
