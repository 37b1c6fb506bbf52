import COpenSSL

/// Why a cryptographic operation gave no result. Holds no key, message or tag.
package struct CryptoError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The key's length is not one that the algorithm takes.
        case keyLength = "key_length"
        /// The nonce or initialisation vector has another length than the algorithm's.
        case nonceLength = "nonce_length"
        /// The tag has another length than the algorithm's full one.
        case tagLength = "tag_length"
        /// HKDF was asked for no byte or for more than 255 hashes.
        case outputLength = "output_length"
        /// The tag does not belong to this ciphertext, key, nonce and associated data. Bad padding is told no differently.
        case authentication
        /// OpenSSL refused; `reason` says why in its words.
        case openSSL = "openssl"
    }

    package let code: Code
    /// For people and logs; not stable.
    package let reason: String

    package init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    package var description: String { "\(code.rawValue): \(reason)" }

    /// Equality is that of the code: the reason's wording belongs to OpenSSL.
    package static func == (left: CryptoError, right: CryptoError) -> Bool { left.code == right.code }

    /// What OpenSSL said on this thread, oldest first; its queue is empty afterwards, so no later failure is blamed for it.
    static func drained() -> CryptoError {
        var reasons: [String] = []
        while true {
            let packed = ERR_get_error()
            guard packed != 0 else { break }
            // unsafe: OpenSSL writes at most 256 bytes, zero-terminated, and the text is copied before the buffer goes.
            let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
                unsafe ERR_error_string_n(packed, buffer.baseAddress, buffer.count)
                return unsafe String(cString: buffer.baseAddress!)  // not nil: the capacity is not zero
            }
            reasons.append(text)
        }
        return CryptoError(.openSSL, reasons.isEmpty ? "no reason given" : reasons.joined(separator: "; "))
    }
}
