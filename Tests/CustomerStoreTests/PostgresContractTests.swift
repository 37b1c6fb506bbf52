import GatewayTesting
import Testing

@Suite(.ownThread) struct PostgresContractTests {
    @Test("In a PostgreSQL database", arguments: CustomerStoreContract.checks)
    func postgres(_ check: CustomerStoreContract.Check) async throws {
        try await check.run(try await PostgresFixture().open())
    }
}
