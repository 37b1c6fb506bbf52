import Customers
import GatewayTesting
import Synchronization

@testable import CustomerStorePostgres

/// A database of its own on the tests' server.
struct PostgresFixture: Sendable {
    let server: PostgresServer
    let uri: String

    init(_ server: PostgresServer? = nil, encoding: String = "UTF8") throws {
        self.server = try server ?? PostgresServer.shared.get()
        uri = try self.server.makeDatabase(encoding: encoding)
    }

    var database: String { String(uri[uri.index(after: uri.lastIndex(of: "/") ?? uri.startIndex)...]) }

    /// Runs SQL as another program would.
    @discardableResult
    func execute(_ sql: String) throws -> String { try server.execute(sql, in: database) }

    /// What a call throws; nil when it goes well.
    static func error(_ body: () async throws -> Void) async -> StoreError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? StoreError ?? .unavailable("not a store's error: \(error)")
        }
    }

    func open(_ limits: PostgresLimits = .patient) async throws -> PostgresCustomerStore {
        try await PostgresCustomerStore.open(uri: uri, limits: limits)
    }
}

extension PostgresCustomerStore {
    /// The first value that a statement answers.
    func value(_ sql: String) async throws -> String? {
        try await run { try $0.execute(sql).text(0, 0) }
    }
}

extension PostgresLimits {
    /// Times that also hold on a machine that runs all tests at once.
    static let patient = PostgresLimits { _ in }

    /// The patient ones with these differences.
    init(_ change: (inout PostgresLimits) -> Void) {
        self.init()
        (wait, call, statement, lock, start) = (.seconds(60), .seconds(60), .seconds(60), .seconds(60), .seconds(60))
        change(&self)
    }
}

/// A value that tasks share.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }

    func withLock<Result: Sendable>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try value.withLock { value in try body(&value) }
    }
}
