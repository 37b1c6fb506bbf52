import Testing

import Access
import GatewayConfiguration

@Suite("Loading a policy")
struct PolicyLoadTests {
    @Test("the policy of this repository is whole, without a warning, and its tests cover every route")
    func ownPolicy() throws {
        let load = PolicyFile.compile(
            try PolicyFixture.repositoryFile("policies/policy.yaml"), file: "policies/policy.yaml", upstreams: []
        )
        #expect(load.diagnostics == [])
        let policy = try #require(load.policy)
        #expect(load.summary.covered == policy.routes.map(\.id))
        #expect(load.summary.routes == 7 && load.summary.tests == 8)
        #expect(policy.digest.count == 64)
        let update = try #require(policy.route(id: "customers.update"))
        #expect(update.bodyTypes == ["application/merge-patch+json", "application/json"] && update.bodyLimit == 65536)
    }

    @Test("the fixture is whole and without a warning")
    func fixture() {
        let load = PolicyFixture.compile(PolicyFixture.text())
        #expect(PolicyFixture.problems(load) == [])
        #expect(load.policy != nil)
    }
}
