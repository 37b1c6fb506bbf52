import Testing

@testable import Customers

@Suite struct MergePatchTests {
    static let customer = Customer(
        id: CustomerIDSequence.first(at: 0, random: (0, 0)), tenant: "acme", name: "Acme", contactEmail: "ada@acme.example",
        address: "1 Road", phone: nil, externalID: "ext-1",
        metadata: Metadata([.init("a", "1"), .init("b", "2"), .init("c", "3")]), createdAt: 1, updatedAt: 1, version: 1)

    /// The examples of RFC 7396 appendix A whose values these kinds can tell apart.
    @Test(
        "The merge is that of RFC 7396",
        arguments: [
            (.members(("a", "b")), .members(("a", "c")), .members(("a", "c"))),
            (.members(("a", "b")), .members(("b", "c")), .members(("a", "b"), ("b", "c"))),
            (.members(("a", "b")), .members(("a", .null)), .members()),
            (.members(("a", "b"), ("b", "c")), .members(("a", .null)), .members(("b", "c"))),
            (.members(("a", .array)), .members(("a", "c")), .members(("a", "c"))),
            (.members(("a", "c")), .members(("a", .array)), .members(("a", .array))),
            (
                .members(("a", .members(("b", "c")))), .members(("a", .members(("b", "d"), ("c", .null)))),
                .members(("a", .members(("b", "d"))))
            ),
            (.array, .array, .array),
            (.members(("a", "b")), .array, .array),
            (.members(("a", "foo")), .null, .null),
            (.members(("a", "foo")), "bar", "bar"),
            (.members(("e", .null)), .members(("a", .number)), .members(("e", .null), ("a", .number))),
            (.array, .members(("a", "b"), ("c", .null)), .members(("a", "b"))),
            (
                .members(), .members(("a", .members(("bb", .members(("ccc", .null)))))),
                .members(("a", .members(("bb", .members()))))
            ),
        ] as [(FieldValue, FieldValue, FieldValue)])
    func merge(_ target: FieldValue, _ patch: FieldValue, _ result: FieldValue) {
        #expect(target.merging(patch).written == result.written)
    }

    @Test("A patch changes what it names and keeps the rest")
    func keeps() throws {
        let draft = try Self.customer.merging(
            .members(
                ("name", "Acme 2"), ("phone", "12"), ("externalId", .null),
                ("metadata", .members(("b", .null), ("c", "4"), ("d", "5"), ("e", .null)))))
        #expect(draft.name == "Acme 2")
        #expect(draft.contactEmail == "ada@acme.example")
        #expect(draft.address == "1 Road")
        #expect(draft.phone == "12")
        #expect(draft.externalID == nil)
        #expect(draft.metadata == Metadata([.init("a", "1"), .init("c", "4"), .init("d", "5")]))
    }

    @Test("An empty patch changes nothing; null removes the whole metadata; an object makes it where there was none")
    func metadata() throws {
        let same = try Self.customer.merging(.members())
        #expect(Self.customer.replaced(by: same, at: 1).metadata == Self.customer.metadata)
        #expect(same.name == "Acme" && same.externalID == "ext-1")
        let without = try Self.customer.merging(.members(("metadata", .null)))
        #expect(without.metadata == nil)
        let bare = Self.customer.replaced(by: without, at: 2)
        #expect(try bare.merging(.members(("metadata", .members(("x", "1"), ("y", .null))))).metadata == Metadata([.init("x", "1")]))
    }

    @Test("Names that are one only under Unicode equivalence stay two")
    func equivalence() throws {
        let patch = FieldValue.members(("metadata", .members(("é", "composed"), ("e\u{301}", "decomposed"))))
        let draft = try Self.customer.merging(patch)
        #expect(draft.metadata?.entries.count == 5)
    }

    @Test(
        "The result is judged as a whole",
        arguments: [
            IssueRow(
                "a required field removed", .members(("name", .null)),
                ValidationIssue(.invalidType, at: ["name"], "Company name is required")),
            IssueRow(
                "the other required field removed", .members(("contactEmail", .null)),
                ValidationIssue(.invalidType, at: ["contactEmail"], "Invalid email address")),
            IssueRow(
                "a field of another kind", .members(("address", .number)),
                ValidationIssue(.invalidType, at: ["address"], "Expected string, received number")),
            IssueRow(
                "an object for a text", .members(("address", .members(("x", .null)))),
                ValidationIssue(.invalidType, at: ["address"], "Expected string, received object")),
            IssueRow(
                "too many metadata only together with those that are there",
                .members(("metadata", .object((0..<48).map { FieldValue.Member("k\($0)", "x") }))),
                ValidationIssue(.tooBig, at: ["metadata"], "Object must contain at most 50 key(s)")),
            IssueRow(
                "an object in the metadata", .members(("metadata", .members(("a", .members(("b", .null)))))),
                ValidationIssue(.invalidType, at: ["metadata", "a"], "Expected string, received object")),
            IssueRow(
                "the owner, an unknown name and a read-only name to be removed",
                .members(("tenant", "globex"), ("zip", "1"), ("id", .null)),
                ValidationIssue(.unrecognizedKeys, at: [], "Unrecognized key(s) in object: 'tenant', 'zip', 'id'")),
            IssueRow(
                "several at once, unrecognized keys last",
                .members(("x", .null), ("contactEmail", "ada"), ("name", "")),
                ValidationIssue(.tooSmall, at: ["name"], "Company name is required"),
                ValidationIssue(.invalidString, at: ["contactEmail"], "Invalid email address"),
                ValidationIssue(.unrecognizedKeys, at: [], "Unrecognized key(s) in object: 'x'")),
            IssueRow("an array", .array, ValidationIssue(.invalidType, at: [], "Expected object, received array")),
            IssueRow("null", .null, ValidationIssue(.invalidType, at: [], "Expected object, received null")),
        ])
    func issues(_ row: IssueRow) {
        #expect(throws: ValidationError(row.issues)) { try Self.customer.merging(row.body) }
    }

    @Test("A patch of many names takes time in proportion to their number")
    func manyNames() throws {
        let many = FieldValue.object((0..<100_000).map { FieldValue.Member("k\($0)", "x") })
        let target = FieldValue.object((0..<100_000).map { FieldValue.Member("t\($0)", "x") })
        guard case .object(let merged) = target.merging(many) else { return #expect(Bool(false)) }
        #expect(merged.count == 200_000)
    }
}

extension FieldValue {
    /// The value in a notation of its own, for comparing.
    var written: String {
        switch self {
        case .string(let text): "\"\(text)\""
        case .object(let members): "{" + members.map { "\($0.name): \($0.value.written)" }.joined(separator: ", ") + "}"
        case .number: "number"
        case .boolean: "boolean"
        case .null: "null"
        case .array: "array"
        }
    }
}
