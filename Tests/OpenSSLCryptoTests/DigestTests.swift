import OpenSSLCrypto
import Testing

struct KnownHash: Sendable, CustomTestStringConvertible {
    let algorithm: HashAlgorithm
    let message: String
    let hash: String
    var testDescription: String { "\(algorithm) of \(message.utf8.count) bytes" }
}

/// FIPS 180-4 example values (NIST, "Examples with intermediate values"), and the hashes of nothing.
private let known: [KnownHash] = [
    KnownHash(algorithm: .sha256, message: "", hash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    KnownHash(algorithm: .sha256, message: "abc", hash: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    KnownHash(
        algorithm: .sha256, message: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        hash: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    KnownHash(
        algorithm: .sha384, message: "",
        hash: "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"),
    KnownHash(
        algorithm: .sha384, message: "abc",
        hash: "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"),
    KnownHash(
        algorithm: .sha512, message: "",
        hash: "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
            + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"),
    KnownHash(
        algorithm: .sha512, message: "abc",
        hash: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
]

@Suite("Hashes")
struct DigestTests {
    @Test("A hash is the published one", arguments: known)
    func published(_ row: KnownHash) {
        #expect(hex(Digest.hash(row.algorithm, Array(row.message.utf8))) == row.hash)
    }

    @Test("A hash in pieces is the hash of the whole, wherever it is cut", arguments: known)
    func pieces(_ row: KnownHash) {
        let message = Array(row.message.utf8)
        var digest = StreamingDigest(row.algorithm)
        for cut in 0...message.count {
            digest.update(message.span.extracting(first: cut))
            digest.update(message.span.extracting(droppingFirst: cut))
            #expect(hex(digest.finalize()) == row.hash, "cut at \(cut)")
        }
    }

    @Test("A reset forgets what was given")
    func reset() {
        var digest = StreamingDigest(.sha256)
        digest.update([1, 2, 3].span)
        digest.reset()
        digest.update(Array("abc".utf8).span)
        #expect(digest.finalize() == Digest.hash(.sha256, Array("abc".utf8)))
    }
}
