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
        try refuseWhatIsNotBuilt(settings)
        let loader = SnapshotLoader(settings, environment: environment)
        let stamp = loader.stamp
        let (snapshot, diagnostics) = loader.load(at: Int64(Date.now.timeIntervalSince1970))
        guard let snapshot else {
            Console.report(warnings + diagnostics)
            throw Console.Exit.configuration
        }
        logger.report(warnings + diagnostics)
        let services = try await services(settings, environment: environment, logger: logger)
        let server = try await GatewayServer(services: services, snapshot: snapshot, threads: settings.threads)
        try await refuseWhatIsRevoked(services.revocations, server)
        let (listeners, admin) = try await listen(server, settings)
        let address = listeners[0].address
        // A derived issuer names the port, which with port 0 is known only now.
        let issuer = settings.isIssuerDerived ? "http://\(address)" : settings.issuer
        let reloader = Reloader(
            loader, server: server, operations: services.operations, issuer: issuer, initial: stamp, current: snapshot, told: diagnostics,
            logger: logger
        )
        if issuer != settings.issuer { await reloader.reload(reason: "start") }
        services.operations.onReload { [logger] in await reload(reloader, services.decisions, reason: "admin", logger) }
        logger.info(
            "ready",
            metadata: [
                "event": "ready", "address": "\(address)", "admin": "\(admin?.address ?? "off")", "policy": "\(snapshot.policy.digest)",
            ]
        )
        return RunningGateway(
            address: address, adminAddress: admin?.address, server: server, listeners: listeners + (admin.map { [$0] } ?? []),
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

    /// Opens the decision log anew, so that it can be rotated, and loads policy, keys and partners.
    @discardableResult
    private static func reload(
        _ reloader: Reloader, _ decisions: DecisionLog, reason: String, _ logger: Logger
    ) async -> Operations.Reload {
        do { try await decisions.reopen() } catch {
            logger.error(
                "the decision log was not reopened; the file from before stays in use",
                metadata: ["event": "decisions", "reason": "\(error)"])
        }
        return await reloader.reload(reason: reason)
    }

    /// What the configuration can say and this version cannot do yet: refused, since ignoring it would open what should be closed.
    private static func refuseWhatIsNotBuilt(_ settings: Settings) throws {
        var found: [String] = []
        if settings.tls != nil { found.append("tls") }
        if settings.decide != nil { found.append("decide") }
        if settings.shadowPolicy != nil { found.append("shadowPolicy") }
        if settings.upstreams.flatMap(\.servers).contains(where: \.isSecure) { found.append("upstreams with https servers") }
        if !settings.trustedProxies.isEmpty { found.append("trustedProxies") }
        if found.isEmpty { return }
        throw Console.fail("this version does not support: \(found.joined(separator: ", "))", code: Console.Exit.configuration)
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
                    idleTimeout: limits.idleTimeout.milliseconds
                ),
                upstreams: settings.upstreams.map(target), revocations: RevocationWatch(store, logger: logger),
                operations: Operations(version: BuildInfo.version), keyUses: store,
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

    private static func target(_ upstream: UpstreamSettings) -> UpstreamTarget {
        UpstreamTarget(
            name: upstream.name,
            servers: upstream.servers.map { server in
                let host = server.host.contains(":") ? "[\(server.host)]" : server.host
                return .init(host: server.host, port: server.port, authority: server.port == 80 ? host : "\(host):\(server.port)")
            },
            connectMilliseconds: upstream.connectTimeout.milliseconds, responseMilliseconds: upstream.responseTimeout.milliseconds,
            idleMilliseconds: upstream.idleTimeout.milliseconds, retries: upstream.retries, connections: upstream.connections,
            health: upstream.health.map { .init(path: $0.path, intervalMilliseconds: $0.interval.milliseconds) }
        )
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
    ) async throws -> (public: [GatewayServer.Listener], admin: GatewayServer.Listener?) {
        var listeners: [GatewayServer.Listener] = []
        for address in settings.listen { listeners.append(try await bind(server, address, key: "listen")) }
        guard let admin = settings.admin else { return (listeners, nil) }
        return (listeners, try await bind(server, admin, key: "admin", isAdmin: true))
    }

    private static func bind(
        _ server: GatewayServer, _ address: ListenAddress, key: String, isAdmin: Bool = false
    ) async throws -> GatewayServer.Listener {
        do {
            return try await server.listen(host: address.host, port: address.port, isAdmin: isAdmin)
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
