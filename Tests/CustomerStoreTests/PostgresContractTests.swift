import CustomerStorePostgres
import GatewayTesting
import Testing

@Suite struct PostgresContractTests {
    @Test("In a PostgreSQL database", arguments: CustomerStoreContract.checks)
    func postgres(_ check: CustomerStoreContract.Check) async throws {
        let uri = try PostgresServer.shared.get().makeDatabase()
        try await check.run(try await PostgresCustomerStore.open(uri: uri))
    }
}
