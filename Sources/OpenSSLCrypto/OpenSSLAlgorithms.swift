import COpenSSL

/// OpenSSL's algorithm objects, each fetched once for the life of the process.
///
/// `EVP_sha256()` and its like make OpenSSL search its providers again at every use; a fetched object does not
/// (OpenSSL 3.0, crypto(7), "Performance"). Fetched objects are reference counted and immutable, so all threads share them.
enum OpenSSLAlgorithms {
    // unsafe: each pointer is written once by the language's lazy initialisation, never freed, and points at an immutable object.
    nonisolated(unsafe) static let sha256 = unsafe required(EVP_MD_fetch(nil, "SHA256", nil), "SHA-256")
    nonisolated(unsafe) static let sha384 = unsafe required(EVP_MD_fetch(nil, "SHA384", nil), "SHA-384")
    nonisolated(unsafe) static let sha512 = unsafe required(EVP_MD_fetch(nil, "SHA512", nil), "SHA-512")
    nonisolated(unsafe) static let hmac = unsafe required(EVP_MAC_fetch(nil, "HMAC", nil), "HMAC")
    nonisolated(unsafe) static let hkdf = unsafe required(EVP_KDF_fetch(nil, "HKDF", nil), "HKDF")
    nonisolated(unsafe) static let aes128GCM = unsafe required(EVP_CIPHER_fetch(nil, "AES-128-GCM", nil), "AES-128-GCM")
    nonisolated(unsafe) static let aes192GCM = unsafe required(EVP_CIPHER_fetch(nil, "AES-192-GCM", nil), "AES-192-GCM")
    nonisolated(unsafe) static let aes256GCM = unsafe required(EVP_CIPHER_fetch(nil, "AES-256-GCM", nil), "AES-256-GCM")
    nonisolated(unsafe) static let aes128CBC = unsafe required(EVP_CIPHER_fetch(nil, "AES-128-CBC", nil), "AES-128-CBC")
    nonisolated(unsafe) static let aes192CBC = unsafe required(EVP_CIPHER_fetch(nil, "AES-192-CBC", nil), "AES-192-CBC")
    nonisolated(unsafe) static let aes256CBC = unsafe required(EVP_CIPHER_fetch(nil, "AES-256-CBC", nil), "AES-256-CBC")
}

/// An OpenSSL object that cannot be missing. It is nil only when memory is exhausted or the system's OpenSSL has no default provider.
@unsafe
func required(_ object: OpaquePointer?, _ what: StaticString) -> OpaquePointer {
    guard let object = unsafe object else { stop("offers no \(what)") }
    return unsafe object
}

/// Stops the process when an OpenSSL call failed that has no input it could dislike: hashing with a fetched algorithm fails only when memory
/// is exhausted.
func require(_ succeeded: Bool, _ what: StaticString) {
    guard succeeded else { stop("could not \(what)") }
}

/// - Parameter failure: of the words above; the text behind it is OpenSSL's. No key is in either.
private func stop(_ failure: String) -> Never {
    // Reason to stop: nothing is verified without OpenSSL, and a hash that is missing could pass for one that was compared. Going on would open,
    // and no caller could do anything better than close.
    fatalError("OpenSSL \(failure): \(CryptoError.drained())")
}
