import Access
import GatewayConfiguration
import Testing

@Suite("Strict YAML")
struct PolicyYAMLReaderTests {
    struct Refused: CustomTestStringConvertible, Sendable {
        let what: String
        let text: String
        let problems: [String]
        var testDescription: String { what }
    }

    static let refused: [Refused] = [
        Refused(what: "nothing at all", text: "", problems: ["1:1: the file is empty"]),
        Refused(what: "only a comment", text: "# nothing\n", problems: ["1:1: the file is empty"]),
        Refused(what: "two documents", text: "a: 1\n---\nb: 2\n", problems: ["2:1: more than one document"]),
        Refused(what: "a second, empty document", text: "a: 1\n---\n", problems: ["2:1: more than one document"]),
        Refused(what: "an anchor", text: "a: &x 1\n", problems: ["1:4: an anchor is not allowed here"]),
        Refused(what: "an anchor on a mapping", text: "a: &x\n  b: 1\n", problems: ["1:4: an anchor is not allowed here"]),
        Refused(what: "an anchor on a key", text: "&x a: 1\n", problems: ["1:1: an anchor is not allowed here"]),
        Refused(what: "an alias of nothing", text: "a: 1\nb: *x\n", problems: ["2:4: an alias is not allowed here"]),
        Refused(
            what: "an anchor and its alias", text: "a: &x [1]\nb: *x\n",
            problems: ["1:4: an anchor is not allowed here", "2:4: an alias is not allowed here"]
        ),
        Refused(
            what: "two anchors", text: "a: &x 1\nb: {c: &y 2}\n",
            problems: ["1:4: an anchor is not allowed here", "2:8: an anchor is not allowed here"]
        ),
        Refused(
            what: "an alias bomb",
            text: "a: &a [x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\n",
            problems: [
                "1:4: an anchor is not allowed here", "2:4: an anchor is not allowed here", "3:4: an anchor is not allowed here",
            ]
        ),
        Refused(
            what: "an alias bomb in a key",
            text: (0..<60).map { "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 9).joined(separator: ","))]\n" }.joined()
                .replacing("*a-1", with: "x") + "? [*a59]\n: 1\n",
            problems: (1...60).map { "\($0):\($0 <= 10 ? 5 : 6): an anchor is not allowed here" } + [
                "61:3: a key must be text, not a list", "61:4: an alias is not allowed here",
            ]
        ),
        Refused(what: "a tag on text", text: "a: !!str 1\n", problems: ["1:4: a tag is not allowed here"]),
        Refused(what: "a tag on quoted text", text: "a: !!str \"1\"\n", problems: ["1:4: a tag is not allowed here"]),
        Refused(what: "the non-specific tag", text: "a: ! 1\n", problems: ["1:4: a tag is not allowed here"]),
        Refused(what: "a tag on a mapping", text: "a: !!map {b: 1}\n", problems: ["1:4: a tag is not allowed here"]),
        Refused(what: "a tag on nothing", text: "a: !!null\n", problems: ["1:4: a tag is not allowed here"]),
        Refused(what: "a tag on a list", text: "- !x [a]\n", problems: ["1:3: a tag is not allowed here"]),
        Refused(what: "a merge key", text: "a: {b: 1}\nc:\n  <<: {d: 1}\n", problems: ["3:3: a merge key is not allowed here"]),
        Refused(what: "a list as a key", text: "[a]: 1\n", problems: ["1:1: a key must be text, not a list"]),
        Refused(what: "a list as a key, twice", text: "? [a]\n: 1\n? [a]\n: 2\n", problems: ["1:3: a key must be text"]),
        Refused(what: "a duplicate key", text: "a: 1\nb: 2\na: 3\n", problems: ["3:1: duplicate key `a`, first given on line 1"]),
        Refused(
            what: "a key three times", text: "a: 1\na: 2\na: 3\n",
            problems: [
                "2:1: duplicate key `a`, first given on line 1", "3:1: duplicate key `a`, first given on line 1",
            ]
        ),
        Refused(
            what: "duplicate keys in several mappings",
            text: "x:\n  a: 1\n  a: 2\ny: {\"b\": 1, c: 1, b: 2}\nx: 1\n",
            problems: [
                "3:3: duplicate key `a`, first given on line 2", "4:19: duplicate key `b`, first given on line 4",
                "5:1: duplicate key `x`, first given on line 1",
            ]
        ),
        Refused(
            what: "a duplicate key in other quotes", text: "'a': 1\n\"a\": 2\n",
            problems: ["2:1: duplicate key `a`, first given on line 1"]
        ),
        Refused(what: "a duplicate escaped key", text: "\"\\x61\": 1\na: 2\n", problems: ["1:1: duplicate key `a`"]),
        Refused(what: "a duplicate empty key", text: "\"\": 1\n\"\": 2\n", problems: ["1:1: duplicate key ``"]),
        Refused(
            what: "a duplicate key in JSON", text: "{\"a\": 1,\n \"a\": 2}",
            problems: ["2:2: duplicate key `a`, first given on line 1"]
        ),
        Refused(what: "a tab that indents", text: "a:\n\tb: 1\n", problems: ["2:1: a tab cannot indent here: use spaces"]),
        Refused(
            what: "a list that is not closed", text: "a: [1, 2\n",
            problems: ["2:1: not readable as YAML: while parsing a flow sequence, did not find expected ',' or ']'"]
        ),
        Refused(
            what: "two colons", text: "a: b: c\n",
            problems: ["1:5: not readable as YAML: mapping values are not allowed in this context"]
        ),
        Refused(what: "NUL", text: "a: \u{0}\n", problems: ["1:4: a control character is not allowed here"]),
        Refused(what: "a bell in a comment", text: "a: 1\n# \u{7}\n", problems: ["2:3: a control character is not allowed here"]),
        Refused(
            what: "content hidden in a comment behind a line separator", text: "a: 1 # x\u{2028}b: 2\n",
            problems: ["1:9: a line separator other than line feed is not allowed here"]
        ),
        Refused(
            what: "content hidden in a comment behind NEL", text: "a: 1 # x\u{85}b: 2\n",
            problems: ["1:9: a control character is not allowed here"]
        ),
        Refused(
            what: "content hidden in a comment behind a carriage return", text: "a: 1 # x\rb: 2\n",
            problems: ["1:10: a carriage return without a line feed"]
        ),
        Refused(
            what: "text that runs backwards", text: "a: \"\u{202e}1\"\n",
            problems: ["1:5: a character that changes the writing direction is not allowed here"]
        ),
        Refused(
            what: "a byte order mark in the middle", text: "a: 1\n\u{feff}b: 2\n",
            problems: ["2:1: an invisible character is not allowed here"]
        ),
        Refused(
            what: "33 levels", text: String(repeating: "[", count: 33) + String(repeating: "]", count: 33),
            problems: ["1:33: more than 32 levels"]
        ),
    ]

    @Test("what strict YAML leaves out is refused, where it stands", arguments: refused)
    func refusal(row: Refused) {
        let source = YAMLReader.read(Array(row.text.utf8), file: "f")
        #expect(source.problems.map { "\($0.line):\($0.column): \($0.message)" } == row.problems)
        #expect(source.problems.allSatisfy { $0.severity == .error && $0.file == "f" })
    }

    @Test("10,000 levels are refused and do not exhaust the stack", arguments: ["[", "{a: ", "- "])
    func nesting(open: String) {
        let source = YAMLReader.read(Array(String(repeating: open, count: 10_000).utf8), file: "f")
        #expect(!source.problems.isEmpty)
    }

    @Test("bytes that are not UTF-8 are refused where they stand")
    func notUTF8() {
        let source = YAMLReader.read(Array("a: 1\nb: ".utf8) + [0xc0, 0xae], file: "f")
        #expect(source.problems.map(\.description) == ["f:2:4: error: the file is not UTF-8 here"])
    }

    @Test("every node knows its line and column, counted in characters")
    func positions() throws {
        let text = "é: {b: 'ü', c: [1, \"2\"]}\nd:\n  - e: |\n      text\n"
        let root = try #require(YAMLReader.read(Array(text.utf8), file: "f").root)
        let members = try #require(root.members)
        #expect(members.map { "\($0.key.scalar ?? "")@\($0.key.line):\($0.key.column)" } == ["é@1:1", "d@2:1"])
        let inner = try #require(root["é"])
        #expect(inner.position == SourcePosition(line: 1, column: 4))
        #expect(inner["b"]?.position == SourcePosition(line: 1, column: 8))
        let list = try #require(inner["c"]?.elements)
        #expect(list.map(\.position.column) == [17, 20])
        #expect(list.map(\.kind) == [.integer, .text])
        let block = try #require(root["d"]?.elements?.first)
        #expect(block.position == SourcePosition(line: 3, column: 5))
        #expect(block["e"]?.text == "text\n")
    }

    @Test("a star is a character like any other where it cannot be taken for an alias")
    func stars() throws {
        let source = YAMLReader.read(Array("a*b: [x*, '*', \"*x\"]\n'*': |\n  *\n".utf8), file: "f")
        #expect(source.problems == [])
        let root = try #require(source.root)
        #expect(root.members?.compactMap(\.key.scalar) == ["a*b", "*"])
        #expect(root["a*b"]?.elements?.compactMap(\.text) == ["x*", "*", "*x"])
        #expect(root["*"]?.text == "*\n")
    }

    @Test("JSON is read as it is")
    func json() throws {
        let text = "\u{feff}{\n\t\"a\": [true, null, 1.5, \"\\u00e9\\/\"],\r\n\t\"b\": {}\n}\n"
        let source = YAMLReader.read(Array(text.utf8), file: "f")
        #expect(source.problems == [])
        let root = try #require(source.root)
        #expect(root["a"]?.elements?.map(\.kind) == [.boolean, .null, .number, .text])
        #expect(root["a"]?.elements?.last?.text == "é/")
        #expect(root["b"]?.members?.isEmpty == true)
        #expect(root["a"]?.position == SourcePosition(line: 2, column: 7))
    }

    @Test(
        "an unquoted scalar is what the YAML 1.2 core schema says",
        arguments: [
            ("text", .text), ("yes", .text), ("on", .text), ("12:30", .text), ("1.2.3.4", .text), ("0x", .text), ("+", .text),
            ("1_000", .text), (".", .text), ("1e", .text), ("true", .boolean), ("False", .boolean), ("~", .null), ("null", .null),
            ("", .null), ("0", .integer), ("-12", .integer), ("0x1F", .integer), ("0o17", .integer), ("1.5", .number),
            ("1.", .number), (".5", .number), ("-1e+9", .number), (".inf", .number), ("-.inf", .number), (".nan", .number),
        ] as [(String, SourceNode.Kind)]
    )
    func coreSchema(text: String, kind: SourceNode.Kind) throws {
        let root = try #require(YAMLReader.read(Array("a: \(text)\n".utf8), file: "f").root)
        #expect(root["a"]?.kind == kind)
        let quoted = try #require(YAMLReader.read(Array("a: '\(text)'\n".utf8), file: "f").root)
        #expect(quoted["a"]?.kind == .text)
    }
}
