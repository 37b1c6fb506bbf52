import StrictJSON
import Testing

@Suite("The JSON reader")
struct JSONDocumentTests {
    @Test(
        "refuses, with the offset of what is wrong",
        arguments: [
            ("", JSONError.Reason.unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("{", .unexpectedEnd, 1), ("[1,", .unexpectedEnd, 3),
            (#"{"a""#, .unexpectedEnd, 4), (#"{"a":"#, .unexpectedEnd, 5), (#""abc"#, .unexpectedEnd, 4), ("tru", .unexpectedEnd, 3),
            ("{} {}", .trailingBytes, 3), ("1 2", .trailingBytes, 2), ("[1 2]", .unexpectedByte, 3), ("[1,]", .unexpectedByte, 3),
            (#"{"a":1,}"#, .unexpectedByte, 7), ("{a:1}", .unexpectedByte, 1), ("{'a':1}", .unexpectedByte, 1),
            ("trap", .unexpectedByte, 2),
            ("NaN", .unexpectedByte, 0), ("\u{FEFF}1", .unexpectedByte, 0), ("/* */1", .unexpectedByte, 0),
            ("01", .invalidNumber, 0), ("-01", .invalidNumber, 1), ("1.", .unexpectedEnd, 2), ("1.x", .invalidNumber, 2),
            ("-", .unexpectedEnd, 1), ("+1", .unexpectedByte, 0), (".5", .unexpectedByte, 0), ("1e", .unexpectedEnd, 2),
            ("1e+", .unexpectedEnd, 3),
            (#""\x""#, .invalidEscape, 1), (#""\u12G4""#, .invalidEscape, 1), (#""\ud800""#, .loneSurrogate, 1),
            (#""\udc00""#, .loneSurrogate, 1), (#""\ud800\u0041""#, .loneSurrogate, 1), ("\"\u{1}\"", .controlCharacter, 1),
            ("\"a\n\"", .controlCharacter, 2), (#"{"a":1,"a":2}"#, .duplicateMember, 7), (#"{"a":1,"\u0061":2}"#, .duplicateMember, 7),
            (#"{"x":{"a":1,"b":2,"a":3}}"#, .duplicateMember, 18),
        ]
    )
    func refuses(text: String, reason: JSONError.Reason, offset: Int) {
        #expect(throws: JSONError(reason, at: offset)) { try JSONDocument(Array(text.utf8)) }
    }

    @Test(
        "refuses invalid UTF-8",
        arguments: [
            [0x80], [0xC0, 0xAE], [0xC1, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xC3], [0xE2, 0x82],
        ] as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError(.invalidUTF8, at: 1)) { try JSONDocument([0x22] + bytes + [0x22]) }
    }

    @Test("bounds the nesting")
    func depth() throws {
        let deep = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        _ = try JSONDocument(Array(deep.utf8))
        #expect(throws: JSONError(.tooDeep, at: 32)) { try JSONDocument(Array("[\(deep)]".utf8)) }
        #expect(throws: JSONError(.tooDeep, at: 32)) { try JSONDocument(Array(repeating: UInt8(ascii: "["), count: 1_000_000)) }
    }

    @Test("finds a duplicate among many members, and takes many that differ")
    func manyMembers() throws {
        let members = (0..<1000).map { "\"k\($0)\":0" }.joined(separator: ",")
        #expect(try JSONDocument(Array("{\(members)}".utf8)).root.members.count == 1000)
        #expect(throws: JSONError.self) { try JSONDocument(Array("{\(members),\"\\u006b7\":0}".utf8)) }
    }

    @Test("reads values of every kind")
    func values() throws {
        let text =
            #" {"s":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀","i":-12,"big":9223372036854775807,"over":9223372036854775808,"d":1.5e2,"t":true,"f":false,"n":null,"a":[1,[2],{"x":"y"}],"o":{}} "#
        let root = try JSONDocument(Array(text.utf8)).root
        #expect(root["s"]?.string == "a\"\\/\u{8}\u{C}\n\r\té😀é😀")
        #expect(root["i"]?.integer == -12)
        #expect(root["big"]?.integer == .max)
        #expect(root["over"]?.integer == nil)
        #expect(root["d"]?.integer == nil)
        #expect(root["d"]?.double == 150)
        #expect(root["t"]?.bool == true)
        #expect(root["f"]?.bool == false)
        #expect(root["n"]?.isNull == true)
        #expect(root["a"]?.elements.count == 3)
        #expect(root["a"]?.elements[2]["x"]?.string == "y")
        #expect(root["o"]?.members.isEmpty == true)
        #expect(root["missing"] == nil)
        #expect(root["s"]?.integer == nil)
        #expect(root["i"]?.string == nil)
        #expect(root["i"]?["x"] == nil)
        #expect(try JSONDocument(Array("-9223372036854775808".utf8)).root.integer == .min)
        #expect(try JSONDocument(Array("1e999".utf8)).root.double == nil)
    }

    @Test("strings are compared by their bytes, not by how they look")
    func noNormalization() throws {
        let root = try JSONDocument(Array("{\"e\u{301}\":1,\"\u{E9}\":2}".utf8)).root
        #expect(root["\u{E9}"]?.integer == 2)
        #expect(root["e\u{301}"]?.integer == 1)
    }

    @Test("what is written is read back the same")
    func roundTrip() throws {
        let value: JSONValue = ["text": "q\" b\\ \n\r\t\u{0}\u{1F}\u{7F} é😀", "list": [1, -2, true, nil, [], [:]], "double": .double(1.5)]
        for isPretty in [false, true] {
            let text = value.serialized(pretty: isPretty)
            let root = try JSONDocument(Array(text.utf8)).root
            #expect(root["text"]?.string == "q\" b\\ \n\r\t\u{0}\u{1F}\u{7F} é😀")
            #expect(root["list"]?.elements.map(\.kind) == [.number, .number, .true, .null, .array, .object])
            #expect(root["double"]?.double == 1.5)
        }
        #expect(value.serialized().utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        #expect(JSONValue.double(.nan).serialized() == "null")
    }
}
