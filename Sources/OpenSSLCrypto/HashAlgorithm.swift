import COpenSSL

/// The SHA-2 hash functions this project uses (FIPS 180-4).
package enum HashAlgorithm: Sendable, CaseIterable {
    case sha256, sha384, sha512

    /// Length of the hash, in bytes.
    package var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The longest hash of all cases, in bytes.
    static var maximumByteCount: Int { 64 }

    var messageDigest: OpaquePointer {
        switch self {
        case .sha256: unsafe OpenSSLAlgorithms.sha256
        case .sha384: unsafe OpenSSLAlgorithms.sha384
        case .sha512: unsafe OpenSSLAlgorithms.sha512
        }
    }

    /// The name as an OpenSSL parameter value.
    var openSSLName: StaticString {
        switch self {
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        case .sha512: "SHA512"
        }
    }
}
