import OpenSSLCrypto
import Testing

@Suite("HMAC keys")
struct HMACKeyTests {
    private let key = HMACKey(.sha256, key: SecretBytes(Array("key".utf8)))
    private let message = Array("The quick brown fox jumps over the lazy dog".utf8)
    private let mac = hex("f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8")

    @Test("The same key gives the same MAC again and again")
    func again() {
        for _ in 0..<3 { #expect(key.authenticate(message) == mac) }
        #expect(key.isValid(mac, for: message))
    }

    @Test("A MAC of an empty message under an empty key is the published one")
    func empty() {
        let empty = HMACKey(.sha256, key: SecretBytes([UInt8]()))
        #expect(
            hex(empty.authenticate([UInt8]())) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test("A MAC that is cut or extended does not hold", arguments: [0, 1, 16, 31, 33, 64])
    func otherLength(count: Int) {
        let wrong = Array((mac + mac).prefix(count))
        #expect(!key.isValid(wrong, for: message))
    }

    @Test("A MAC with any one bit flipped does not hold")
    func flipped() {
        for bit in 0..<(mac.count * 8) {
            var wrong = mac
            wrong[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.isValid(wrong, for: message), "bit \(bit)")
        }
    }

    @Test("A MAC written into room that is too large leaves the rest alone")
    func into() {
        var room = [UInt8](repeating: 0xAA, count: 40)
        var output = room.mutableSpan
        key.authenticate(message.span, into: &output)
        #expect(Array(room.prefix(32)) == mac)
        #expect(Array(room.suffix(8)) == [UInt8](repeating: 0xAA, count: 8))
    }

    @Test("Many threads on one key get the right MACs", arguments: HashAlgorithm.allCases)
    func concurrent(_ algorithm: HashAlgorithm) async {
        let shared = HMACKey(algorithm, key: SecretBytes(Array("shared".utf8)))
        let messages = (0..<16).map { index in [UInt8](repeating: UInt8(index), count: 1 + index * 37) }
        // Expected values from keys of their own, used by this thread alone.
        let expected = messages.map { message in
            HMACKey(algorithm, key: SecretBytes(Array("shared".utf8))).authenticate(message)
        }
        let wrong = await withTaskGroup(of: Int.self) { group in
            for task in 0..<16 {
                group.addTask {
                    (0..<2000).count { round in
                        let index = (task + round) % messages.count
                        return shared.authenticate(messages[index]) != expected[index]
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }
}
