import OpenSSLCrypto
import StrictJSON
import Testing
import Tokens

/// Deflated sessions are NextAuth.js v3's alone, so the unpacking is tested through its verifier.
@Suite("Deflated sessions")
struct InflateTests {
    private static let now = JWEFactory.now
    private static let header = #"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#

    /// A signed v3 session as plain text, ready to be packed.
    private func signed() throws -> String {
        let issuer = try SessionIssuer(.nextauthV3, cookieName: "c", secrets: [SecretBytes(Array(JWEFactory.secret.utf8))])
        return try issuer.issue([("sub", "u")], lifetime: 60, at: Self.now, tokenID: "j")
    }

    private func refusal(_ packed: [UInt8], header: String = Self.header) throws -> TokenError? {
        let verifier = try SessionVerifier(.nextauthV3, cookieName: "c", secrets: [SecretBytes(Array(JWEFactory.secret.utf8))])
        return verifier.refusal(try JWEFactory.v4().token(header: header, packed))
    }

    /// RFC 1951 section 3.2.4: blocks that are not compressed.
    private func stored(_ bytes: [UInt8], blockSize: Int = 65_535) -> [UInt8] {
        var packed: [UInt8] = []
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(blockSize)
            rest = rest.dropFirst(blockSize)
            packed.append(rest.isEmpty ? 1 : 0)
            let length = UInt16(block.count)
            for half in [length, ~length] { packed += [UInt8(half & 0xFF), UInt8(half >> 8)] }
            packed += block
        } while !rest.isEmpty
        return packed
    }

    @Test("Blocks that are not compressed are unpacked, one or many", arguments: [65_535, 100, 1])
    func blocks(size: Int) throws {
        #expect(try refusal(stored(Array(signed().utf8), blockSize: size)) == nil)
    }

    @Test("What zlib packs with codes of its own is unpacked")
    func dynamicCodes() throws {
        // A session with forty groups, signed with the secret above and packed by zlib 1.2.13 at level 9.
        let packed = try Base64URL.decode(
            "XZLLcqMwEEW_yClA4IqXGBGXCC2FQYyDd7bw8ExiO64A-vpRZhZRs9Cm1acf9_Z5TprTTrWiTVihiwnaZPNwnhNd7dl30GXt2B5I8lW9bjXrLi"
                + "f2Vs0n8ntMZUx4F08__-Gd68wDWrZplLyrt42rIseHTqEc0OCAZnbOxGXm8px9_tQuHSGB2JyQPeE0tDlX0H5acJOJ-YijhQO0sDlTW7m8tTlG"
                + "uIwDNKdkGiia0wPdOzyyOSAgUW0XZBjAbOcUHtdMY516D2Rtc4HZb8KcmQnNaP670EF1ZK25VnYdzWk_CjSjmVkq1B-6PhA0szlivPNx_1ibfZ"
                + "EmnMZLf422YbCoPWNPjOMaaeQbrTVHvdQojOcL_Ue8f2Y0Kl3sbR9wjXScBYUA0P6Fa-5tcUvm0DGnBQ09NjiGG5oqYmuQKjC7jf9eZNjXZmTd"
                + "x2S8-x-j5fgnezhvL0P1cgrH6zbftdfpa5-mx07kz7fjr_1qXjXNJ9m-V6vs4347Xm9RmhM5Pd99D-om313oVNbD4-HpAE_tVQ3grNc7van_Ag")
        #expect(packed[0] & 7 == 0b101, "not one last block with codes of its own")
        #expect(try refusal(packed) == nil)
        for count in 0..<packed.count { #expect(try refusal(Array(packed.prefix(count))) == .badPayload, "\(count) bytes") }
    }

    @Test("Everything cut, extended or damaged is refused")
    func damaged() throws {
        let packed = try stored(Array(signed().utf8))
        for count in 0..<packed.count { #expect(try refusal(Array(packed.prefix(count))) == .badPayload, "\(count) bytes") }
        #expect(try refusal(packed + [0]) == .badPayload)
        for (index, byte) in [(0, 0), (0, 7), (1, 0), (2, 0xFF), (3, 0)] as [(Int, UInt8)] {
            var changed = packed
            changed[index] = byte
            #expect(try refusal(changed) != nil, "byte \(index) as \(byte)")
        }
    }

    @Test(
        "Streams that follow no code are refused",
        arguments: [
            [0x07], [0x06, 0x00],  // the block type that does not exist
            [0x03, 0x00],  // an empty block: no token
            [0x4B, 0x04, 0x12, 0x00],  // a distance before the beginning
            [0xFB, 0xFF, 0xFF, 0xFF, 0xFF], [0x05, 0x00, 0x00, 0x00], [0x05, 0xE0, 0x81, 0x08, 0x00, 0x00],
            [UInt8](repeating: 0xFF, count: 300), [UInt8](repeating: 0x55, count: 300), [UInt8](repeating: 0xED, count: 300),
        ] as [[UInt8]])
    func streams(packed: [UInt8]) throws {
        #expect(try refusal(packed) != nil)
    }

    @Test("Random bytes never unpack to a session, and never trap")
    func random() throws {
        for count in 1...400 {
            for first: UInt8 in [3, 5] {
                #expect(try refusal([first] + RandomBytes.generate(count)) != nil)
            }
        }
    }

    @Test("J-09: a bomb is refused at 250 000 bytes")
    func bomb() throws {
        #expect(try refusal(stored([UInt8](repeating: UInt8(ascii: "."), count: 40_000))) == .malformedToken)
        // One zero byte, then copies of 258 of it: the code for length 258 is 11000101 with the fixed distance 00000.
        var bits: [UInt8] = [1, 1, 0] + [0, 0, 1, 1, 0, 0, 0, 0]
        for _ in 0..<1000 { bits += [1, 1, 0, 0, 0, 1, 0, 1] + [0, 0, 0, 0, 0] }
        bits += [0, 0, 0, 0, 0, 0, 0]
        bits += [UInt8](repeating: 0, count: (8 - bits.count % 8) % 8)
        let packed = stride(from: 0, to: bits.count, by: 8).map { start in (0..<8).reduce(UInt8(0)) { $0 | bits[start + $1] << UInt8($1) } }
        #expect(try refusal(packed) == .badPayload)
    }

    @Test(
        "Encryption without `zip`, or with another, is none of v3's",
        arguments: [
            #"{"alg":"dir","enc":"A256GCM"}"#, #"{"alg":"dir","enc":"A256GCM","zip":"def"}"#,
            #"{"alg":"dir","enc":"A256GCM","zip":["DEF"]}"#,
            #"{"alg":"dir","enc":"A256GCM","zip":"DEF","crit":["zip"]}"#,
        ])
    func zip(header: String) throws {
        #expect(try refusal(stored(Array(signed().utf8)), header: header) == .forbiddenHeader)
    }

    @Test(
        "J-06: what is inside the encryption must be signed, too",
        arguments: [
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1In0.", #"{"sub":"u","iat":1789999999,"exp":1790000060}"#, "",
        ])
    func inner(text: String) throws {
        #expect(try refusal(stored(Array(text.utf8))) != nil)
    }
}
