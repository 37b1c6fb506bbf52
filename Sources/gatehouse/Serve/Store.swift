import CustomerStorePostgres
import CustomerStoreSQLite
import Customers
import GatewayConfiguration
import SharedState

/// The store that the settings name.
enum Store {
    /// - Throws: `StoreError.unavailable`, or `FileError` when the folder of a file cannot be made.
    static func open(_ location: StoreLocation) async throws -> any CustomerStore & NonceStore & RevocationStore & KeyUseStore {
        switch location {
        case .sqlite(let path):
            try RunningGateway.makeFolder(of: path)
            return try SQLiteCustomerStore(path: path)
        case .postgres(let uri): return try await PostgresCustomerStore.open(uri: uri)
        }
    }

    /// Why a store could not be opened or asked, for a person.
    static func reason(_ error: any Error) -> String {
        switch error {
        case StoreError.unavailable(let message), SharedStateError.unavailable(let message): message
        case let error as FileError: error.description
        default: "\(error)"
        }
    }
}
