import Customers
import Foundation
import GatewayTesting
import Testing

@testable import CustomerStorePostgres

@Suite(.serialized, .ownThread) struct PostgresPoolTests {
    /// Keeps all connections of a store busy until it is let go.
    private static func hold(_ count: Int, of store: PostgresCustomerStore) async throws -> (
        release: @Sendable () -> Void, calls: [Task<Void, any Error>]
    ) {
        let gate = DispatchSemaphore(value: 0)
        let started = Shared(0)
        let calls = (0..<count).map { _ in
            Task {
                // On a busy machine a connection may not be made in the time that a test gives.
                while true {
                    try Task.checkCancellation()
                    let error = await PostgresFixture.error {
                        try await store.run { _ in
                            started.withLock { $0 += 1 }
                            gate.wait()
                        }
                    }
                    if error == nil { return }
                }
            }
        }
        try await until { started.withLock { $0 } == count }
        return ({ for _ in 0..<count { gate.signal() } }, calls)
    }

    private static func until(_ condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while !condition() {
            try #require(ContinuousClock.now < end)
            await Task.yield()
        }
    }

    @Test("Calls share so many connections, and wait for one in the order in which they came")
    func order() async throws {
        let fixture = try PostgresFixture()
        let store = try await fixture.open(PostgresLimits { $0.connections = 1 })
        let held = try await Self.hold(1, of: store)
        let order = Shared<[Int]>([])
        var calls: [Task<Void, any Error>] = []
        for number in 0..<10 {
            calls.append(Task { try await store.run { _ in order.withLock { $0.append(number) } } })
            try await Self.until { store.waitingCount == number + 1 }
        }
        held.release()
        for call in calls + held.calls { try await call.value }
        #expect(order.withLock { $0 } == Array(0..<10))
        let connections = "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(fixture.database)' AND application_name = 'gatehouse'"
        #expect(try fixture.execute(connections) == "1")
    }

    @Test("Under load a store uses all connections it may have, and no more")
    func connections() async throws {
        let fixture = try PostgresFixture()
        let store = try await fixture.open(PostgresLimits { $0.connections = 3 })
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<60 { group.addTask { _ = try await store.value("SELECT pg_sleep(0.01)::text") } }
            try await group.waitForAll()
        }
        let connections = "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(fixture.database)' AND application_name = 'gatehouse'"
        #expect(try fixture.execute(connections) == "3")
    }

    @Test("A call that waits too long for a connection is unavailable, and the next one that need not wait is not")
    func waiting() async throws {
        let store = try await PostgresFixture().open(
            PostgresLimits {
                $0.connections = 2
                $0.wait = .milliseconds(200)
            })
        let held = try await Self.hold(2, of: store)
        let start = ContinuousClock.now
        let errors = await withTaskGroup(of: StoreError?.self) { group in
            for _ in 0..<5 {
                group.addTask { await PostgresFixture.error { try await store.ping() } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(errors.allSatisfy { $0?.message?.contains("in time") == true }, "\(errors)")
        #expect(ContinuousClock.now - start < .seconds(3))
        held.release()
        for call in held.calls { try await call.value }
        try await store.ping()
    }

    @Test("So many calls wait and no more: the next is unavailable at once")
    func full() async throws {
        let store = try await PostgresFixture().open(
            PostgresLimits {
                $0.connections = 1
                $0.waiting = 2
            })
        let held = try await Self.hold(1, of: store)
        let waiting = (0..<2).map { _ in Task { try await store.ping() } }
        try await Self.until { store.waitingCount == 2 }
        let error = await #expect(throws: StoreError.self) { try await store.ping() }
        #expect(error?.message?.contains("2 calls wait") == true)
        held.release()
        for call in waiting + held.calls { try await call.value }
    }

    @Test("When no further connection can be made, calls wait for those that there are")
    func noMoreConnections() async throws {
        let fixture = try PostgresFixture()
        try fixture.execute(
            "CREATE USER one_\(fixture.database) PASSWORD 'one' CONNECTION LIMIT 1; GRANT ALL ON DATABASE \(fixture.database) TO one_\(fixture.database)"
        )
        let uri = fixture.uri.replacing(#/\/\/.*@/#, with: "//one_\(fixture.database):one@")
        let store = try await PostgresCustomerStore.open(uri: uri)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<30 { group.addTask { _ = try await store.value("SELECT pg_sleep(0.02)::text") } }
            try await group.waitForAll()
        }
    }

    @Test("A connection with a transaction left open is not used again")
    func leftOpen() async throws {
        let store = try await PostgresFixture().open(PostgresLimits { $0.connections = 1 })
        let before = try await store.value("SELECT pg_backend_pid()::text")
        try await store.run { _ = try $0.run("BEGIN") }
        #expect(try await store.value("SELECT pg_backend_pid()::text") != before)
    }

    @Test("The connections end with the store")
    func closed() async throws {
        let fixture = try PostgresFixture()
        do {
            let store = try await fixture.open()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { try await store.ping() } }
                try await group.waitForAll()
            }
        }
        let connections = "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(fixture.database)' AND application_name = 'gatehouse'"
        let end = ContinuousClock.now + .seconds(5)
        while try fixture.execute(connections) != "0", .now < end {}
        #expect(try fixture.execute(connections) == "0")
    }

    @Test("a call meets each connection that was there before it and is lost, and three that were made for it")
    func lostOnes() async throws {
        let store = try await PostgresFixture().open(PostgresLimits { $0.connections = 6 })
        let held = try await Self.hold(6, of: store)
        held.release()
        for call in held.calls { try await call.value }
        let runs = Shared(0)
        let error = await PostgresFixture.error {
            try await store.run { _ in
                runs.withLock { $0 += 1 }
                throw NothingDone(cause: PostgresError("lost"))
            }
        }
        #expect(error?.message?.contains("lost") == true)
        #expect(runs.withLock { $0 } == 9)
        try await store.ping()
    }
}
