import Access
import Testing

@testable import GatewayConfiguration
@testable import GatewayCore

@Suite struct PartnerFileTests {
    private static let good = """
        {
          "id": "acme",
          "name": "Acme",
          "roles": ["partner-reader"],
          "tenant": "acme",
          "networks": ["10.0.0.0/8", "::1/128"],
          "enabled": true,
          "created": 1700000000,
          "secrets": [{"id": "s1", "created": 1, "sealed": "c2VhbGVk"}]
        }
        """

    private func parse(_ text: String) -> (PartnerRecord?, [String]) {
        var diagnostics: [Diagnostic] = []
        let record = PartnerFile.parse(Array(text.utf8), path: "acme.json", id: "acme", diagnostics: &diagnostics)
        return (record, diagnostics.map(\.rendered))
    }

    @Test func aFileIsReadAndWrittenWithoutLoss() throws {
        var record = try #require(parse(Self.good).0)
        #expect(record.scopes == nil)
        #expect(record.secrets == [.init(id: "s1", created: 1, expires: nil, sealed: "c2VhbGVk")])
        record.scopes = []
        record.isEnabled = false
        record.name = "Ünïcode \"quoted\""
        record.secrets = [.init(id: "s2", created: 2, expires: 3, sealed: "AA")]
        #expect(parse(String(decoding: PartnerFile.serialize(record), as: UTF8.self)).0 == record)
    }

    @Test(arguments: [
        ("", "", "acme.json:1:1: error: not valid JSON: unexpected end of input at byte 0"),
        (#""id""#, #""id""id""#, "acme.json:2:7: error: not valid JSON: unexpected character at byte 8"),
        (#""name":"#, #""id":"#, "acme.json:3:3: error: not valid JSON: duplicate member name at byte 20"),
        (#""acme","#, #""globex","#, "acme.json:2:9: error: `id` must be the name of the file without `.json` (did you mean `acme`?)"),
        (#""name": "Acme""#, #""name": "é", "nam": 1"#, "acme.json:3:23: error: unknown key `nam` in a partner (did you mean `name`?)"),
        (#""Acme""#, #""""#, "acme.json:3:11: error: `name` must be 1 to 200 characters, none of them a control character"),
        (#""Acme""#, #""A\ncme""#, "acme.json:3:11: error: `name` must be 1 to 200 characters, none of them a control character"),
        (#"["partner-reader"]"#, #""partner-reader""#, "acme.json:4:12: error: `roles` must be a list"),
        (#"["partner-reader"]"#, #"["a", "a"]"#, "acme.json:4:18: error: `roles` has `a` twice"),
        (#"["partner-reader"]"#, #"["a b"]"#, "acme.json:4:13: error: each of `roles` must be the name of a role"),
        (#""tenant": "acme""#, #""tenant": "a b""#, "acme.json:5:13: error: `tenant` must be 1 to 128 letters, digits and `._:@-`"),
        (#""tenant": "acme","#, "", "acme.json:1:1: error: a partner has no `tenant`"),
        ("10.0.0.0/8", "10.0.0.1/8", "acme.json:6:16: error: each of `networks` must be a network such as 10.0.0.0/8, or an address"),
        ("::1/128", "::ffff:10.0.0.0/8", "acme.json:6:30: error: each of `networks` must be a network such as 10.0.0.0/8, or an address"),
        // A typo in a key that narrows must never widen.
        (#""networks""#, #""network""#, "acme.json:6:14: error: unknown key `network` in a partner (did you mean `networks`?)"),
        (#""tenant""#, #""scope": ["a"], "tenant""#, "acme.json:5:12: error: unknown key `scope` in a partner (did you mean `scopes`?)"),
        ("true", #""yes""#, "acme.json:7:14: error: `enabled` must be true or false"),
        ("1700000000", "1.7e9", "acme.json:8:14: error: `created` must be unix seconds, a whole number"),
        ("1700000000", "-1", "acme.json:8:14: error: `created` must be unix seconds, a whole number"),
        (#""sealed""#, #""expires": 1, "seald""#, "acme.json:9:65: error: unknown key `seald` in a secret (did you mean `sealed`?)"),
        (#"{"id": "s1", "#, #"{"id": "S 1", "#, "acme.json:9:22: error: `id` must be 1 to 32 of a-z, 0-9 and _"),
        (#"}]"#, #"}, {"id": "s1", "created": 1, "sealed": ""}]"#, "acme.json:9:65: error: two secrets have the id `s1`"),
        (#"[{"id""#, #"[1, {"id""#, "acme.json:9:15: error: a secret must be an object, not number"),
    ])
    func aMistakeIsToldWithItsPlace(find: String, replace: String, says: String) {
        let (record, problems) = parse(find.isEmpty ? "" : Self.good.replacing(find, with: replace, maxReplacements: 1))
        #expect(record == nil)
        #expect(problems.first == says)
    }

    @Test(arguments: ["a", "-a", "A", "a_b", "a.b", "../a", "a/b", "", String(repeating: "a", count: 64), "é1"])
    func whatIsNoPartnerIDIsRefused(id: String) {
        #expect(!PartnerRecord.isID(id))
    }

    @Test(arguments: ["ab", "a1", "0-", "acme-eu-1", String(repeating: "a", count: 63)])
    func aPartnerIDIsALowerCaseWord(id: String) {
        #expect(PartnerRecord.isID(id))
    }
}
