import GRDB

/// The single-row transactions that one thread makes with GRDB alone, as durable as the gateway's: a write-ahead log that is flushed at every
/// commit.
enum BareDatabase {
    /// A second, in a new file at `path`.
    static func transactions(at path: String, seconds: Int) throws -> Double {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write {
            try $0.execute(sql: "CREATE TABLE customer (id TEXT PRIMARY KEY, tenant TEXT, name TEXT, email TEXT, created INTEGER)")
        }
        let clock = ContinuousClock()
        let begun = clock.now
        var count = 0
        while clock.now - begun < .seconds(seconds) {
            try queue.write { database in
                try database.cachedStatement(sql: "INSERT INTO customer VALUES (?, ?, ?, ?, ?)").execute(
                    arguments: ["cus_\(count)", "acme", "Customer \(count)", "customer\(count)@example.com", count]
                )
            }
            count += 1
        }
        return Double(count) / ((clock.now - begun) / .seconds(1))
    }
}
