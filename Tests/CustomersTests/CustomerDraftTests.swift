import Customers
import Testing

/// A body and what is to be said about it: code, path, message, in order.
struct IssueRow: Sendable, CustomTestStringConvertible {
    let label: String
    let body: FieldValue
    let issues: [ValidationIssue]

    init(_ label: String, _ body: FieldValue, _ issues: ValidationIssue...) {
        self.label = label
        self.body = body
        self.issues = issues
    }

    var testDescription: String { label }
}

extension FieldValue {
    static func members(_ members: (String, FieldValue)...) -> FieldValue {
        .object(members.map { Member($0.0, $0.1) })
    }

    /// A valid body with these members replaced or added.
    static func valid(_ changes: (String, FieldValue)...) -> FieldValue {
        var members: [(String, FieldValue)] = [("name", "Acme"), ("contactEmail", "ada@acme.example")]
        members.removeAll { member in changes.contains { $0.0 == member.0 } }
        return .object((members + changes).map { Member($0.0, $0.1) })
    }

    static func text(_ count: Int) -> FieldValue { .string(String(repeating: "x", count: count)) }
}

extension FieldValue: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
}

@Suite struct CustomerDraftTests {
    static let kinds: [(FieldValue, String)] = [
        (.number, "number"), (.null, "null"), (.array, "array"), (.boolean, "boolean"), (.object([]), "object"),
    ]

    @Test(
        "Each rule of the schema is told in Zod's words",
        arguments: [
            // name
            IssueRow(
                "name missing", .members(("contactEmail", "a@b.co")),
                ValidationIssue(.invalidType, at: ["name"], "Company name is required")),
            IssueRow(
                "name empty", .valid(("name", "")),
                ValidationIssue(.tooSmall, at: ["name"], "Company name is required")),
            IssueRow(
                "name of 201", .valid(("name", .text(201))),
                ValidationIssue(.tooBig, at: ["name"], "String must contain at most 200 character(s)")),
            IssueRow(
                "name of 101 pairs of UTF-16 units",
                .valid(("name", .string(String(repeating: "😀", count: 101)))),
                ValidationIssue(.tooBig, at: ["name"], "String must contain at most 200 character(s)")),
            IssueRow(
                "name of 200 units in 1 character",
                .valid(("name", .string("e" + String(repeating: "\u{301}", count: 200)))),
                ValidationIssue(.tooBig, at: ["name"], "String must contain at most 200 character(s)")),
            // contactEmail
            IssueRow(
                "contactEmail missing", .members(("name", "Acme")),
                ValidationIssue(.invalidType, at: ["contactEmail"], "Invalid email address")),
            IssueRow(
                "contactEmail empty", .valid(("contactEmail", "")),
                ValidationIssue(.invalidString, at: ["contactEmail"], "Invalid email address")),
            IssueRow(
                "contactEmail no address", .valid(("contactEmail", "ada")),
                ValidationIssue(.invalidString, at: ["contactEmail"], "Invalid email address")),
            // optional texts
            IssueRow(
                "address of 501", .valid(("address", .text(501))),
                ValidationIssue(.tooBig, at: ["address"], "String must contain at most 500 character(s)")),
            IssueRow(
                "phone of 51", .valid(("phone", .text(51))),
                ValidationIssue(.tooBig, at: ["phone"], "String must contain at most 50 character(s)")),
            IssueRow(
                "externalId empty", .valid(("externalId", "")),
                ValidationIssue(.tooSmall, at: ["externalId"], "String must contain at least 1 character(s)")),
            IssueRow(
                "externalId of 101", .valid(("externalId", .text(101))),
                ValidationIssue(.tooBig, at: ["externalId"], "String must contain at most 100 character(s)")),
            // metadata
            IssueRow(
                "metadata a text", .valid(("metadata", "x")),
                ValidationIssue(.invalidType, at: ["metadata"], "Expected object, received string")),
            IssueRow(
                "metadata null", .valid(("metadata", .null)),
                ValidationIssue(.invalidType, at: ["metadata"], "Expected object, received null")),
            IssueRow(
                "metadata an array", .valid(("metadata", .array)),
                ValidationIssue(.invalidType, at: ["metadata"], "Expected object, received array")),
            IssueRow(
                "metadata value a number", .valid(("metadata", .members(("a", "x"), ("b", .number)))),
                ValidationIssue(.invalidType, at: ["metadata", "b"], "Expected string, received number")),
            IssueRow(
                "metadata value of 501", .valid(("metadata", .members(("a", .text(501))))),
                ValidationIssue(.tooBig, at: ["metadata", "a"], "String must contain at most 500 character(s)")),
            IssueRow(
                "metadata key of 41",
                .valid(("metadata", .members((String(repeating: "k", count: 41), "x")))),
                ValidationIssue(
                    .tooBig, at: ["metadata", String(repeating: "k", count: 41)],
                    "String must contain at most 40 character(s)")),
            IssueRow(
                "metadata of 51",
                .valid(("metadata", .object((0..<51).map { FieldValue.Member("k\($0)", "x") }))),
                ValidationIssue(.tooBig, at: ["metadata"], "Object must contain at most 50 key(s)")),
            // unknown and read-only names
            IssueRow(
                "two unknown names, in the order of the body", .valid(("nmae", "Acme"), ("x", .number)),
                ValidationIssue(.unrecognizedKeys, at: [], "Unrecognized key(s) in object: 'nmae', 'x'")),
            IssueRow(
                "read-only names",
                .valid(
                    ("id", "cus_9"), ("tenant", "globex"), ("createdAt", "x"), ("updatedAt", "x"), ("version", .number)),
                ValidationIssue(
                    .unrecognizedKeys, at: [],
                    "Unrecognized key(s) in object: 'id', 'tenant', 'createdAt', 'updatedAt', 'version'")),
            IssueRow(
                "names that differ in case", .valid(("Name", "Acme"), ("externalID", "x")),
                ValidationIssue(.unrecognizedKeys, at: [], "Unrecognized key(s) in object: 'Name', 'externalID'")),
            IssueRow(
                "D-09: mass assignment",
                .valid(("role", "admin"), ("partner", "globex"), ("id", "cus_9"), ("status", "active")),
                ValidationIssue(
                    .unrecognizedKeys, at: [], "Unrecognized key(s) in object: 'role', 'partner', 'id', 'status'")),
            IssueRow(
                "the empty name", .valid(("", "x")),
                ValidationIssue(.unrecognizedKeys, at: [], "Unrecognized key(s) in object: ''")),
        ])
    func issues(_ row: IssueRow) {
        #expect(throws: ValidationError(row.issues)) { try CustomerDraft.parse(row.body) }
    }

    @Test("A text field of another kind is told the kind", arguments: ["name", "contactEmail", "address", "phone", "externalId"])
    func wrongKinds(_ field: String) {
        for (value, kind) in Self.kinds {
            let issue = ValidationIssue(.invalidType, at: [field], "Expected string, received \(kind)")
            #expect(throws: ValidationError([issue])) { try CustomerDraft.parse(.valid((field, value))) }
        }
    }

    @Test("A body that is no object is one problem of the whole body")
    func noObject() {
        for (value, kind) in Self.kinds + [("text", "string")] where kind != "object" {
            let issue = ValidationIssue(.invalidType, at: [], "Expected object, received \(kind)")
            #expect(throws: ValidationError([issue])) { try CustomerDraft.parse(value) }
        }
    }

    @Test("All problems are told at once, in the order of the schema, unrecognized keys last")
    func allAtOnce() {
        let body = FieldValue.members(
            ("zzz", "x"), ("metadata", .members(("k", .null))), ("externalId", ""), ("phone", .text(51)),
            ("address", .null), ("contactEmail", "ada"), ("aaa", .null))
        let issues = [
            ValidationIssue(.invalidType, at: ["name"], "Company name is required"),
            ValidationIssue(.invalidString, at: ["contactEmail"], "Invalid email address"),
            ValidationIssue(.invalidType, at: ["address"], "Expected string, received null"),
            ValidationIssue(.tooBig, at: ["phone"], "String must contain at most 50 character(s)"),
            ValidationIssue(.tooSmall, at: ["externalId"], "String must contain at least 1 character(s)"),
            ValidationIssue(.invalidType, at: ["metadata", "k"], "Expected string, received null"),
            ValidationIssue(.unrecognizedKeys, at: [], "Unrecognized key(s) in object: 'zzz', 'aaa'"),
        ]
        #expect(throws: ValidationError(issues)) { try CustomerDraft.parse(body) }
    }

    @Test("Every limit is inclusive, and texts are kept as they are")
    func limits() throws {
        let name = String(repeating: "😀", count: 100)
        let entries = (0..<50).map { Metadata.Entry(String(repeating: "k", count: 38) + "\($0 + 10)", "") }
        let draft = try CustomerDraft.parse(
            .members(
                ("metadata", .object(entries.map { FieldValue.Member($0.key, .string($0.value)) })),
                ("externalId", .text(100)), ("phone", .text(50)), ("address", .text(500)),
                ("contactEmail", "ada@acme.example"), ("name", .string(name))))
        #expect(draft.name == name)
        #expect(draft.contactEmail == "ada@acme.example")
        #expect(draft.address?.utf16.count == 500)
        #expect(draft.phone?.utf16.count == 50)
        #expect(draft.externalID?.utf16.count == 100)
        #expect(draft.metadata?.entries == entries)
        let small = try CustomerDraft.parse(.valid(("address", ""), ("phone", ""), ("metadata", .object([]))))
        #expect(small.address == "" && small.phone == "" && small.metadata == Metadata([]))
        #expect(try CustomerDraft.parse(.valid()).metadata == nil)
    }

    @Test(
        "A pointer is the path as RFC 6901 writes it",
        arguments: [
            ([], ""), (["name"], "/name"), (["metadata", "a/b~c"], "/metadata/a~1b~0c"), (["metadata", ""], "/metadata/"),
            (["metadata", "~1"], "/metadata/~01"), (["metadata", "é"], "/metadata/é"),
        ] as [([String], String)])
    func pointers(_ path: [String], _ pointer: String) {
        #expect(ValidationIssue(.tooBig, at: path, "").pointer == pointer)
    }
}
