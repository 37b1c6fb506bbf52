import HTTPWire
import Testing
import Tokens

@testable import GatewayCore

@Suite("Session cookies of a request")
struct SessionCookiesTests {
    private static let names = ["s", "__Secure-s", "t"].map { SessionCookieName($0) }

    private func find(_ lines: [String]) throws -> Result<[String: String], TokenError> {
        let bytes = Array(("GET / HTTP/1.1\r\nHost: a\r\n" + lines.map { "Cookie: \($0)\r\n" }.joined() + "\r\n").utf8)
        var parser = RequestHeadParser(limits: WireLimits())
        try #require(try parser.parse(bytes.span))
        do throws(TokenError) {
            switch try SessionCookies.find(parser.head, bytes.span, named: Self.names) {
            case .absent: return .success([:])
            case .whole(let cookie, let range):
                return .success([Self.names[cookie].text: String(decoding: bytes[range], as: UTF8.self)])
            case .made(let made):
                return .success(
                    Dictionary(uniqueKeysWithValues: made.map { (Self.names[$0.cookie].text, String(decoding: $0.token, as: UTF8.self)) }))
            }
        } catch {
            return .failure(error)
        }
    }

    /// What `SessionCookie` alone finds: the rules, without the short way.
    private func plain(_ line: String) -> Result<[String: String], TokenError> {
        var found: [String: String] = [:]
        do throws(TokenError) {
            for name in Self.names {
                if let token = try SessionCookie.token(named: name.text, in: Array(line.utf8).span) {
                    found[name.text] = String(decoding: token, as: UTF8.self)
                }
            }
            return .success(found)
        } catch {
            return .failure(error)
        }
    }

    @Test("the short way finds what the rules find, whatever the header is made of")
    func agrees() throws {
        let parts = [
            "s=abc", "s=", "s.0=abc", "s.1=def", "s.01=x", "s.x=y", "sX=z", "t=ghi", "t=%41", "s=%", "__Secure-s=q", "__Secure-s.0=r",
            "=s=x", "s",
            " s = abc ", "\ts=abc", "S=abc", "a=b", "", "x=s=y", "s=a=b", "$Version=1", "s=\"q\"", "__Host-s=h", "t.0=", "s.=a",
        ]
        var refused = 0
        var found = 0
        for first in parts {
            for second in parts {
                for third in ["", "a=b", "t=ghi", "s.2=x"] {
                    let line = [first, second, third].joined(separator: ";")
                    let expected = plain(line)
                    #expect(try find([line]) == expected, "\(line)")
                    // Several lines mean the same as one.
                    #expect(try find([first, second, third]) == expected, "\(line), in lines")
                    switch expected {
                    case .failure: refused += 1
                    case .success(let tokens): found += tokens.isEmpty ? 0 : 1
                    }
                }
            }
        }
        #expect(refused > 500 && found > 500)
    }

    @Test("a bare session is found without a copy")
    func range() throws {
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nCookie: a=b; s=abc; c=d\r\n\r\n".utf8)
        var parser = RequestHeadParser(limits: WireLimits())
        try #require(try parser.parse(bytes.span))
        let start = try #require(bytes.firstRange(of: Array("abc".utf8))?.lowerBound)
        #expect(try SessionCookies.find(parser.head, bytes.span, named: Self.names) == .whole(cookie: 0, start..<start + 3))
        #expect(try SessionCookies.find(parser.head, bytes.span, named: []) == .absent)
    }
}
