import OpenSSLCrypto
import Testing
import Tokens

struct BadRing: Sendable, CustomTestStringConvertible {
    let what: String
    let jwks: String
    /// Words that the message must have.
    let says: [String]
    var testDescription: String { what }

    init(_ what: String, _ jwks: String, _ says: String...) {
        self.what = what
        self.jwks = jwks
        self.says = says
    }
}

private let secret = Base64URL.encode([UInt8](repeating: 0xA5, count: 32))
private func set(_ keys: String...) -> String { "{\"keys\":[\(keys.joined(separator: ","))]}" }
private func key(_ members: String) -> String { "{\(members)}" }

private let bad: [BadRing] = [
    BadRing("not JSON", "keys", "not a JWK Set"),
    BadRing("nothing", "", "not a JWK Set"),
    BadRing("no object", "[]", "`keys`"),
    BadRing("no keys", "{}", "`keys`"),
    BadRing("keys that are no array", #"{"keys":{}}"#, "`keys`"),
    BadRing("the empty set", set(), "no key"),
    BadRing("keys twice", #"{"keys":[],"keys":[]}"#, "duplicate"),
    BadRing("a key that is no object", set("7"), "key 1", "object"),
    BadRing("no kid", set(key(#""kty":"oct","alg":"HS256","k":"\#(secret)""#)), "key 1", "`kid`"),
    BadRing("a kid that is a number", set(key(#""kid":7,"kty":"oct","alg":"HS256","k":"\#(secret)""#)), "key 1", "`kid`"),
    BadRing("an empty kid", set(key(#""kid":"","kty":"oct","alg":"HS256","k":"\#(secret)""#)), "key 1", "`kid`"),
    BadRing("the same kid twice", set(TokenFactory.jwk("a"), TokenFactory.jwk("b"), TokenFactory.jwk("a")), "key 3", "`a`"),
    BadRing("no kty", set(key(#""kid":"a","alg":"HS256","k":"\#(secret)""#)), "`kty`"),
    BadRing("an RSA key", set(key(#""kid":"a","kty":"RSA","alg":"RS256","n":"AQ","e":"AQAB""#)), "`RSA`", "oct"),
    BadRing("the assertion key", set(key(#""kid":"a","kty":"OKP","crv":"Ed25519","alg":"EdDSA","x":"AQ""#)), "`OKP`", "oct"),
    BadRing("no alg", set(key(#""kid":"a","kty":"oct","k":"\#(secret)""#)), "`alg`"),
    BadRing("alg none", set(key(#""kid":"a","kty":"oct","alg":"none","k":"\#(secret)""#)), "`alg`"),
    BadRing("alg in lower case", set(key(#""kid":"a","kty":"oct","alg":"hs256","k":"\#(secret)""#)), "`alg`"),
    BadRing("an encryption algorithm", set(key(#""kid":"a","kty":"oct","alg":"A256GCM","k":"\#(secret)""#)), "`alg`"),
    BadRing("use enc", set(key(#""kid":"a","kty":"oct","alg":"HS256","use":"enc","k":"\#(secret)""#)), "`use`"),
    BadRing(
        "key_ops without verify", set(key(#""kid":"a","kty":"oct","alg":"HS256","key_ops":["encrypt"],"k":"\#(secret)""#)), "`key_ops`"),
    BadRing("key_ops that is no array", set(key(#""kid":"a","kty":"oct","alg":"HS256","key_ops":"verify","k":"\#(secret)""#)), "`key_ops`"),
    BadRing("no k", set(key(#""kid":"a","kty":"oct","alg":"HS256""#)), "`k`", "base64url"),
    BadRing("k with padding", set(key(#""kid":"a","kty":"oct","alg":"HS256","k":"\#(secret)=""#)), "`k`", "base64url"),
    BadRing("an empty k", set(key(#""kid":"a","kty":"oct","alg":"HS256","k":"""#)), "0 bytes"),
    BadRing("a k one byte short", set(TokenFactory.jwk("a", secret: [UInt8](repeating: 1, count: 31))), "31 bytes", "32"),
    BadRing(
        "a k one byte short of HS384", set(TokenFactory.jwk("a", alg: "HS384", secret: [UInt8](repeating: 1, count: 47))), "47", "48"),
    BadRing(
        "a k one byte short of HS512", set(TokenFactory.jwk("a", alg: "HS512", secret: [UInt8](repeating: 1, count: 63))), "63", "64"),
    BadRing("a time in quotes", set(TokenFactory.jwk("a", adding: #","created":"1790000000""#)), "`created`", "unix"),
    BadRing("a time with a fraction", set(TokenFactory.jwk("a", adding: #","retired":1.5"#)), "`retired`", "unix"),
    BadRing("a time before 1970", set(TokenFactory.jwk("a", adding: #","retired":-1"#)), "`retired`", "unix"),
    BadRing("no key that is not retired", set(TokenFactory.jwk("a", adding: #","retired":1790000000"#)), "retired", "rotate"),
    BadRing("one bad key among good ones", set(TokenFactory.jwk("a"), TokenFactory.jwk("b", secret: [1])), "key 2"),
]

@Suite("Key files")
struct KeyRingTests {
    @Test("A set that is not whole and clear is refused, saying what is wrong", arguments: bad)
    func refused(_ row: BadRing) {
        do throws(KeyRingError) {
            _ = try KeyRing(jwks: Array(row.jwks.utf8))
            Issue.record("accepted")
        } catch {
            for words in row.says { #expect(error.message.contains(words), "\(error)") }
            #expect(!error.message.contains(secret))
        }
    }

    @Test("The first key that is not retired signs; all are found by their exact id")
    func lookup() throws {
        let ring = try TokenFactory.ring(
            TokenFactory.jwk("old", adding: #","created":1780000000,"retired":1790000000"#),
            TokenFactory.jwk("new", alg: "HS384", secret: [UInt8](repeating: 9, count: 48), adding: #","created":1790000000,"note":"x""#),
            TokenFactory.jwk("newer", alg: "HS512", secret: [UInt8](repeating: 8, count: 64)))
        #expect(ring.signing.id == "new")
        #expect(ring.keys.map(\.id) == ["old", "new", "newer"])
        #expect(ring.keys.map(\.algorithm) == [.HS256, .HS384, .HS512])
        #expect(ring.keys.map(\.created) == [1_780_000_000, 1_790_000_000, nil])
        #expect(ring.keys.map(\.retired) == [1_790_000_000, nil, nil])
        for id in ["old", "new", "newer"] { #expect(ring[kid: Array(id.utf8).span]?.id == id) }
        for id in ["", "o", "olD", "old ", "oldest", "n", "ne"] { #expect(ring[kid: Array(id.utf8).span] == nil, "\(id)") }
    }
}
