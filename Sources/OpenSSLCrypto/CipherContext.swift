import COpenSSL

/// The ciphers in use, each with the one key length it has.
enum Cipher {
    case aes128GCM, aes192GCM, aes256GCM, aes128CBC, aes192CBC, aes256CBC

    fileprivate var object: OpaquePointer {
        switch self {
        case .aes128GCM: unsafe OpenSSLAlgorithms.aes128GCM
        case .aes192GCM: unsafe OpenSSLAlgorithms.aes192GCM
        case .aes256GCM: unsafe OpenSSLAlgorithms.aes256GCM
        case .aes128CBC: unsafe OpenSSLAlgorithms.aes128CBC
        case .aes192CBC: unsafe OpenSSLAlgorithms.aes192CBC
        case .aes256CBC: unsafe OpenSSLAlgorithms.aes256CBC
        }
    }
}

/// One run of a cipher, encrypting or decrypting.
@safe
struct CipherContext: ~Copyable {
    // One owner: this value, which frees it; OpenSSL clears the key schedule in it.
    private let context: OpaquePointer

    /// `key` and `nonce` must have the cipher's lengths.
    init(_ cipher: Cipher, key: Span<UInt8>, nonce: Span<UInt8>, encrypt: Bool) throws(CryptoError) {
        unsafe context = required(EVP_CIPHER_CTX_new(), "cipher context")
        guard unsafe key.count == Int(EVP_CIPHER_get_key_length(cipher.object)) else {
            throw CryptoError(.keyLength, "\(key.count) bytes of key")
        }
        guard unsafe nonce.count == Int(EVP_CIPHER_get_iv_length(cipher.object)) else {
            throw CryptoError(.nonceLength, "\(nonce.count) bytes of nonce")
        }
        // unsafe: OpenSSL reads the lengths just checked.
        let done = unsafe key.withUnsafeBufferPointer { key in
            unsafe nonce.withUnsafeBufferPointer { nonce in
                unsafe EVP_CipherInit_ex2(context, cipher.object, key.baseAddress, nonce.baseAddress, encrypt ? 1 : 0, nil)
            }
        }
        guard done == 1 else { throw CryptoError.drained() }
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    /// Feeds associated data (AEAD ciphers only).
    mutating func authenticate(_ data: Span<UInt8>) throws(CryptoError) {
        guard !data.isEmpty else { return }
        var written: CInt = 0
        guard let count = CInt(exactly: data.count) else { throw CryptoError(.openSSL, "too long") }
        // unsafe: OpenSSL reads exactly `data`; no output is asked for.
        let done = unsafe data.withUnsafeBufferPointer { input in
            unsafe EVP_CipherUpdate(context, nil, &written, input.baseAddress, count)
        }
        guard done == 1 else { throw CryptoError.drained() }
    }

    /// Everything in one go: `input` through the cipher, then its end. `finish` failing is `.authentication`: a wrong tag or padding.
    /// - Parameter room: bytes that the cipher may add.
    mutating func run(_ input: Span<UInt8>, room: Int) throws(CryptoError) -> [UInt8] {
        guard let count = CInt(exactly: input.count) else { throw CryptoError(.openSSL, "too long") }
        var failure: CryptoError?
        // unsafe: OpenSSL writes at most `count + room` bytes: as many as it read, and at its end one block when it pads.
        let output = unsafe [UInt8](unsafeUninitializedCapacity: input.count + room) { output, initialized in
            var written: CInt = 0
            var rest: CInt = 0
            let updated =
                unsafe count == 0
                || input.withUnsafeBufferPointer { input in
                    unsafe EVP_CipherUpdate(context, output.baseAddress, &written, input.baseAddress, count) == 1
                }
            if !updated {
                failure = CryptoError.drained()
            } else if unsafe EVP_CipherFinal_ex(context, end(of: output, at: Int(written)), &rest) != 1 {
                _ = CryptoError.drained()
                failure = CryptoError(.authentication, "the tag does not match")
            }
            guard failure == nil else {
                // What was decrypted before the tag failed is nobody's to see.
                unsafe OPENSSL_cleanse(output.baseAddress, Int(written))
                return
            }
            initialized = Int(written + rest)
        }
        if let failure { throw failure }
        return output
    }

    /// The tag that the decryption must end with (AEAD ciphers only).
    mutating func expect(tag: Span<UInt8>) throws(CryptoError) {
        // unsafe: OpenSSL copies exactly `tag`; the call's pointer type has no const.
        let done = unsafe tag.withUnsafeBytes { bytes in
            unsafe EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_SET_TAG, CInt(bytes.count), UnsafeMutableRawPointer(mutating: bytes.baseAddress))
        }
        guard done == 1 else { throw CryptoError.drained() }
    }

    /// The tag that the encryption ended with (AEAD ciphers only).
    mutating func tag(byteCount: Int) throws(CryptoError) -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: byteCount)
        // unsafe: OpenSSL writes exactly `byteCount` bytes.
        let done = unsafe tag.withUnsafeMutableBytes { bytes in
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CInt(bytes.count), bytes.baseAddress)
        }
        guard done == 1 else { throw CryptoError.drained() }
        return tag
    }

    /// Where the last block goes. An empty array has no memory, and a stream cipher then writes nothing there either.
    @unsafe
    private func end(of output: UnsafeMutableBufferPointer<UInt8>, at offset: Int) -> UnsafeMutablePointer<UInt8>? {
        unsafe output.baseAddress.map { unsafe $0 + offset }
    }
}
