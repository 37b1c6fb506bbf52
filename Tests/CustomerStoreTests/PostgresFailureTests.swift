import Customers
import Foundation
import GatewayTesting
import Testing

@testable import CustomerStorePostgres

@Suite(.serialized, .ownThread) struct PostgresFailureTests {
    @Test("A server that is not there, or does not let us in, is unavailable; the message names it and not the password")
    func unusable() async throws {
        let fixture = try PostgresFixture()
        let latin = try PostgresFixture(encoding: "LATIN1")
        let port = fixture.server.port
        let cases: [(uri: String, words: [String])] = [
            (fixture.server.uri(database: "nowhere"), ["127.0.0.1:\(port)", "nowhere", "does not exist"]),
            (
                fixture.server.uri(database: fixture.database, password: "s3cretw0rd"),
                ["127.0.0.1:\(port)", "password authentication failed"]
            ),
            ("postgres://gatehouse:s3cretw0rd@127.0.0.1:1/\(fixture.database)", ["127.0.0.1:1", "refused"]),
            (latin.uri, ["UTF8", "LATIN1"]),
            ("postgres://gatehouse:p@s3cretw0rd@127.0.0.1:\(port)/x", ["%40"]),
            ("postgres://gatehouse:s3cretw0rd%zz@127.0.0.1:\(port)/x", ["cannot be read"]),
            ("postgres://gatehouse:s3cretw0rd@[::1/x", ["cannot be read"]),
            ("postgres://gatehouse:x@127.0.0.1:\(port)/x?password=s3cretw0rd&nosuch=1", ["cannot be read"]),
        ]
        let limits = PostgresLimits { $0.start = .milliseconds(300) }
        for (uri, words) in cases {
            let error = await #expect(throws: StoreError.self, "\(words)") {
                try await PostgresCustomerStore.open(uri: uri, limits: limits)
            }
            let message = error?.message ?? ""
            for word in words { #expect(message.contains(word), "\(message)") }
            #expect(!message.contains("s3cretw0rd") && !message.contains(PostgresServer.password) && !message.contains("\n"), "\(message)")
        }
    }

    @Test("Where a store connects to prints without the password")
    func description() throws {
        let target = try PostgresTarget(uri: "postgres://u:s3cretw0rd@db.example:5433/gate?sslmode=require")
        #expect("\(target)" == "postgres://db.example:5433/gate")
        var dumped = ""
        dump(target, to: &dumped)
        #expect(!dumped.contains("s3cretw0rd") && !String(reflecting: target).contains("s3cretw0rd"))
        #expect(target.tell("a\nb s3cretw0rd") == "a; b …")
    }

    @Test("What the URI says goes before what is usual here, but the encoding is ours")
    func options() throws {
        let target = try PostgresTarget(uri: "postgres://u@h/d?connect_timeout=9&client_encoding=LATIN1&application_name=mine")
        let options = Dictionary(grouping: target.options, by: \.keyword).mapValues { $0.map(\.value) }
        #expect(options["connect_timeout"] == ["9"])
        #expect(options["application_name"] == ["mine"])
        #expect(options["client_encoding"] == ["UTF8"])
        #expect(options["target_session_attrs"] == ["read-write"])
    }

    @Test("Commits are flushed also where the server does not do so by itself, and times are limited")
    func settings() async throws {
        let fixture = try PostgresFixture()
        try fixture.execute("ALTER DATABASE \(fixture.database) SET synchronous_commit = off")
        try fixture.execute("ALTER DATABASE \(fixture.database) SET default_transaction_isolation = serializable")
        let store = try await fixture.open(PostgresLimits())
        #expect(try await store.value("SHOW synchronous_commit") == "on")
        #expect(try await store.value("SHOW statement_timeout") == "5s")
        #expect(try await store.value("SHOW lock_timeout") == "4s")
        #expect(try await store.value("SHOW idle_in_transaction_session_timeout") == "10s")
        #expect(try await store.value("SHOW default_transaction_isolation") == "read committed")
    }

    @Test("A database that cannot be written to is no store")
    func readOnly() async throws {
        let fixture = try PostgresFixture()
        try fixture.execute("ALTER DATABASE \(fixture.database) SET default_transaction_read_only = on")
        let error = await #expect(throws: StoreError.self) { try await fixture.open(PostgresLimits { $0.start = .zero }) }
        #expect(error?.message?.contains("read-only") == true, "\(String(describing: error))")
    }

    @Test("While another transaction holds a customer, changes wait so long and then are unavailable; reads go on")
    func locked() async throws {
        let fixture = try PostgresFixture()
        let store = try await fixture.open(PostgresLimits { $0.lock = .milliseconds(100) })
        _ = try await store.insert(try SQLiteFileTests.draft("Acme"), id: SQLiteFileTests.id, in: "acme", at: 5)
        let draft = try SQLiteFileTests.draft("New")
        try await store.run { session in
            try session.run("BEGIN")
            try session.run("SELECT 1 FROM gatehouse.customers FOR UPDATE")
            let done = DispatchSemaphore(value: 0)
            let outcome = Shared<StoreError?>(nil)
            Task {
                let error = await PostgresFixture.error {
                    _ = try await store.update(SQLiteFileTests.id, in: .any, expecting: .none, at: 6) { _ in draft }
                }
                outcome.withLock { $0 = error }
                #expect((try? await store.find(SQLiteFileTests.id, in: .any))?.name == "Acme")
                done.signal()
            }
            done.wait()
            #expect(outcome.withLock { $0 }?.message?.contains("55P03") == true)
            try session.run("ROLLBACK")
        }
        _ = try await store.update(SQLiteFileTests.id, in: .any, expecting: .none, at: 6) { _ in draft }
    }

    @Test("A statement that takes too long is ended by the server, and the connection is used again")
    func slowStatement() async throws {
        let store = try await PostgresFixture().open(
            PostgresLimits {
                $0.connections = 1
                $0.statement = .milliseconds(100)
            })
        let before = try await store.value("SELECT pg_backend_pid()::text")
        let error = await #expect(throws: StoreError.self) { try await store.value("SELECT pg_sleep(5)::text") }
        #expect(error?.message?.contains("57014") == true)
        #expect(try await store.value("SELECT pg_backend_pid()::text") == before)
    }

    @Test("A server that falls silent keeps no call longer than a call may take")
    func silent() async throws {
        let store = try await PostgresFixture().open(
            PostgresLimits {
                $0.connections = 1
                $0.call = .milliseconds(400)
            })
        let process = try #require(try await store.value("SELECT pg_backend_pid()::text").flatMap { pid_t($0) })
        kill(process, SIGSTOP)
        defer { kill(process, SIGCONT) }
        let start = ContinuousClock.now
        await #expect(throws: StoreError.self) { try await store.ping() }
        #expect(ContinuousClock.now - start < .seconds(3))
        // On a new connection.
        try await store.ping()
    }

    @Test("Connections that the server ended while nothing was asked are replaced without a word")
    func ended() async throws {
        let fixture = try PostgresFixture()
        let store = try await fixture.open()
        for _ in 0..<3 {
            // So many connections that a call meets several that are lost, one after the other.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { try await store.ping() } }
                try await group.waitForAll()
            }
            try fixture.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(fixture.database)' AND pid <> pg_backend_pid()")
            _ = try await store.page(CustomerQuery(limit: 1), in: .any)
        }
    }

    @Test("A transaction that loses its connection before the commit is done on another one; one that loses it later is not")
    func lostInside() async throws {
        let fixture = try PostgresFixture()
        let store = try await fixture.open()
        let runs = Shared(0)
        let insert =
            "INSERT INTO gatehouse.customers VALUES ('\(SQLiteFileTests.id)', 'acme', 'A', 'a@b.co', NULL, NULL, NULL, NULL, 1, 1, 1)"
        try await store.run { session in
            try session.transaction { session in
                try session.run(insert)
                let run = runs.withLock { runs in
                    runs += 1
                    return runs
                }
                if run == 1 { try session.run("SELECT pg_terminate_backend(pg_backend_pid())") }
            }
        }
        #expect(runs.withLock { $0 } == 2)
        #expect(try await store.find(SQLiteFileTests.id, in: .any).name == "A")
        let error = await #expect(throws: StoreError.self) {
            try await store.run { try $0.single("SELECT pg_terminate_backend(pg_backend_pid())", []) }
        }
        #expect(error?.message?.contains("not known") == true, "\(String(describing: error))")
    }

    @Test("A transaction that loses against another one is tried again, and not for ever", arguments: ["40001", "40P01"])
    func transient(_ state: String) async throws {
        let store = try await PostgresFixture().open()
        for (losses, isDone) in [(0, true), (1, true), (5, true), (6, false)] {
            let runs = Shared(0)
            let done: Void? = try? await store.run { session in
                try session.transaction { session in
                    let run = runs.withLock { runs in
                        runs += 1
                        return runs
                    }
                    if run <= losses { try session.run("DO $$ BEGIN RAISE 'lost' USING ERRCODE = '\(state)'; END $$") }
                }
            }
            #expect((done != nil) == isDone)
            #expect(runs.withLock { $0 } == min(losses + 1, 6))
        }
    }

    @Test("Other failures are not tried again")
    func lasting() async throws {
        let store = try await PostgresFixture().open()
        let runs = Shared(0)
        await #expect(throws: StoreError.self) {
            try await store.run { session in
                try session.transaction { session in
                    runs.withLock { $0 += 1 }
                    try session.run("SELECT 1 / 0")
                }
            }
        }
        #expect(runs.withLock { $0 } == 1)
        try await store.ping()
    }
}
