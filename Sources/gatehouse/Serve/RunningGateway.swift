import Access
import ArgumentParser
import CustomerAPI
import Customers
import Dispatch
import Foundation
import GatewayConfiguration
import GatewayCore
import GatewayServer
import HTTPWire
import Logging
import OpenSSLCrypto
import SharedState

/// The composition root: settings in, a running gateway out.
struct RunningGateway {
    /// Public and admin address, with the real ports.
    let address: String
    let adminAddress: String?

    private let server: GatewayServer
    private let listeners: [GatewayServer.Listener]
    private let reloader: Reloader
    private let signals: Signals
    private let services: Services
    private let logger: Logger

    /// Seconds that requests in flight have to finish in (contract section 3).
    private static let stopSeconds: Int64 = 30

    /// - Throws: `ExitCode` after the reason was printed: 78 for what a person must change in a file, 69 for an address or store that cannot be had.
    /// - Parameter warnings: what was said of the settings.
    static func start(
        _ settings: Settings, warnings: [Diagnostic] = [], environment: [String: String]
    ) async throws -> RunningGateway {
        // Before anybody is told that it is ready: who then asks it to stop must not kill it.
        let signals = Signals([SIGTERM, SIGINT, SIGHUP])
        var logger = Logger(label: "gatehouse") { _ in LineLogHandler(settings) }
        logger.logLevel = LineLogHandler(settings).logLevel
        checkOpenFiles(settings, logger)
        let loader = SnapshotLoader(settings, environment: environment)
        let stamp = loader.stamp
        let now = Int64(Date.now.timeIntervalSince1970)
        let (snapshot, diagnostics) = loader.load(at: now)
        guard let snapshot else {
            Console.report(warnings + diagnostics)
            throw Console.Exit.configuration
        }
        let tlsLoader = settings.tls.map(TLSLoader.init)
        let tlsStamp = tlsLoader?.settings.stamp
        let (tls, tlsDiagnostics) = try certificate(tlsLoader, at: now)
        logger.report(warnings + diagnostics + tlsDiagnostics)
        let services = try await services(settings, environment: environment, logger: logger)
        let server = try await GatewayServer(services: services, snapshot: snapshot, threads: settings.threads, tls: tls)
        try await refuseWhatIsRevoked(services.revocations, server)
        let (listeners, admin, decide) = try await listen(server, settings)
        let address = listeners[0].address
        // A derived issuer names the port, which with port 0 is known only now.
        let issuer = settings.isIssuerDerived ? "\(settings.scheme)://\(address)" : settings.issuer
        let reloader = Reloader(
            loader, tls: tlsLoader, server: server, operations: services.operations, issuer: issuer, initial: stamp, initialTLS: tlsStamp,
            current: snapshot, told: diagnostics, logger: logger
        )
        if issuer != settings.issuer { await reloader.reload(reason: "start") }
        services.operations.onReload { [logger] in await reload(reloader, services.decisions, reason: "admin", logger) }
        logger.info(
            "ready",
            metadata: [
                "event": "ready", "address": "\(address)", "admin": "\(admin?.address ?? "off")",
                "decide": "\(decide?.address ?? "off")", "policy": "\(snapshot.policy.digest)",
            ]
        )
        return RunningGateway(
            address: address, adminAddress: admin?.address, server: server, listeners: listeners + [admin, decide].compactMap { $0 },
            reloader: reloader, signals: signals, services: services, logger: logger
        )
    }

    /// Returns when a signal has asked to stop and everything has ended.
    func runUntilStopped() async throws {
        let watching: [Task<Void, Never>] = [
            Task { [reloader] in await reloader.watch() },
            Task { [server, services] in await services.revocations?.run { try await server.refuse($0) } },
        ]
        let keeper = services.keyUses.map { KeyUseKeeper($0, logger: logger) }
        let keeping = Task<Void, Never> { [reloader] in await keeper?.run { await reloader.current } }
        for await signal in signals.received {
            if signal == SIGHUP {
                await Self.reload(reloader, services.decisions, reason: "SIGHUP", logger)
                continue
            }
            break
        }
        logger.info("stopping", metadata: ["event": "stopping"])
        for task in watching + [keeping] { task.cancel() }
        try await server.stop(listeners, within: Self.stopSeconds)
        await keeper?.finish()
        logger.info("stopped", metadata: ["event": "stopped"])
    }

    /// Opens the decision log anew, so that it can be rotated, and loads policy, keys, partners and the certificate.
    @discardableResult
    private static func reload(
        _ reloader: Reloader, _ decisions: DecisionLog, reason: String, _ logger: Logger
    ) async -> Operations.Reload {
        do { try await decisions.reopen() } catch {
            logger.error(
                "the decision log was not reopened; the file from before stays in use",
                metadata: ["event": "decisions", "reason": "\(error)"])
        }
        await reloader.reloadTLS(reason: reason)
        return await reloader.reload(reason: reason)
    }

    private static func checkOpenFiles(_ settings: Settings, _ logger: Logger) {
        let files = OpenFileLimit.raise()
        guard files < settings.limits.connections + 64 else { return }
        logger.warning(
            "fewer files may be open than `limits.connections`: raise the limit (ulimit -n) or lower the setting",
            metadata: ["files": "\(files)", "connections": "\(settings.limits.connections)"]
        )
    }

    private static func certificate(_ loader: TLSLoader?, at now: Int64) throws -> (tls: ServerTLS?, warnings: [Diagnostic]) {
        guard let loader else { return (nil, []) }
        let (tls, diagnostics) = loader.load(at: now)
        guard let tls else {
            Console.report(diagnostics)
            throw Console.Exit.configuration
        }
        return (tls, diagnostics)
    }

    private static func services(_ settings: Settings, environment: [String: String], logger: Logger) async throws -> Services {
        do {
            let cursorKey = try settings.keyFolder(environment: environment).loadSealKey().cursorKey
            let store = try await store(settings)
            let limits = settings.limits
            let decisions = try DecisionLog(
                target(settings.decisions),
                options: .init(onlyDenied: limits.decisions == .denied, refusesWhileFailing: limits.onAuditFailure == .refuse),
                logger: logger
            )
            return Services(
                customers: CustomerAPI(store: store, cursorKey: HMACKey(.sha256, key: cursorKey)),
                clients: OAuthEndpoints(throttle: FailureThrottle()), nonces: store, decisions: decisions, logger: logger,
                limits: ServerLimits(
                    wire: WireLimits(target: limits.target, headers: limits.headers, headerCount: limits.headerCount),
                    headTimeout: limits.headTimeout.milliseconds, bodyTimeout: limits.bodyTimeout.milliseconds,
                    idleTimeout: limits.idleTimeout.milliseconds, connections: limits.connections,
                    connectionsPerAddress: limits.connectionsPerAddress, requestsPerConnection: limits.requestsPerConnection
                ),
                upstreams: try settings.upstreams.map(target), trustedProxies: settings.trustedProxies,
                revocations: RevocationWatch(store, logger: logger), operations: Operations(version: BuildInfo.version), keyUses: store,
                isStoreReady: { (try? await store.ping()) != nil }
            )
        } catch let code as ExitCode {
            throw code
        } catch {
            throw Console.fail("\(error)", code: Console.Exit.unavailable)
        }
    }

    private static func store(_ settings: Settings) async throws -> any CustomerStore & NonceStore & RevocationStore & KeyUseStore {
        do { return try await Store.open(settings.store) } catch {
            let wayOut =
                switch settings.store {
                case .sqlite: "Let this user write there, or choose another file with --store sqlite:PATH."
                case .postgres: "See that the server runs and takes this user, or choose another store with --store."
                }
            throw Console.fail("cannot use the store (`store`): \(Store.reason(error)). \(wayOut)", code: Console.Exit.unavailable)
        }
    }

    /// Before the first request: what was revoked stays so across a restart.
    private static func refuseWhatIsRevoked(_ watch: RevocationWatch?, _ server: GatewayServer) async throws {
        do {
            if let list = try await watch?.refresh() { try await server.refuse(list) }
        } catch let error as SharedStateError {
            throw Console.fail("cannot use the store (`store`): \(Store.reason(error))", code: Console.Exit.unavailable)
        }
    }

    private static func target(_ upstream: UpstreamSettings) throws -> UpstreamTarget {
        UpstreamTarget(
            name: upstream.name,
            servers: upstream.servers.map { server in
                let host = server.host.contains(":") ? "[\(server.host)]" : server.host
                let isUsual = server.port == (server.isSecure ? 443 : 80)
                return .init(
                    host: server.host, port: server.port, authority: isUsual ? host : "\(host):\(server.port)", isSecure: server.isSecure
                )
            },
            connectMilliseconds: upstream.connectTimeout.milliseconds, responseMilliseconds: upstream.responseTimeout.milliseconds,
            idleMilliseconds: upstream.idleTimeout.milliseconds, retries: upstream.retries, connections: upstream.connections,
            health: upstream.health.map { .init(path: $0.path, intervalMilliseconds: $0.interval.milliseconds) },
            tls: try upstream.servers.contains(where: \.isSecure) ? verification(upstream.tls) : nil
        )
    }

    private static func verification(_ tls: UpstreamSettings.TLS) throws -> UpstreamTLS {
        do {
            let ca = try tls.ca.map { PEMFile(name: $0, bytes: try PublicFile.read($0)) }
            return try UpstreamTLS(ca: ca, serverName: tls.serverName)
        } catch let error where error is FileError || error is PEMError {
            throw Console.fail("\(error)", code: Console.Exit.configuration)
        }
    }

    private static func target(_ decisions: Settings.DecisionLog) throws -> DecisionLog.Target {
        switch decisions {
        case .off: return .off
        case .standardOutput: return .standardOutput
        case .file(let path):
            do throws(FileError) { try makeFolder(of: path) } catch {
                throw DecisionLogError(path: path, reason: "\(error.path): \(error.reason)")
            }
            return .file(path)
        }
    }

    /// The folder that a file of the gateway lies in, private to its user.
    static func makeFolder(of path: String) throws(FileError) {
        let folder = (path as NSString).deletingLastPathComponent
        if folder.isEmpty { return }
        try PrivateFile.makeDirectory(folder)
    }

    private static func listen(
        _ server: GatewayServer, _ settings: Settings
    ) async throws -> (public: [GatewayServer.Listener], admin: GatewayServer.Listener?, decide: GatewayServer.Listener?) {
        var listeners: [GatewayServer.Listener] = []
        for address in settings.listen { listeners.append(try await bind(server, address, key: "listen")) }
        var (admin, decide): (GatewayServer.Listener?, GatewayServer.Listener?)
        if let address = settings.admin { admin = try await bind(server, address, key: "admin", role: .admin) }
        if let address = settings.decide { decide = try await bind(server, address, key: "decide", role: .decide) }
        return (listeners, admin, decide)
    }

    private static func bind(
        _ server: GatewayServer, _ address: ListenAddress, key: String, role: ListenerRole = .gateway
    ) async throws -> GatewayServer.Listener {
        do {
            return try await server.listen(host: address.host, port: address.port, role: role)
        } catch {
            throw Console.fail(
                "cannot listen on \(address) (`\(key)`): \(BindFailure.reason(error)). Choose another address with --\(key); port 0 picks a "
                    + "free one.",
                code: Console.Exit.unavailable
            )
        }
    }
}

/// Signals as a stream of events, for as long as this is kept.
private struct Signals {
    let received: AsyncStream<CInt>
    private let sources: [any DispatchSourceSignal]

    init(_ numbers: [CInt]) {
        let (stream, continuation) = AsyncStream.makeStream(of: CInt.self)
        received = stream
        sources = numbers.map { number in
            // The default action would end the process before the source is told.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }
}
