import CustomerStorePostgres
import CustomerStoreSQLite
import Customers
import GatewayConfiguration
import SharedState

/// The store that the settings name.
enum Store {
    /// - Throws: `StoreError.unavailable`; what the system says of a folder that cannot be made.
    static func open(_ location: StoreLocation) async throws -> any CustomerStore & NonceStore & RevocationStore {
        switch location {
        case .sqlite(let path):
            try RunningGateway.makeFolder(of: path)
            return try SQLiteCustomerStore(path: path)
        case .postgres(let uri): return try await PostgresCustomerStore.open(uri: uri)
        }
    }
}
