import CustomerStorePostgres
import Customers
import GatewayTesting
import Testing

@Suite(.ownThread) struct PostgresRestartTests {
    /// What clients were told.
    private struct Told: Sendable {
        /// Names of customers by the identifier under which they were said to be stored.
        var stored: [CustomerID: String] = [:]
        var failures = 0
        var longest = Duration.zero
        var unexpected: [String] = []
    }

    @Test("The server killed and started again under load: unavailable meanwhile, no hang, recovery by itself, nothing acknowledged lost")
    func killed() async throws {
        let server = try PostgresServer(isDurable: true)
        defer { server.stop() }
        let fixture = try PostgresFixture(server)
        let nodes = [try await fixture.open(PostgresLimits()), try await fixture.open(PostgresLimits())]
        let told = Shared(Told())
        let numbers = Shared(0)
        let mustStop = Shared(false)

        let load = Task {
            await withTaskGroup(of: Void.self) { group in
                for client in 0..<16 {
                    group.addTask { await Self.load(nodes[client % 2], numbers, told, until: mustStop) }
                }
            }
        }
        func stored() -> Int { told.withLock { $0.stored.count } }
        func failures() -> Int { told.withLock { $0.failures } }
        for _ in 0..<2 {
            let before = stored()
            try await Self.wait("customers are stored") { stored() > before + 100 }
            let failuresBefore = failures()
            server.kill()
            try await Self.wait("calls fail while there is no server") { failures() > failuresBefore + 20 }
            try server.start()
            let afterwards = stored()
            try await Self.wait("customers are stored again") { stored() > afterwards + 100 }
        }
        mustStop.withLock { $0 = true }
        await load.value

        let result = told.withLock { $0 }
        #expect(result.unexpected.isEmpty, "\(result.unexpected.prefix(5))")
        #expect(result.longest < .seconds(30), "\(result.longest)")
        for (id, name) in result.stored { #expect(try await nodes[0].find(id, in: .tenant("acme")).name == name) }
        print("postgresql: \(result.stored.count) acknowledged, all kept; \(result.failures) unavailable; longest call \(result.longest)")
        for node in nodes { try await node.ping() }
    }

    /// One client: creates a customer with a key, changes it, and starts again, until it is told to stop.
    private static func load(
        _ store: PostgresCustomerStore, _ numbers: Shared<Int>, _ told: Shared<Told>, until mustStop: Shared<Bool>
    ) async {
        while !mustStop.withLock({ $0 }) {
            let number = numbers.withLock { number in
                number += 1
                return number
            }
            let id = SQLiteFileTests.other(number)
            let scope = (0..<32).map { $0 < 4 ? UInt8(truncatingIfNeeded: number >> (8 * $0)) : 0 }
            let once = Once(IdempotentRequest(scope: scope, fingerprint: scope)) { _ in KeptAnswer(status: 201, headers: [], body: []) }
            let start = ContinuousClock.now
            do {
                let (first, second) = (try SQLiteFileTests.draft("first \(number)"), try SQLiteFileTests.draft("second \(number)"))
                _ = try await store.insert(first, id: id, in: "acme", at: 1, once: number.isMultiple(of: 2) ? once : nil)
                // The name is not known between a change that was asked for and its answer.
                if number.isMultiple(of: 3) {
                    _ = try await store.update(id, in: .any, expecting: .version(in: [1]), at: 2) { _ in second }
                }
                told.withLock { $0.stored[id] = number.isMultiple(of: 3) ? second.name : first.name }
            } catch StoreError.unavailable {
                told.withLock { $0.failures += 1 }
                // A client waits before it tries again.
                try? await Task.sleep(for: .milliseconds(5))
            } catch {
                told.withLock { $0.unexpected.append("\(error)") }
            }
            let duration = ContinuousClock.now - start
            told.withLock { $0.longest = max($0.longest, duration) }
        }
    }

    private static func wait(_ what: String, _ condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(120)
        while !condition() {
            try #require(ContinuousClock.now < end, "waited 120 s until \(what)")
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
