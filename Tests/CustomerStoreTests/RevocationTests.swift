import CustomerStoreSQLite
import Customers
import GatewayTesting
import SharedState
import Testing

@Suite(.ownThread) struct RevocationTests {
    enum Kind: CaseIterable { case memory, sqlite }

    /// Two nodes on one store.
    private static func with(_ kind: Kind, _ body: (any RevocationStore, any RevocationStore) async throws -> Void) async throws {
        switch kind {
        case .sqlite:
            try await TemporaryFolder.with { folder in
                let path = folder.path("store.sqlite")
                try await body(try SQLiteCustomerStore(path: path), try SQLiteCustomerStore(path: path))
            }
        case .memory:
            let store = MemoryRevocationStore()
            try await body(store, store)
        }
    }

    @Test("What one node revokes the other is told, once", arguments: Kind.allCases)
    func told(_ kind: Kind) async throws {
        try await Self.with(kind) { one, two in
            #expect(try await two.changes(since: 0) == nil)
            let first = Revocation(.sessions(subject: "a\u{0}\\é"), at: 10, until: 100)
            try await one.revoke(first, at: 10)
            let changes = try #require(try await two.changes(since: 0))
            #expect(changes.revocations == [first])
            #expect(try await two.changes(since: changes.version) == nil)
            let second = Revocation(.token(id: "a\u{0}\\é"), at: 11, until: 90)
            try await two.revoke(second, at: 11)
            #expect(try await one.changes(since: changes.version)?.revocations == [second])
            #expect(try await one.changes(since: 0)?.revocations == [first, second])
            #expect(try await one.revocations(at: 11) == [second, first])
        }
    }

    @Test("Revoked again, each time is the later of the two, and those who knew are told", arguments: Kind.allCases)
    func again(_ kind: Kind) async throws {
        try await Self.with(kind) { one, two in
            let target = Revocation.Target.sessions(subject: "ada")
            try await one.revoke(Revocation(target, at: 10, until: 100), at: 10)
            let version = try #require(try await two.changes(since: 0)).version
            try await one.revoke(Revocation(target, at: 5, until: 200), at: 10)
            let later = Revocation(target, at: 10, until: 200)
            #expect(try await two.changes(since: version)?.revocations == [later])
            #expect(try await two.revocations(at: 10) == [later])
        }
    }

    @Test("What may be forgotten is not told any more, and goes", arguments: Kind.allCases)
    func forgotten(_ kind: Kind) async throws {
        try await Self.with(kind) { one, two in
            let kept = Revocation(.token(id: "kept"), at: 1, until: 30)
            try await one.revoke(Revocation(.token(id: "gone"), at: 1, until: 20), at: 1)
            try await one.revoke(kept, at: 1)
            #expect(try await two.revocations(at: 19).count == 2)
            #expect(try await two.revocations(at: 20) == [kept])
            let last = Revocation(.token(id: "last"), at: 20, until: 40)
            try await two.revoke(last, at: 20)
            #expect(try await one.changes(since: 0)?.revocations == [kept, last])
        }
    }

    @Test("A subject as long as a token has room for is kept", arguments: Kind.allCases)
    func long(_ kind: Kind) async throws {
        try await Self.with(kind) { one, two in
            let subject = String(decoding: (0..<8_000).map { _ in UInt8.random(in: 33...126) }, as: UTF8.self)
            let revocation = Revocation(.sessions(subject: subject), at: 1, until: 2)
            try await one.revoke(revocation, at: 1)
            #expect(try await two.revocations(at: 1) == [revocation])
        }
    }

    @Test("Whoever asks again and again while two nodes revoke misses nothing", arguments: Kind.allCases)
    func nothingMissed(_ kind: Kind) async throws {
        try await Self.with(kind) { one, two in
            let all = Set((0..<120).map { Revocation(.token(id: "\($0)"), at: 1, until: 100) })
            var seen: Set<Revocation> = []
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, revocation) in all.enumerated() {
                    group.addTask { try await (number.isMultiple(of: 2) ? one : two).revoke(revocation, at: 1) }
                }
                var version: Int64 = 0
                let end = ContinuousClock.now + .seconds(120)
                while seen.count < all.count, .now < end {
                    // Those who revoke must come to it.
                    await Task.yield()
                    guard let changes = try await one.changes(since: version) else { continue }
                    #expect(changes.version > version && seen.isDisjoint(with: changes.revocations))
                    version = changes.version
                    seen.formUnion(changes.revocations)
                }
                try await group.waitForAll()
            }
            #expect(seen == all)
        }
    }
}
