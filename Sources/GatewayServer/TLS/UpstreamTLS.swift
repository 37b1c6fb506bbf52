import Access
import NIOCore
import NIOSSL
import NIOTLS

/// How the https servers of one upstream prove who they are.
///
/// INVARIANT (no unverified upstream): chain, dates and name are always verified, before the first byte of a request is sent; there is no
/// setting, parameter or branch that leaves it out (CVE-2026-31923).
package struct UpstreamTLS: Sendable {
    private let context: NIOSSLContext
    private let serverName: String?

    /// - Parameters:
    ///   - ca: the authorities to believe; nil: the system's.
    ///   - serverName: what the certificates are issued for; nil: the host that is connected to.
    package init(ca: PEMFile?, serverName: String?) throws(PEMError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        TLSRules.apply(to: &configuration)
        configuration.certificateVerification = .fullVerification
        if let ca { configuration.trustRoots = .certificates(try ca.certificates()) }
        configuration.applicationProtocols = ["http/1.1"]
        do { context = try NIOSSLContext(configuration: configuration) } catch {
            throw PEMError(file: ca?.name ?? "the system's authorities", reason: "cannot be used: \(error)")
        }
        self.serverName = serverName
    }

    /// The name that the certificate of a server at `host` must have; nil: it must have the address itself, which is no name (RFC 6066
    /// section 3).
    func name(for host: String) -> String? {
        let name = serverName ?? host
        return IPAddress(name) == nil ? name : nil
    }

    /// For a connection to `host`.
    func handler(for host: String) throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: context, serverHostname: name(for: host))
    }

    /// Whether the certificate is issued for `name`: one of its dNSNames is that, or that with `*` for the first label (RFC 6125 section 6.4).
    ///
    /// The TLS library would also be content with a certificate for the address that is connected to, or with a common name.
    static func isIssued(_ certificate: NIOSSLCertificate, for name: String) -> Bool {
        let wanted = name.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        return certificate._subjectAlternativeNames().contains { alternative in
            guard alternative.nameType == .dnsName else { return false }
            let labels = String(decoding: Array(alternative.contents), as: UTF8.self).lowercased()
                .split(separator: ".", omittingEmptySubsequences: false)
            guard labels.count == wanted.count else { return false }
            return labels == wanted || labels.count > 2 && labels[0] == "*" && labels.dropFirst() == wanted.dropFirst()
        }
    }
}

/// Stands behind the TLS handler of a connection to an upstream until the server is known to be the right one.
final class UpstreamHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    enum Failure: Error {
        case timeout
        /// What TLS found wrong, for the log.
        case refused(String)
    }

    /// Succeeds when requests may be sent; fails with `Failure`.
    let done: EventLoopFuture<Void>
    private let promise: EventLoopPromise<Void>
    private let milliseconds: Int64
    /// What the certificate must be issued for; nil: the address, which the TLS library compares.
    private let name: String?
    private var timeout: Scheduled<Void>?
    private var isOver = false

    init(on eventLoop: any EventLoop, milliseconds: Int64, name: String?) {
        promise = eventLoop.makePromise()
        done = promise.futureResult
        self.milliseconds = milliseconds
        self.name = name
    }

    func handlerAdded(context: ChannelHandlerContext) { if context.channel.isActive { start(context) } }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timeout = context.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
            let (handshake, context) = bound.value
            handshake.end(.failure(.timeout))
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? TLSUserEvent, case .handshakeCompleted = event else {
            return context.fireUserInboundEventTriggered(event)
        }
        let certificate = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self).peerCertificate
        if let name, !(certificate.map { UpstreamTLS.isIssued($0, for: name) } ?? false) {
            end(.failure(.refused("the certificate is not issued for \(name)")))
            return context.close(promise: nil)
        }
        end(.success(()))
        context.pipeline.syncOperations.removeHandler(context: context).whenFailure { _ in }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.failure(.refused("\(error)")))
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) { end(.failure(.refused("closed during the handshake"))) }

    private func end(_ result: Result<Void, Failure>) {
        guard !isOver else { return }
        isOver = true
        timeout?.cancel()
        promise.completeWith(result.mapError { $0 as any Error })
    }
}
