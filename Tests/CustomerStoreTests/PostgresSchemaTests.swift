import CustomerStorePostgres
import Customers
import GatewayTesting
import Testing

@Suite(.ownThread) struct PostgresSchemaTests {
    @Test(
        "The schema refuses rows that break a rule, whoever writes them",
        arguments: [
            "id = 'cus_9'", "id = 'cus_80000000000000000000000000'", "id = 'cus_0000000000000000000000000I'", "tenant = ''",
            "tenant = 'globex'", "name = ''", "name = NULL", "name = repeat('x', 601)", "contact_email = 'ada'",
            "contact_email = NULL", "external_id = ''", "external_id = repeat('x', 301)", "phone = repeat('x', 151)",
            "address = repeat('x', 1501)", "metadata = '[]'", "metadata = 'x'", "metadata = 'null'", "created_at = 4",
            "updated_at = 4", "updated_at = NULL", "version = 0", "version = 1", "version = 3", "version = NULL",
        ])
    func rules(_ change: String) async throws {
        let fixture = try PostgresFixture()
        let store = try await fixture.open()
        _ = try await store.insert(try SQLiteFileTests.draft("Acme", externalID: "x"), id: SQLiteFileTests.id, in: "acme", at: 5)
        let version = change.contains("version") ? "" : ", version = 2"
        #expect(throws: PostgresServer.Failure.self) {
            try fixture.execute("UPDATE gatehouse.customers SET \(change)\(version)")
        }
        #expect(try await store.find(SQLiteFileTests.id, in: .any).version == 1)
        // The change alone is at fault.
        try fixture.execute("UPDATE gatehouse.customers SET name = 'New', version = 2")
        #expect(try await store.find(SQLiteFileTests.id, in: .any).name == "New")
    }

    @Test("Two customers of one tenant never have one external identifier, whoever writes them")
    func unique() async throws {
        let fixture = try PostgresFixture()
        let store = try await fixture.open()
        _ = try await store.insert(try SQLiteFileTests.draft("Acme", externalID: "x"), id: SQLiteFileTests.id, in: "acme", at: 5)
        let other = SQLiteFileTests.other(1)
        for (tenant, isAllowed) in [("acme", false), ("globex", true)] {
            let insert = """
                INSERT INTO gatehouse.customers SELECT '\(other)', '\(tenant)', name, contact_email, address, phone, external_id, metadata,
                created_at, updated_at, version FROM gatehouse.customers
                """
            let isDone = (try? fixture.execute(insert)) != nil
            #expect(isDone == isAllowed)
        }
    }

    @Test("Nodes that start at once make the schema once, and one that starts later changes nothing")
    func startTogether() async throws {
        let fixture = try PostgresFixture()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 { group.addTask { try await fixture.open().ping() } }
            try await group.waitForAll()
        }
        let taken = try fixture.execute("SELECT number, name, taken_at FROM gatehouse.migrations ORDER BY number")
        #expect(taken.split(separator: "\n").count == 5)
        try await fixture.open().ping()
        #expect(try fixture.execute("SELECT number, name, taken_at FROM gatehouse.migrations ORDER BY number") == taken)
    }

    @Test("A step that fails leaves nothing behind")
    func wholeOrNothing() async throws {
        let fixture = try PostgresFixture()
        try fixture.execute("CREATE SCHEMA gatehouse; CREATE TABLE gatehouse.answers (n int)")
        await #expect(throws: StoreError.self) { try await fixture.open() }
        let tables = "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'gatehouse'"
        #expect(try fixture.execute(tables) == "answers")
        try fixture.execute("DROP TABLE gatehouse.answers")
        try await fixture.open().ping()
    }

    @Test("A database of a newer version is left alone")
    func newer() async throws {
        let fixture = try PostgresFixture()
        _ = try await fixture.open()
        try fixture.execute("INSERT INTO gatehouse.migrations (number, name) VALUES (999, 'from the future')")
        let error = await #expect(throws: StoreError.self) { try await fixture.open() }
        #expect(error?.message?.contains("newer version") == true)
    }

    @Test("A user who may not create a schema can be given one")
    func schemaGiven() async throws {
        let fixture = try PostgresFixture()
        let (name, database) = ("limited_\(fixture.database)", fixture.database)
        try fixture.execute(
            "CREATE USER \(name) PASSWORD 'limited'; REVOKE CREATE ON DATABASE \(database) FROM PUBLIC; CREATE SCHEMA gatehouse AUTHORIZATION \(name)"
        )
        let uri = fixture.uri.replacing(#/\/\/.*@/#, with: "//\(name):limited@")
        try await PostgresCustomerStore.open(uri: uri).ping()
    }

    @Test(
        "A row that this program cannot have written is unavailable, not made up",
        arguments: [
            (#"metadata = '{"a": 1}'"#, "metadata"), (#"name = 'a\b'"#, "name"), (#"phone = '\'"#, "phone"),
        ])
    func unreadable(_ change: String, _ column: String) async throws {
        let fixture = try PostgresFixture()
        let store = try await fixture.open()
        _ = try await store.insert(try SQLiteFileTests.draft("Acme"), id: SQLiteFileTests.id, in: "acme", at: 5)
        try fixture.execute("UPDATE gatehouse.customers SET version = 2, \(change)")
        let error = await #expect(throws: StoreError.self) { try await store.find(SQLiteFileTests.id, in: .any) }
        #expect(error?.message?.hasSuffix("the column \(column) of customer \(SQLiteFileTests.id) cannot be read") == true)
    }
}
