import OpenSSLCrypto
import Testing

/// Both authenticated ciphers seen alike, so that one suite holds for both.
enum AEAD: Sendable, CaseIterable, CustomTestStringConvertible {
    case gcm128, gcm192, gcm256, cbc128, cbc192, cbc256

    var cbc: AESCBCHMAC? {
        switch self {
        case .gcm128, .gcm192, .gcm256: nil
        case .cbc128: .a128CBCHS256
        case .cbc192: .a192CBCHS384
        case .cbc256: .a256CBCHS512
        }
    }

    var keyByteCount: Int {
        switch self {
        case .gcm128: 16
        case .gcm192: 24
        case .gcm256: 32
        case .cbc128, .cbc192, .cbc256: cbc!.keyByteCount  // not nil: see above
        }
    }

    var nonceByteCount: Int { cbc == nil ? AESGCM.nonceByteCount : AESCBCHMAC.ivByteCount }
    var tagByteCount: Int { cbc?.tagByteCount ?? AESGCM.tagByteCount }
    var testDescription: String { cbc?.rawValue ?? "A\(keyByteCount * 8)GCM" }

    func seal(_ plaintext: [UInt8], key: [UInt8], nonce: [UInt8], aad: [UInt8]) throws -> (ciphertext: [UInt8], tag: [UInt8]) {
        if let cbc { return try cbc.seal(plaintext, key: SecretBytes(key), iv: nonce, aad: aad) }
        return try AESGCM.seal(plaintext, key: SecretBytes(key), nonce: nonce, aad: aad)
    }

    func open(_ ciphertext: [UInt8], tag: [UInt8], key: [UInt8], nonce: [UInt8], aad: [UInt8]) throws -> [UInt8] {
        if let cbc { return try cbc.open(ciphertext: ciphertext, tag: tag, key: SecretBytes(key), iv: nonce, aad: aad) }
        return try AESGCM.open(ciphertext: ciphertext, tag: tag, key: SecretBytes(key), nonce: nonce, aad: aad)
    }
}

@Suite("Authenticated encryption")
struct AEADTests {
    private func sealed(_ cipher: AEAD, _ plaintext: [UInt8]) throws -> Sealed {
        let key = RandomBytes.generate(cipher.keyByteCount)
        let nonce = RandomBytes.generate(cipher.nonceByteCount)
        let (ciphertext, tag) = try cipher.seal(plaintext, key: key, nonce: nonce, aad: Array("header".utf8))
        return Sealed(key: key, nonce: nonce, aad: Array("header".utf8), ciphertext: ciphertext, tag: tag)
    }

    private struct Sealed {
        var key, nonce, aad, ciphertext, tag: [UInt8]
        func open(_ cipher: AEAD) throws -> [UInt8] {
            try cipher.open(ciphertext, tag: tag, key: key, nonce: nonce, aad: aad)
        }
    }

    @Test("What is sealed opens again, whatever its length", arguments: AEAD.allCases)
    func opens(_ cipher: AEAD) throws {
        for count in [0, 1, 15, 16, 17, 31, 32, 33, 1000] {
            let plaintext = RandomBytes.generate(count)
            let sealed = try sealed(cipher, plaintext)
            #expect(sealed.tag.count == cipher.tagByteCount)
            #expect(try sealed.open(cipher) == plaintext)
        }
    }

    @Test("No associated data at all is fine too", arguments: AEAD.allCases)
    func noAssociatedData(_ cipher: AEAD) throws {
        let key = RandomBytes.generate(cipher.keyByteCount)
        let nonce = RandomBytes.generate(cipher.nonceByteCount)
        let (ciphertext, tag) = try cipher.seal([1, 2, 3], key: key, nonce: nonce, aad: [])
        #expect(try cipher.open(ciphertext, tag: tag, key: key, nonce: nonce, aad: []) == [1, 2, 3])
        #expect(throws: CryptoError(.authentication, "")) {
            try cipher.open(ciphertext, tag: tag, key: key, nonce: nonce, aad: [0])
        }
    }

    @Test("J-07: any bit flipped in key, nonce, associated data, ciphertext or tag is refused", arguments: AEAD.allCases)
    func flipped(_ cipher: AEAD) throws {
        let original = try sealed(cipher, Array("a secret of more than one block".utf8))
        let parts: [(String, WritableKeyPath<Sealed, [UInt8]>)] = [
            ("key", \.key), ("nonce", \.nonce), ("aad", \.aad), ("ciphertext", \.ciphertext), ("tag", \.tag),
        ]
        for (name, part) in parts {
            // The second half of a CBC-HMAC key takes no part in the tag: a wrong one only garbles (RFC 7518 section 5.2.2.1).
            let count = name == "key" && cipher.cbc != nil ? original.key.count / 2 : original[keyPath: part].count
            for bit in 0..<(count * 8) {
                var changed = original
                changed[keyPath: part][bit / 8] ^= 1 << (bit % 8)
                #expect(throws: CryptoError(.authentication, ""), "\(name), bit \(bit)") { try changed.open(cipher) }
            }
        }
    }

    @Test("J-07: a tag of another length is refused, even a right beginning", arguments: AEAD.allCases)
    func tagLength(_ cipher: AEAD) throws {
        let original = try sealed(cipher, [1, 2, 3])
        for count in 0...70 where count != cipher.tagByteCount {
            var changed = original
            changed.tag = Array((original.tag + [UInt8](repeating: 0, count: 70)).prefix(count))
            #expect(throws: CryptoError(.tagLength, ""), "\(count) bytes") { try changed.open(cipher) }
        }
    }

    @Test("A ciphertext cut or extended is refused", arguments: AEAD.allCases)
    func ciphertextLength(_ cipher: AEAD) throws {
        let original = try sealed(cipher, [UInt8](repeating: 7, count: 40))
        for count in 0...100 where count != original.ciphertext.count {
            var changed = original
            changed.ciphertext = Array((original.ciphertext + [UInt8](repeating: 0, count: 100)).prefix(count))
            #expect(throws: CryptoError(.authentication, ""), "\(count) bytes") { try changed.open(cipher) }
        }
    }

    @Test("A key or nonce of another length is refused, sealing and opening", arguments: AEAD.allCases)
    func lengths(_ cipher: AEAD) throws {
        let original = try sealed(cipher, [1, 2, 3])
        let taken = cipher.cbc == nil ? [16, 24, 32] : [cipher.keyByteCount]
        for count in 0...65 where !taken.contains(count) {
            let key = [UInt8](repeating: 1, count: count)
            var changed = original
            changed.key = key
            #expect(throws: CryptoError(.keyLength, ""), "\(count) bytes") { try changed.open(cipher) }
            #expect(throws: CryptoError(.keyLength, ""), "\(count) bytes") {
                try cipher.seal([1], key: key, nonce: original.nonce, aad: [])
            }
        }
        for count in 0...33 where count != cipher.nonceByteCount {
            let nonce = [UInt8](repeating: 1, count: count)
            var changed = original
            changed.nonce = nonce
            #expect(throws: CryptoError(.nonceLength, ""), "\(count) bytes") { try changed.open(cipher) }
            #expect(throws: CryptoError(.nonceLength, ""), "\(count) bytes") {
                try cipher.seal([1], key: original.key, nonce: nonce, aad: [])
            }
        }
    }

    @Test("An error says what was wrong, and nothing of key or plaintext")
    func errors() throws {
        let secret = Array("0123456789abcdef".utf8)
        do {
            _ = try AESGCM.open(ciphertext: [1], tag: secret, key: SecretBytes(secret), nonce: Array(secret.prefix(12)), aad: [])
            Issue.record("opened what nobody sealed")
        } catch {
            #expect(error.description == "authentication: the tag does not match")
        }
    }
}
