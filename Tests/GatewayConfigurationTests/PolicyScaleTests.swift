import GatewayConfiguration
import GatewayTesting
import Testing

@testable import Access

@Suite("Large policies", .ownThread)
struct PolicyScaleTests {
    /// Every thousandth route needs another scope.
    static func text(routes: Int, isChanged: Bool) -> String {
        let head = """
            policy: 1
            scopes: {s: S, t: T}
            roles: {r: {grants: [s]}, w: {includes: [r], grants: [t], objects: any}}
            callers: {partner: {via: partner-token, roles: [r, w]}, staff: {via: session, roles: [w]}}
            routes:

            """
        let lines = (0..<routes).map { index in
            let need = isChanged && index % 1000 == 7 ? "t" : "s"
            return
                "  - {id: r\(index), methods: [GET, PUT], path: '/area\(index / 100)/things\(index)/{id}', needs: [\(need)], object: id, "
                + "to: provisioning}"
        }
        return head + lines.joined(separator: "\n") + "\n"
    }

    @Test("the difference of two policies of 10,000 routes is exact")
    func diff() throws {
        let count = 10_000
        let old = try #require(PolicyFixture.compile(Self.text(routes: count, isChanged: false)).policy)
        let new = try #require(PolicyFixture.compile(Self.text(routes: count, isChanged: true)).policy)
        let start = ContinuousClock.now
        let diff = AccessDiff(from: old, to: new)
        print("diff of \(count) routes: \(ContinuousClock.now - start)")
        #expect(diff.isComplete)
        #expect(Set(diff.changes.map(\.route)) == Set(stride(from: 7, to: count, by: 1000).map { "r\($0)" }))
        // Readers lose their own; writers keep both, unless their token has `s` alone.
        let lost = diff.changes.filter { $0.scopes == nil }
        #expect(lost.count == count / 1000)
        #expect(lost.allSatisfy { $0.caller == "partner" && $0.roles == ["r"] && $0.object == .own && $0.change == .loses })
        #expect(AccessDiff(from: new, to: new).isSame)
    }
}
