import Access
import Testing

@Suite("The canonical target")
struct RequestTargetTests {
    /// The canonical form and the length of its path.
    static func canonical(_ text: String) throws(MalformedTarget) -> (text: String, pathLength: Int) {
        let bytes = Array(text.utf8)
        switch try RequestTarget.canonical(bytes.span) {
        case .asSent(let length): return (text, length)
        case .rewritten(let target, let length): return (String(decoding: target, as: UTF8.self), length)
        }
    }

    @Test(
        "leaves alone what is in its normal form",
        arguments: [
            "/", "/a", "/a/", "/a/b/c", "/?", "/?a=b", "/a?b?c/../d//e", "/a.b", "/.a", "/a.", "/...", "/a..b", "/..a", "/-._~!$&'()*+,=:@",
            "/a%C3%A9", "/%22", "/%3C%3E",
            "/%7B%7D", "/a%5E%60%7C", "/a?%20%2F%5C%25%3B%23", "/a?[x]={y}|^`", "/%E2%82%AC", "/%F0%9F%98%80", "/a?%0A",
        ]
    )
    func asSent(text: String) throws {
        let bytes = Array(text.utf8)
        let path = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)[0]
        #expect(try RequestTarget.canonical(bytes.span) == .asSent(pathLength: path.utf8.count))
    }

    @Test(
        "decodes what is unreserved and writes the other escapes in upper case, each once",
        arguments: [
            ("/%61", "/a"), ("/%7e%41%7A%30%39%2d%5f", "/~Az09-_"), ("/%c3%a9", "/%C3%A9"), ("/%e2%82%ac", "/%E2%82%AC"),
            ("/a?%7e=%2f%c3%a9", "/a?~=%2F%C3%A9"),
            ("/%61?%61", "/a?a"), ("/%40%3a", "/%40%3A"), ("/a?%2e%2e", "/a?.."), ("/%f0%9f%98%80/%61", "/%F0%9F%98%80/a"),
            ("/a?%3f", "/a?%3F"), ("/a?%25%32%65", "/a?%252e"),
        ]
    )
    func rewritten(sent: String, canonical: String) throws {
        let result = try Self.canonical(sent)
        #expect(result.text == canonical)
        let again = Array(canonical.utf8)
        #expect(try RequestTarget.canonical(again.span) == .asSent(pathLength: result.pathLength))
    }

    @Test(
        "refuses what readers differ on (P-01 to P-13, P-20)",
        arguments: [
            "", "a", "?", "*", "a/b", "http://a/", "//", "//a", "/a//", "/a//b", "/a//b?c", "/.", "/..", "/./", "/../", "/a/.", "/a/..",
            "/a/./b", "/a/../b", "/..?a", "/.?a", "/a/..?",
            "/%2e", "/%2E", "/a%2eb", "/%2e%2e/", "/.%2e", "/%2f", "/%2F", "/a%2fb", "/%5c", "/%5C", "/%00", "/%25", "/%252e", "/%3b",
            "/%3B", "/%3f", "/%3F", "/%23", "/%20", "/%09",
            "/%0a", "/%0d", "/%0b", "/%1f", "/%7f", "/%7F", "/;", "/a;b", "/\\", "/a\\b", "/#", "/a#b", "/a?#", "/ ", "/a b", "/\t",
            "/\u{0}", "/\n", "/a?\n", "/a? ", "/\"", "/<", "/>",
            "/[", "/]", "/{", "/}", "/|", "/^", "/`", "/a?\"", "/a?<", "/a?>", "/a?\\", "/%", "/%2", "/%zz", "/%2g", "/%u002e", "/%%32%65",
            "/a?%", "/a?%2", "/a?%zz", "/a?%00",
            "/%c3", "/%c3a", "/%c3%28", "/%a9", "/%80", "/%c0%ae", "/%c1%81", "/%e0%80%ae", "/%e0%9f%bf", "/%ed%a0%80", "/%f0%80%80%ae",
            "/%f4%90%80%80", "/%f5%80%80%80", "/%ff", "/%fe",
            "/%c3%c3%a9", "/%e2%82", "/%e2%82%", "/%e2%82x%ac", "/a?%c3", "/a?%c0%ae", "/a?%ff", "/\u{E9}", "/a?\u{E9}", "/%c2%85",
            "/%c2%a0", "/%e1%9a%80", "/%e2%80%80", "/%e2%80%8b",
            "/%e2%80%a8", "/%e2%80%a9", "/%e2%80%af", "/%e2%81%9f", "/%e2%81%a0", "/%e3%80%80", "/%ef%bb%bf", "/%e2%80%8f", "/%e2%80%ae",
        ]
    )
    func refused(text: String) {
        #expect(throws: MalformedTarget.self) { try Self.canonical(text) }
    }

    @Test("a path of a policy is canonical when it is already in its normal form")
    func policyPaths() {
        for path in ["/", "/a/b", "/a%C3%A9", "/a:b@c"] { #expect(RequestTarget.isCanonicalPath(path)) }
        for path in ["", "a", "/%61", "/%c3%a9", "/a?b", "//", "/..", "/a/../b", "/a#", "/é", "/%2F"] {
            #expect(!RequestTarget.isCanonicalPath(path), "\(path)")
        }
    }

    @Test("what a refusal says quotes at most one character of the request")
    func details() {
        for text in [
            "/secret-token#x", "/secret-token%zz", "/secret-token//x", "/secret-token/../x", "/secret-token\u{E9}", "/secret-token\n",
            "secret-token",
        ] {
            do {
                _ = try Self.canonical(text)
                Issue.record("accepted \(text)")
            } catch {
                #expect(!error.detail.contains("secret"))
                #expect(error.detail.utf8.allSatisfy { 0x20..<0x7F ~= $0 })
            }
        }
    }
}
