import Customers
import Testing

@Suite struct CustomerTests {
    @Test("A change counts the version up and never sets the time of the last change back")
    func replaced() throws {
        let draft = try CustomerDraft.parse(.valid(("phone", "1")))
        let id = CustomerIDSequence.first(at: 5, random: (0, 0))
        let customer = Customer(draft, id: id, tenant: "acme", at: 5)
        #expect(customer.version == 1 && customer.createdAt == 5 && customer.updatedAt == 5)
        let later = customer.replaced(by: try CustomerDraft.parse(.valid()), at: 9)
        #expect(later.version == 2 && later.createdAt == 5 && later.updatedAt == 9 && later.phone == nil)
        let clockSetBack = later.replaced(by: draft, at: 7)
        #expect(clockSetBack.version == 3 && clockSetBack.updatedAt == 9 && clockSetBack.phone == "1")
        #expect(clockSetBack.id == id && clockSetBack.tenant == "acme")
    }

    @Test("A scope shows its own tenant only, byte for byte")
    func scope() throws {
        let draft = try CustomerDraft.parse(.valid())
        let id = CustomerIDSequence.first(at: 5, random: (0, 0))
        let customer = Customer(draft, id: id, tenant: "é", at: 5)
        #expect(customer.isVisible(in: .any))
        #expect(customer.isVisible(in: .tenant("é")))
        for other in ["e\u{301}", "", "É", "é ", "globex"] { #expect(!customer.isVisible(in: .tenant(other))) }
    }

    @Test("A precondition is met by the versions it lists")
    func precondition() {
        #expect(Precondition.none.isMet(by: 7))
        #expect(Precondition.version(in: [3, 7]).isMet(by: 7))
        #expect(!Precondition.version(in: [3, 6]).isMet(by: 7))
        #expect(!Precondition.version(in: []).isMet(by: 7))
    }

    @Test(
        "Metadata leads through its text and back",
        arguments: [
            [], [("a", "b")], [("", ""), ("a", "")], [("\"\\", "\u{0}\u{1F}\n"), ("é", "😀"), ("e\u{301}", "}{,:")],
        ] as [[(String, String)]])
    func metadataText(_ entries: [(String, String)]) {
        let metadata = Metadata(entries.map { Metadata.Entry($0.0, $0.1) })
        let read = Metadata(text: metadata.text)
        #expect(read?.entries.map { Array($0.key.utf8) } == metadata.entries.map { Array($0.key.utf8) })
        #expect(read?.entries.map { Array($0.value.utf8) } == metadata.entries.map { Array($0.value.utf8) })
    }

    @Test(
        "Other texts are not metadata",
        arguments: [
            "", "{", "}", "{}{}", "{} ", " {}", "[]", #"{"a"}"#, #"{"a":}"#, #"{"a":1}"#, #"{"a":"b""#, #"{"a":"b"}}"#,
            #"{"a":"b",}"#, #"{,"a":"b"}"#, #"{"a":"b""c":"d"}"#, #"{"a":"\n"}"#, #"{"a":"\u0020"}"#, #"{"a":"\u00"}"#,
            #"{"a":"\u12340"}"#, "{\"a\":\"\n\"}", #"{"a":"b"#, #"{"a":"\"#,
        ])
    func metadataTextRefused(_ text: String) {
        #expect(Metadata(text: text) == nil)
    }
}
