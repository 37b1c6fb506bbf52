import Dispatch
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// Bytes that came on a connection, for a test that waits for them.
final class Inbox: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)

    struct Timeout: Error {}

    func add(_ bytes: [UInt8]) {
        state.withLock { $0.bytes += bytes }
        signal.signal()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        signal.signal()
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Takes what `body` finds at the front, waiting for more until it finds something. Nil: the connection ended first.
    func take<Value: Sendable>(within seconds: Double = 10, _ body: @Sendable (inout [UInt8]) throws -> Value?) throws -> Value? {
        let deadline = DispatchTime.now() + seconds
        while true {
            let (found, isClosed) = try state.withLock { state in (try body(&state.bytes), state.isClosed) }
            if let found { return found }
            if isClosed { return nil }
            guard signal.wait(timeout: deadline) == .success else { throw Timeout() }
        }
    }

    /// All that comes until the connection ends.
    func takeAll(within seconds: Double = 10) throws -> [UInt8] {
        _ = try take(within: seconds) { _ in Bool?.none }
        return state.withLock { state in
            defer { state.bytes = [] }
            return state.bytes
        }
    }
}

/// A client over TLS that sends exactly the bytes it is given.
final class TLSClient: Sendable {
    /// All clients of all tests share it.
    static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    let inbox = Inbox()
    private let channel: any Channel
    /// By ALPN; nil: nothing.
    let negotiated: String?
    /// DER of the certificate that the server showed.
    let certificate: [UInt8]

    struct Options: Sendable {
        var protocols: [String] = ["http/1.1"]
        /// The name of a client's certificate.
        var client: String?
        var newest: TLSVersion?
    }

    /// - Throws: when the handshake fails.
    init(port: Int, _ certificates: TLSCertificates, _ options: Options = Options()) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(certificates.path("ca"))
        configuration.applicationProtocols = options.protocols
        if let newest = options.newest {
            configuration.minimumTLSVersion = .tlsv1
            configuration.maximumTLSVersion = newest
        }
        if let client = options.client {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificates.path(client)).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: certificates.path(client, "key"), format: .pem))
        }
        let context = try NIOSSLContext(configuration: configuration)
        let eventLoop = Self.loops.next()
        let ready = eventLoop.makePromise(of: String?.self)
        let inbox = inbox
        channel = try ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        [try NIOSSLClientHandler(context: context, serverHostname: "localhost"), TLSClientHandler(inbox, ready)]
                    )
                }
            }
            .connect(host: "127.0.0.1", port: port).wait()
        negotiated = try ready.futureResult.wait()
        let channel = channel
        certificate = try channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self).peerCertificate?.toDERBytes() ?? []
        }.wait()
    }

    deinit { channel.close(promise: nil) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws { try channel.writeAndFlush(ByteBuffer(bytes: bytes)).wait() }

    func close() throws { try channel.close().wait() }

    /// The next HTTP/1.1 response, delimited by its Content-Length.
    func response() throws -> String {
        let found = try inbox.take { bytes -> String? in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { return nil }
            let length =
                text[..<end.lowerBound].lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                .flatMap { Int($0.dropFirst(15).drop { $0 == " " }) } ?? 0
            let whole = text[..<end.upperBound].utf8.count + length
            guard bytes.count >= whole else { return nil }
            defer { bytes.removeFirst(whole) }
            return String(decoding: bytes.prefix(whole), as: UTF8.self)
        }
        guard let found else { throw TLSCertificates.Failure(what: "closed before the response") }
        return found
    }
}

private final class TLSClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: Inbox
    private var ready: EventLoopPromise<String?>?

    init(_ inbox: Inbox, _ ready: EventLoopPromise<String?>) {
        self.inbox = inbox
        self.ready = ready
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? TLSUserEvent, case .handshakeCompleted(let negotiated) = event else { return }
        ready.take()?.succeed(negotiated)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { inbox.add(Array(unwrapInboundIn(data).readableBytesView)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        ready.take()?.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        ready.take()?.fail(ChannelError.eof)
        inbox.close()
    }
}
