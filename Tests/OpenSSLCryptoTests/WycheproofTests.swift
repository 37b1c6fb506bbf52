import OpenSSLCrypto
import Testing

struct MACCase: Decodable, Sendable {
    let tcId: Int
    let comment, key, msg, tag: String
    let result: WycheproofResult
}

struct KDFCase: Decodable, Sendable {
    let tcId: Int
    let comment, ikm, salt, info, okm: String
    let size: Int
    let result: WycheproofResult
}

struct AEADCase: Decodable, Sendable {
    let tcId: Int
    let comment, key, iv, aad, msg, ct, tag: String
    let result: WycheproofResult
}

/// The vectors of Project Wycheproof, unchanged (`Tests/Vectors/wycheproof/README.md`).
@Suite("Wycheproof")
struct WycheproofTests {
    @Test(
        "HMAC",
        arguments: [
            ("hmac_sha256_test.json", HashAlgorithm.sha256), ("hmac_sha384_test.json", .sha384), ("hmac_sha512_test.json", .sha512),
        ])
    func hmac(file: String, algorithm: HashAlgorithm) throws {
        let vectors = try Wycheproof<MACCase>(file)
        var tally = VectorTally()
        for group in vectors.testGroups {
            for row in group.tests {
                let key = HMACKey(algorithm, key: SecretBytes(hex(row.key)))
                let mac = key.authenticate(hex(row.msg))
                // Half of the groups hold tags cut short. The MAC is compared cut as they are; the key itself takes no cut tag.
                let isWhole = group.tagSize == algorithm.byteCount * 8
                #expect((Array(mac.prefix(hex(row.tag).count)) == hex(row.tag)) == (row.result == .valid), "\(row)")
                #expect(key.isValid(hex(row.tag), for: hex(row.msg)) == (isWhole && row.result == .valid), "\(row)")
                tally.executed += 1
            }
        }
        #expect(tally == VectorTally(executed: 174))
        #expect(tally.total == vectors.numberOfTests)
    }

    @Test("HKDF-SHA-256")
    func hkdf() throws {
        let vectors = try Wycheproof<KDFCase>("hkdf_sha256_test.json")
        var tally = VectorTally()
        for row in vectors.testGroups.flatMap(\.tests) {
            let derive = { () throws(CryptoError) -> [UInt8] in
                let derived = try HKDF.derive(
                    secret: SecretBytes(hex(row.ikm)), salt: hex(row.salt), info: hex(row.info), byteCount: row.size)
                return derived.withBytes { bytes in bytes.indices.map { bytes[$0] } }
            }
            switch row.result {
            case .valid: #expect(try derive() == hex(row.okm), "\(row)")
            case .invalid: #expect(throws: CryptoError(.outputLength, ""), "\(row)") { try derive() }
            }
            tally.executed += 1
        }
        #expect(tally == VectorTally(executed: 86))
        #expect(tally.total == vectors.numberOfTests)
    }

    @Test("HKDF gives 1 to 255 hashes and takes an empty or a long salt and info")
    func hkdfBounds() throws {
        let secret = SecretBytes(Array("secret".utf8))
        for (count, algorithm) in [(1, HashAlgorithm.sha256), (255 * 32, .sha256), (255 * 48, .sha384), (255 * 64, .sha512)] {
            #expect(try HKDF.derive(algorithm, secret: secret, salt: [], info: [], byteCount: count).count == count)
        }
        for (count, algorithm) in [(-1, HashAlgorithm.sha256), (0, .sha256), (255 * 32 + 1, .sha256), (255 * 64 + 1, .sha512)] {
            #expect(throws: CryptoError(.outputLength, "")) {
                try HKDF.derive(algorithm, secret: secret, salt: [], info: [], byteCount: count)
            }
        }
        let long = [UInt8](repeating: 1, count: 5000)
        #expect(try HKDF.derive(secret: secret, salt: long, info: long, byteCount: 32).count == 32)
    }

    @Test("AES-GCM")
    func gcm() throws {
        let vectors = try Wycheproof<AEADCase>("aes_gcm_test.json")
        var tally = VectorTally()
        for row in vectors.testGroups.flatMap(\.tests) {
            let cipher: AEAD = [16: .gcm128, 24: .gcm192, 32: .gcm256][hex(row.key).count]!  // the file has these three only
            if hex(row.iv).count != AESGCM.nonceByteCount && row.result == .valid {
                #expect(throws: CryptoError(.nonceLength, ""), "\(row)") { try open(row, with: cipher) }
                tally.skipped["valid, but with a nonce of another length than 12 bytes: refused by design", default: 0] += 1
                continue
            }
            try run(row, with: cipher)
            tally.executed += 1
        }
        #expect(
            tally
                == VectorTally(
                    executed: 203,
                    skipped: ["valid, but with a nonce of another length than 12 bytes: refused by design": 113]))
        #expect(tally.total == vectors.numberOfTests)
    }

    @Test(
        "AES-CBC-HMAC",
        arguments: [
            ("a128cbc_hs256_test.json", AEAD.cbc128), ("a192cbc_hs384_test.json", .cbc192), ("a256cbc_hs512_test.json", .cbc256),
        ])
    func cbcHMAC(file: String, cipher: AEAD) throws {
        let vectors = try Wycheproof<AEADCase>(file)
        var tally = VectorTally()
        for row in vectors.testGroups.flatMap(\.tests) {
            try run(row, with: cipher)
            tally.executed += 1
        }
        #expect(tally == VectorTally(executed: 94))
        #expect(tally.total == vectors.numberOfTests)
    }

    private func open(_ row: AEADCase, with cipher: AEAD) throws -> [UInt8] {
        try cipher.open(hex(row.ct), tag: hex(row.tag), key: hex(row.key), nonce: hex(row.iv), aad: hex(row.aad))
    }

    private func run(_ row: AEADCase, with cipher: AEAD) throws {
        switch row.result {
        case .valid:
            #expect(try open(row, with: cipher) == hex(row.msg), "\(row)")
            let (ciphertext, tag) = try cipher.seal(hex(row.msg), key: hex(row.key), nonce: hex(row.iv), aad: hex(row.aad))
            #expect(ciphertext == hex(row.ct) && tag == hex(row.tag), "\(row)")
        case .invalid:
            #expect(throws: CryptoError.self, "\(row)") { try open(row, with: cipher) }
        }
    }
}
