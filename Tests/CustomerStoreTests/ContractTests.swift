import CustomerStoreSQLite
import Customers
import Foundation
import GatewayTesting
import Testing

@Suite(.ownThread) struct ContractTests {
    @Test("In memory", arguments: CustomerStoreContract.checks)
    func memory(_ check: CustomerStoreContract.Check) async throws {
        try await check.run(MemoryCustomerStore())
    }

    @Test("In an SQLite file", arguments: CustomerStoreContract.checks)
    func sqlite(_ check: CustomerStoreContract.Check) async throws {
        try await TemporaryFolder.with { folder in
            try await check.run(try SQLiteCustomerStore(path: folder.path("store.sqlite")))
        }
    }
}

struct TemporaryFolder: Sendable {
    let url: URL

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    static func with<Value>(_ body: (TemporaryFolder) async throws -> Value) async throws -> Value {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        return try await body(TemporaryFolder(url: url))
    }
}
