import Testing
import Tokens

struct CookieRow: Sendable, CustomTestStringConvertible {
    let header: String
    /// What is found, or the error.
    let expected: Result<String?, TokenError>
    var testDescription: String { header }

    init(_ header: String, _ token: String?) {
        self.header = header
        expected = .success(token)
    }

    init(_ header: String, refused error: TokenError) {
        self.header = header
        expected = .failure(error)
    }
}

@Suite("Session cookies")
struct SessionCookieTests {
    @Test(
        "S-04, S-05: a token is found under exactly its name, whole or in pieces, or refused",
        arguments: [
            // Nothing there
            CookieRow("", nil), CookieRow(";;; ;", nil), CookieRow("a=b", nil), CookieRow("ss=x", nil), CookieRow("S=x", nil),
            CookieRow("s", nil), CookieRow("=s=x", nil), CookieRow("sX=x; s-0=y; s0=z", nil), CookieRow("s=", nil), CookieRow("s= ", nil),
            CookieRow("x=s=y", nil), CookieRow("=__Secure-s=evil", nil), CookieRow("$s=x", nil), CookieRow("s.0=", nil),
            // Whole
            CookieRow("s=abc", "abc"), CookieRow("a=b; s=abc; c=d", "abc"), CookieRow("a=b;s=abc", "abc"),
            CookieRow(" \ts\t =\tabc ", "abc"),
            CookieRow("s=a=b", "a=b"), CookieRow("s=\"abc\"", "\"abc\""), CookieRow("s=a%2Eb%2e%41", "a.b.A"),
            CookieRow("$Version=1; s=abc", "abc"),
            CookieRow("junk; s=abc; ;=;", "abc"), CookieRow("s=abc; S=def; ss=ghi", "abc"),
            // In pieces
            CookieRow("s.0=abc", "abc"), CookieRow("s.0=abc; s.1=def", "abcdef"), CookieRow("s.1=def; s.0=abc", "abcdef"),
            CookieRow("s=; s.0=abc; s.1=def", "abcdef"), CookieRow("s.0=abc; s.1=", "abc"),
            CookieRow((0..<11).reversed().map { "s.\($0)=\($0)." }.joined(separator: "; "), (0..<11).map { "\($0)." }.joined()),
            // Twice, with gaps, both forms, stray
            CookieRow("s=abc; s=abc", refused: .malformedToken), CookieRow("s=; s=abc", refused: .malformedToken),
            CookieRow("s.0=a; s.0=a", refused: .malformedToken), CookieRow("s.1=b", refused: .malformedToken),
            CookieRow("s.0=a; s.2=c", refused: .malformedToken), CookieRow("s=abc; s.0=abc", refused: .malformedToken),
            CookieRow("s.0=; s.1=b", refused: .malformedToken), CookieRow("s.00=a", refused: .malformedToken),
            CookieRow("s.01=a", refused: .malformedToken), CookieRow("s.-1=a", refused: .malformedToken),
            CookieRow("s.+0=a", refused: .malformedToken),
            CookieRow("s.=a", refused: .malformedToken), CookieRow("s.x=a", refused: .malformedToken),
            CookieRow("s.0x=a", refused: .malformedToken),
            CookieRow("s.0.0=a", refused: .malformedToken), CookieRow("s.32=a", refused: .malformedToken),
            CookieRow("s.99=a", refused: .malformedToken),
            CookieRow("s.100=a", refused: .malformedToken), CookieRow("s.0=a; s.9999999999999999999=b", refused: .malformedToken),
            CookieRow((0..<1000).map { "s.\($0)=a" }.joined(separator: ";"), refused: .malformedToken),
            // Malformed percent-encoding (GHSA-xmf8-cvqr-rfgj)
            CookieRow("s=%", refused: .malformedToken), CookieRow("s=%E", refused: .malformedToken),
            CookieRow("s=%GG", refused: .malformedToken),
            CookieRow("s=abc%2", refused: .malformedToken), CookieRow("s=% 41", refused: .malformedToken),
            CookieRow("s=%+1", refused: .malformedToken),
            CookieRow("s.0=a%4; s.1=1", refused: .malformedToken),
        ])
    func found(_ row: CookieRow) {
        #expect(token(row.header, named: "s") == row.expected)
    }

    @Test("A token over 64 KiB in pieces is refused")
    func tooLong() {
        let piece = String(repeating: "a", count: 4000)
        let pieces = { (count: Int) in (0..<count).map { "s.\($0)=\(piece)" }.joined(separator: "; ") }
        #expect(token(pieces(16), named: "s") == .success(String(repeating: "a", count: 64_000)))
        #expect(token(pieces(17), named: "s") == .failure(.tokenTooLong))
    }

    private func token(_ header: String, named name: String) -> Result<String?, TokenError> {
        do throws(TokenError) {
            return .success(try SessionCookie.token(named: name, in: Array(header.utf8).span).map { String(decoding: $0, as: UTF8.self) })
        } catch {
            return .failure(error)
        }
    }
}
