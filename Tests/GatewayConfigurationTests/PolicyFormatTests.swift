import GatewayTesting
import StrictJSON
import Testing

@testable import Access
@testable import GatewayConfiguration

@Suite("The canonical layout", .ownThread)
struct PolicyFormatTests {
    static func formatted(_ text: String) -> String? { PolicyFormat(Array(text.utf8), file: "p").text }

    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let text: String
        let expected: String
        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(
            name: "sections are apart, and scopes, roles and callers begin in one column",
            text: """
                policy: 1
                scopes: {s: A scope, longer: "Another, longer: scope"}
                roles:
                    reader:
                        grants:
                        - s
                    w: {grants: [longer], objects: any}
                routes: []
                """,
            expected: """
                policy: 1

                scopes:
                  s:      A scope
                  longer: "Another, longer: scope"

                roles:
                  reader: { grants: [s] }
                  w:      { grants: [longer], objects: any }

                routes: []

                """
        ),
        Row(
            name: "routes, rules and tests have a key a line",
            text: """
                policy: 1
                routes: [{id: a, methods: [GET], path: "/a/{id}", body: {types: [a/b], max: 1KiB}, public: true, to: provisioning}]
                deny: [{id: d, when: {partner: globex}, because: 'It is so'}]
                tests:
                  - {as: {anonymous: true}, may-not: [a own], may: ["a other"]}
                """,
            expected: """
                policy: 1

                routes:
                  - id: a
                    methods: [GET]
                    path: /a/{id}
                    body: { types: [a/b], max: 1KiB }
                    public: true
                    to: provisioning

                deny:
                  - id: d
                    when: { partner: globex }
                    because: It is so

                tests:
                  - as: { anonymous: true }
                    may-not: [a own]
                    may:     [a other]

                """
        ),
        Row(
            name: "comments stay where they are, and what has one inside has a line for each",
            text: """
                # first
                policy: 1   # the version
                scopes:   # all of them
                  # about s
                  s: S # S it is

                  # apart
                  t: T
                routes:
                  - {id: a, # the id
                     needs: [s, # first
                  t], path: "/a/{id}"}
                    # of the route
                  # of the list

                # before deny
                deny:
                - when: {partner: [
                   # inside
                   a1, b1]} # end
                  id: d


                # last
                """,
            expected: """
                # first
                policy: 1  # the version

                scopes:  # all of them
                  # about s
                  s: S  # S it is

                  # apart
                  t: T

                routes:
                  - id: a  # the id
                    needs:
                      - s  # first
                      - t
                    path: /a/{id}
                  # of the route
                  # of the list

                # before deny
                deny:
                  - when:
                      partner:
                        # inside
                        - a1
                        - b1  # end
                    id: d

                # last

                """
        ),
        Row(
            name: "quotes stay where a word would be something else without",
            text: """
                policy: 1
                scopes: {a: "5", b: "true", c: "null", d: "yes", e: "- x", f: 'it''s', g: "a: b", h: "a #b", i: "a\\tb\\u00a0", j: plain, k: 'x: "y"', l: '#', m: "", n: "<<"}
                """,
            expected: """
                policy: 1

                scopes:
                  a: "5"
                  b: "true"
                  c: "null"
                  d: "yes"
                  e: "- x"
                  f: it's
                  g: "a: b"
                  h: "a #b"
                  i: "a\\tb\u{a0}"
                  j: plain
                  k: "x: \\"y\\""
                  l: "#"
                  m: ""
                  n: "<<"

                """
        ),
        Row(
            name: "blocks of text become quoted, with their line ends",
            text:
                "deny:\n- id: d\n  because: |   # why\n    two # no comment\n\n    lines\n  # after\n  when: { partner: a }\n  x: >-\n   a\n   b\n",
            expected:
                "deny:\n  - id: d\n    because: \"two # no comment\\n\\nlines\\n\"  # why\n    # after\n    when: { partner: a }\n"
                + "    x: a b\n"
        ),
        Row(
            name: "what is too long for a line is a list",
            text:
                "tests:\n- may: [\(Array(repeating: "customers.read", count: 10).enumerated().map { "\($1)\($0)" }.joined(separator: ", "))]\n",
            expected: "tests:\n  - may:\n"
                + (0..<10).map { "      - customers.read\($0)\n" }.joined()
        ),
    ]

    @Test("is this one", arguments: rows)
    func layout(row: Row) {
        #expect(Self.formatted(row.text) == row.expected)
        #expect(Self.formatted(row.expected) == row.expected)
    }

    /// Texts of every kind that the other tests have: good policies, and files with a mistake in every place.
    static let texts: [String] =
        [PolicyFixture.text(), PolicyDecisionTests.text]
        + (PolicyErrorTests.documentRows + PolicyErrorTests.routeRows + PolicyErrorTests.pathRows + PolicyErrorTests.ruleRows).map(\.text)

    @Test("means the same, keeps the comments, and is reached in one step")
    func keepsMeaning() throws {
        let shipped = String(decoding: try PolicyFixture.repositoryFile("policies/policy.yaml"), as: UTF8.self)
        var count = 0
        for text in Self.texts + [shipped] {
            // A comment on every line, alone and behind.
            let commented = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { index, line in
                line.isEmpty || line.contains("\"") || line.contains("|") ? String(line) : "\(line) # behind \(index)"
            }.joined(separator: "\n# alone\n")
            for variant in [text, commented] {
                let source = YAMLReader.read(Array(variant.utf8), file: "p")
                guard let root = source.root, source.problems.isEmpty, root.members != nil else {
                    #expect(Self.formatted(variant) == nil)
                    continue
                }
                let formatted = try #require(Self.formatted(variant), "\(variant)")
                #expect(Self.formatted(formatted) == formatted)
                let again = try #require(YAMLReader.read(Array(formatted.utf8), file: "p").root)
                #expect(again.isSame(as: root))
                let comments = { (text: String) in text.count { $0 == "#" } }
                #expect(comments(formatted) == comments(variant), "\(formatted)")
                count += 1
            }
        }
        #expect(count > 150)
    }

    @Test("allows what the policy allowed")
    func sameAccess() throws {
        for text in [PolicyFixture.text(), PolicyDecisionTests.text] {
            let old = try #require(PolicyFixture.compile(text).policy)
            let formatted = try #require(Self.formatted(text))
            let new = try #require(PolicyFixture.compile(formatted).policy)
            #expect(AccessDiff(from: old, to: new).isSame)
        }
    }

    @Test("the shipped policy has it")
    func shipped() throws {
        let bytes = try PolicyFixture.repositoryFile("policies/policy.yaml")
        #expect(PolicyFormat(bytes, file: "p").isChanged == false)
    }

    @Test("a JSON policy stays JSON")
    func json() throws {
        let text = #"{"policy":1,"scopes":{"s":"S \" é"},"routes":[{"id":"a","public":true,"x":null}]}"#
        let formatted = try #require(Self.formatted(text))
        #expect(formatted.hasPrefix("{\n  \"policy\": 1,\n"))
        #expect(try JSONDocument(Array(formatted.utf8)).root["routes"]?.elements.first?["public"]?.bool == true)
        #expect(Self.formatted(formatted) == formatted)
    }

    @Test("a file that cannot be read is told, and not laid out", arguments: ["a: [", "a: 1\na: 2\n", "- a", "a: &x 1", "", "\u{fffe}"])
    func refused(text: String) {
        let format = PolicyFormat(Array(text.utf8), file: "p")
        #expect(format.text == nil)
        #expect(!format.diagnostics.isEmpty)
    }
}
