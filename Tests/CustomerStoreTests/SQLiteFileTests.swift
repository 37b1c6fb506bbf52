import Customers
import Foundation
import GRDB
import GatewayTesting
import Testing

@testable import CustomerStoreSQLite

@Suite(.ownThread) struct SQLiteFileTests {
    static let id = {
        var sequence = CustomerIDSequence()
        return sequence.next(at: 5, random: (0, 5))
    }()

    static func draft(_ name: String, externalID: String? = nil) throws -> CustomerDraft {
        var members = [FieldValue.Member("name", .string(name)), FieldValue.Member("contactEmail", .string("a@b.co"))]
        if let externalID { members.append(FieldValue.Member("externalId", .string(externalID))) }
        return try CustomerDraft.parse(.object(members))
    }

    @Test("Everything is found again after the file is closed and opened")
    func reopen() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path("store.sqlite")
            let stored: Customer
            do {
                let store = try SQLiteCustomerStore(path: path)
                _ = try await store.insert(try Self.draft("Acme", externalID: "x"), id: Self.id, in: "acme", at: 5)
                let draft = try Self.draft("New\u{0}", externalID: "x")
                stored = try await store.update(Self.id, in: .any, expecting: .none, at: 6) { _ in draft }
            }
            for _ in 1...2 {
                let store = try SQLiteCustomerStore(path: path)
                #expect(try await store.find(Self.id, in: .tenant("acme")) == stored)
                #expect(try await store.page(CustomerQuery(limit: 5), in: .any).customers == [stored])
                let taken = try Self.draft("Other", externalID: "x")
                await #expect(throws: StoreError.duplicateExternalID) {
                    _ = try await store.insert(taken, id: Self.other(9), in: "acme", at: 7)
                }
            }
        }
    }

    @Test("Two connections to one file see each other's commits")
    func twoStores() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path("store.sqlite")
            let one = try SQLiteCustomerStore(path: path)
            let two = try SQLiteCustomerStore(path: path)
            _ = try await one.insert(try Self.draft("Acme"), id: Self.id, in: "acme", at: 5)
            #expect(try await two.find(Self.id, in: .any).name == "Acme")
            let draft = try Self.draft("New")
            _ = try await two.update(Self.id, in: .any, expecting: .version(in: [1]), at: 6) { _ in draft }
            await #expect(throws: StoreError.versionMismatch) {
                _ = try await one.update(Self.id, in: .any, expecting: .version(in: [1]), at: 6) { _ in draft }
            }
        }
    }

    @Test("The file is its owner's alone, in WAL mode, and every commit is flushed")
    func durability() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path("store.sqlite")
            let store = try SQLiteCustomerStore(path: path)
            try await store.ping()
            #expect(try await store.pragma("journal_mode") == "wal")
            #expect(try await store.pragma("synchronous") == "2")
            for name in [path, path + "-wal"] {
                let mode = try FileManager.default.attributesOfItem(atPath: name)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(name)")
            }
        }
    }

    @Test("A file that cannot be used is unavailable, and the message names it and what to mend")
    func unusable() async throws {
        try await TemporaryFolder.with { folder in
            let missing = folder.path("none/store.sqlite")
            Self.expectUnavailable(missing, naming: ["the directory", "none does not exist"])

            let plain = folder.path("plain")
            try Data("plain".utf8).write(to: URL(fileURLWithPath: plain))
            Self.expectUnavailable(plain + "/store.sqlite", naming: ["is not a directory"])

            let noise = folder.path("noise.sqlite")
            try Data((0..<8_192).map { _ in UInt8.random(in: 1...255) }).write(to: URL(fileURLWithPath: noise))
            Self.expectUnavailable(noise, naming: ["not an SQLite database, or damaged"])

            let directory = folder.path("directory.sqlite")
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
            Self.expectUnavailable(directory, naming: [directory])
        }
    }

    @Test("A read-only file is unavailable", .enabled(if: getuid() != 0, "the superuser may write anything"))
    func readOnly() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path("store.sqlite")
            _ = try SQLiteCustomerStore(path: path)
            try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
            Self.expectUnavailable(path, naming: ["read-only"])
        }
    }

    @Test("A file of a newer version is left alone")
    func newer() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path("store.sqlite")
            _ = try SQLiteCustomerStore(path: path)
            let queue = try DatabaseQueue(patient: path)
            try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('999 from the future')") }
            Self.expectUnavailable(path, naming: ["newer version"])
        }
    }

    @Test("A damaged file fails its calls with a message that names it, and nothing is made up")
    func damaged() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path("store.sqlite")
            do {
                let store = try SQLiteCustomerStore(path: path)
                for number in 0..<200 {
                    _ = try await store.insert(
                        try Self.draft(String(repeating: "x", count: 200)), id: Self.other(number), in: "acme", at: 5)
                }
            }
            // What is still in the write-ahead log would be read from there.
            let queue = try DatabaseQueue(patient: path)
            try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            let end = try file.seekToEnd()
            try file.seek(toOffset: 4_096)
            try file.write(contentsOf: Data(repeating: 0xAA, count: Int(end) - 4_096))
            try file.close()
            let error = await #expect(throws: StoreError.self) {
                let store = try SQLiteCustomerStore(path: path)
                _ = try await store.page(CustomerQuery(limit: 200), in: .any)
            }
            #expect(error?.message?.contains(path) == true, "\(String(describing: error))")
        }
    }

    @Test("A ping notices that the file is gone")
    func removed() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path("store.sqlite")
            let store = try SQLiteCustomerStore(path: path)
            try await store.ping()
            try FileManager.default.removeItem(atPath: path)
            await #expect(throws: StoreError.unavailable("\(path): the file was removed or replaced while it was open")) {
                try await store.ping()
            }
        }
    }

    @Test("While another process holds the file, writes wait so long and then are unavailable; reads go on")
    func busy() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path("store.sqlite")
            let store = try SQLiteCustomerStore(path: path, busySeconds: 0.05)
            _ = try await store.insert(try Self.draft("Acme"), id: Self.id, in: "acme", at: 5)
            let draft = try Self.draft("New")
            let other = try DatabaseQueue(patient: path, allowsUnsafeTransactions: true)
            try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
            await #expect(throws: StoreError.unavailable("\(path): database is locked (5)")) {
                _ = try await store.insert(draft, id: Self.other(1), in: "acme", at: 5)
            }
            #expect(try await store.find(Self.id, in: .any).name == "Acme")
            try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
            _ = try await store.insert(draft, id: Self.other(1), in: "acme", at: 5)
        }
    }

    @Test(
        "The schema refuses rows that break a rule, whoever writes them",
        arguments: [
            "id = 'cus_9'", "tenant = ''", "tenant = 'globex'", "name = ''", "name = NULL", "name = hex(zeroblob(301))",
            "contact_email = 'ada'", "contact_email = NULL", "external_id = ''", "phone = hex(zeroblob(76))",
            "metadata = '[]'", "metadata = 'x'", "metadata = 'null'", "created_at = 6", "updated_at = 4", "updated_at = 'x'",
            "version = 0", "version = NULL", "name = x'00'",
        ])
    func schema(_ change: String) async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path("store.sqlite")
            let store = try SQLiteCustomerStore(path: path)
            _ = try await store.insert(try Self.draft("Acme", externalID: "x"), id: Self.id, in: "acme", at: 5)
            let queue = try DatabaseQueue(patient: path)
            #expect(throws: DatabaseError.self) {
                try queue.write { try $0.execute(sql: "UPDATE customers SET \(change)") }
            }
            #expect(try await store.find(Self.id, in: .any).version == 1)
        }
    }

    @Test("A row that this program cannot have written is unavailable, not made up")
    func unreadable() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path("store.sqlite")
            let store = try SQLiteCustomerStore(path: path)
            _ = try await store.insert(try Self.draft("Acme"), id: Self.id, in: "acme", at: 5)
            let queue = try DatabaseQueue(patient: path)
            try await queue.write { try $0.execute(sql: #"UPDATE customers SET metadata = '{"a": 1}'"#) }
            let message = "\(path): the column metadata of customer \(Self.id) cannot be read"
            await #expect(throws: StoreError.unavailable(message)) { try await store.find(Self.id, in: .any) }
        }
    }

    static func other(_ number: Int) -> CustomerID {
        var sequence = CustomerIDSequence()
        return sequence.next(at: 9, random: (1, UInt64(number)))
    }

    static func expectUnavailable(_ path: String, naming words: [String]) {
        let error = #expect(throws: StoreError.self) { try SQLiteCustomerStore(path: path) }
        for word in [path] + words { #expect(error?.message?.contains(word) == true, "\(String(describing: error))") }
    }
}

extension DatabaseQueue {
    /// Another program's connection. It waits while a store that was just let go of closes its own.
    convenience init(patient path: String, allowsUnsafeTransactions: Bool = false) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.allowsUnsafeTransactions = allowsUnsafeTransactions
        try self.init(path: path, configuration: configuration)
    }
}

extension StoreError {
    /// What an unavailable store tells operators.
    var message: String? {
        guard case .unavailable(let message) = self else { return nil }
        return message
    }
}
