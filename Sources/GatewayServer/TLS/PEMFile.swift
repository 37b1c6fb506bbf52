import NIOSSL

/// A file in PEM form (RFC 7468) that was read, with its name for messages.
package struct PEMFile: Sendable {
    package let name: String
    private let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// At least one, in the order of the file.
    func certificates() throws(PEMError) -> [NIOSSLCertificate] {
        guard let found = try? NIOSSLCertificate.fromPEMBytes(bytes), !found.isEmpty else {
            throw PEMError(file: name, reason: "has no certificate in PEM form, or one that is damaged")
        }
        return found
    }

    func privateKey() throws(PEMError) -> NIOSSLPrivateKey {
        let text = String(decoding: bytes, as: UTF8.self)
        if text.contains("ENCRYPTED") {
            throw PEMError(file: name, reason: "is a key behind a passphrase; store it without one (`openssl pkey -in … -out …`)")
        }
        do { return try NIOSSLPrivateKey(bytes: bytes, format: .pem) } catch {
            throw PEMError(file: name, reason: "has no private key in PEM form, or one that is damaged")
        }
    }
}

/// Why a certificate or key cannot be used. Never holds anything of the file but its name.
package struct PEMError: Error, Equatable, CustomStringConvertible {
    package let file: String
    /// Lower case, without the file's name.
    package let reason: String

    package var description: String { "\(file): \(reason)" }
}
