import OpenSSLCrypto
import Testing

@Suite("Secrets")
struct SecretBytesTests {
    private let secret = SecretBytes(Array("open sesame".utf8))

    @Test("A secret prints as its count, however it is printed")
    func printing() {
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(describing: secret), String(reflecting: secret), "\(Optional(secret) as Any)", dumped] {
            #expect(text.contains("<11 secret bytes>"))
            #expect(!text.contains("sesame"))
            #expect(!text.contains("111"))  // `o` in decimal
        }
    }

    @Test("A secret lends its bytes")
    func lends() {
        #expect(secret.count == 11)
        #expect(secret.withBytes { bytes in ConstantTime.equal(bytes, Array("open sesame".utf8).span) })
        #expect(SecretBytes([UInt8]()).withBytes { $0.count } == 0)
    }

    @Test("Only the same bytes are equal")
    func equality() {
        let bytes: [UInt8] = [1, 2, 3]
        #expect(ConstantTime.equal(bytes, [1, 2, 3]))
        #expect(ConstantTime.equal([UInt8](), [UInt8]()))
        for other in [[], [1], [1, 2], [1, 2, 4], [0, 2, 3], [1, 2, 3, 0]] as [[UInt8]] {
            #expect(!ConstantTime.equal(bytes, other))
        }
    }

    @Test("Random bytes have the length asked for and do not repeat")
    func random() {
        for count in [0, 1, 16, 1000] {
            #expect(RandomBytes.generate(count).count == count)
            #expect(RandomBytes.generateSecret(count).count == count)
        }
        let drawn = Set((0..<1000).map { _ in RandomBytes.generate(16) })
        #expect(drawn.count == 1000)
        let secrets = Set((0..<1000).map { _ in RandomBytes.generateSecret(16).withBytes { bytes in bytes.indices.map { bytes[$0] } } })
        #expect(secrets.count == 1000)
    }
}
