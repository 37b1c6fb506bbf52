import SharedState
import Testing

@Suite("The list of revocations")
struct RevocationListTests {
    private func revoked(_ subject: String, _ at: Int64, until: Int64 = 1000) -> Revocation {
        Revocation(.sessions(subject: subject), at: at, until: until)
    }

    @Test("what was issued up to the revocation is refused, and what does not say when")
    func sessions() {
        let list = RevocationList([revoked("a", 100)])
        for (subject, issued, isRefused) in [
            ("a", 99, true), ("a", 100, true), ("a", nil, true), ("a", .min, true), ("a", 101, false), ("b", 99, false), ("b", nil, false),
            ("A", 99, false),
            ("", 99, false),
        ] as [(String, Int64?, Bool)] {
            #expect(list.refusesSession(of: subject, issuedAt: issued) == isRefused, "\(subject) \(issued ?? -1)")
        }
        #expect(!list.refusesToken(id: "a"))
        #expect(!RevocationList.empty.refusesSession(of: "a", issuedAt: nil))
    }

    @Test("a token's id and a subject of the same text have nothing to do with each other")
    func tokens() {
        let list = RevocationList([Revocation(.token(id: "a"), at: 100, until: 1000)])
        #expect(list.refusesToken(id: "a"))
        #expect(!list.refusesToken(id: "b"))
        #expect(!list.refusesSession(of: "a", issuedAt: 1))
    }

    @Test("a list with more is another list; of one target the new entry counts, and what has ended goes")
    func adding() {
        let one = RevocationList.empty.adding([revoked("a", 100), revoked("b", 100, until: 200)], at: 150)
        #expect(one.count == 2)
        let two = one.adding([revoked("a", 300), revoked("c", 300, until: 310)], at: 250)
        #expect(two.refusesSession(of: "a", issuedAt: 300))
        #expect(!two.refusesSession(of: "b", issuedAt: 1))
        #expect(two.refusesSession(of: "c", issuedAt: 300))
        #expect(two.count == 2)
        #expect(!one.refusesSession(of: "a", issuedAt: 300))
        #expect(RevocationList.empty.generation < one.generation && one.generation < two.generation)
        #expect(two.adding([], at: 2000).count == 0)
    }
}
