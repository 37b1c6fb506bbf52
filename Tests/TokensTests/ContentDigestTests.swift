import OpenSSLCrypto
import Testing

@testable import Tokens

@Suite("Content-Digest (RFC 9530)")
struct ContentDigestTests {
    private static let body = Array(#"{"hello": "world"}"#.utf8)
    private static let sha256 = "sha-256=:\(Base64.encode(Digest.hash(.sha256, body))):"
    private static let sha512 = "sha-512=:\(Base64.encode(Digest.hash(.sha512, body))):"
    private static let wrong256 = "sha-256=:\(Base64.encode(Digest.hash(.sha256, [1]))):"
    private static let wrong512 = "sha-512=:\(Base64.encode(Digest.hash(.sha512, [1]))):"

    private func holds(_ header: String, _ body: [UInt8] = body, part: Int = 5) throws(SignatureFault) -> Bool {
        let check = ContentDigestCheck(try ContentDigest(Array(header.utf8)))
        var start = 0
        while start < body.count {
            let end = min(start + part, body.count)
            check.update(Array(body[start..<end]).span)
            start = end
        }
        do throws(SignatureFault) { try check.finish() } catch { return false }
        return true
    }

    @Test("RFC 9530 appendix: the digests of its example body")
    func examples() throws {
        #expect(Self.sha256 == "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:")
        #expect(Self.sha512 == "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:")
    }

    @Test(
        "every listed known digest must match, at least one must be known",
        arguments: [
            (sha256, true), (sha512, true), ("\(sha256), \(sha512)", true), ("\(sha256),\(sha512)", true),
            ("\(sha256) \t,  \(sha512)", true), ("md5=:AAAA:, \(sha256)", true),
            (wrong256, false), (wrong512, false), ("\(sha256), \(wrong512)", false), ("\(wrong256), \(sha512)", false),
            ("md5=:AAAA:, \(wrong256)", false),
        ])
    func match(header: String, expected: Bool) throws {
        for part in [1, 5, 1000] { #expect(try holds(header, part: part) == expected) }
    }

    @Test("an empty body has a digest too")
    func empty() throws {
        #expect(try holds("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", []))
        #expect(try !holds(Self.sha256, []))
        #expect(try !holds("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"))
    }

    @Test(
        "what is not in its one form is refused, and names the header",
        arguments: [
            "", "sha-256", "sha-256=", "sha-256=X48E", "sha-256=:X48E:", "md5=:AAAA:",
            "SHA-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:",
            "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE:", "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPF=:",
            "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=: , ", "\(sha256);a=1", "\(sha256), \(sha256)", ", \(sha256)",
            " \(sha256)",
            "sha-256=\"X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=\"",
            "a=:AAAA:,b=:AAAA:,c=:AAAA:,d=:AAAA:,e=:AAAA:,f=:AAAA:,g=:AAAA:,h=:AAAA:,\(sha256)",
            "sha-512=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:",
        ])
    func malformed(header: String) {
        #expect { try holds(header) } throws: { ($0 as? SignatureFault)?.component == "content-digest" }
    }
}

@Suite("Base64 with padding")
struct Base64Tests {
    @Test(
        "RFC 4648 section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ])
    func vectors(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(Array(encoded.utf8)) == Array(text.utf8))
    }

    @Test(
        "there is one text for each value",
        arguments: [
            "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8", "Zm9v====", "====", "=", "Z===", "Zg==Zg==", "Zm 9v", "Zm9v\n", "Zm-_", "Zg=a",
            "Zm9vé",
        ])
    func refused(text: String) { #expect(Base64.decode(Array(text.utf8)) == nil) }

    @Test("all bytes come back")
    func roundTrip() {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64.decode(Array(Base64.encode(bytes).utf8)) == bytes)
        }
        #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
    }
}
