import NIOCore
import NIOSSL

/// What the public listeners show of themselves, and whom they let connect. Immutable; a reload makes a new one.
package struct ServerTLS: Sendable {
    let context: NIOSSLContext
    /// Unix seconds after which clients refuse the certificate.
    package let expires: Int64

    /// - Parameters:
    ///   - certificate: the server's own first, then those that lead to an authority.
    ///   - clientCA: the authorities that sign the certificates of clients. Given, a client without one cannot connect.
    package init(certificate: PEMFile, key: PEMFile, clientCA: PEMFile?) throws(PEMError) {
        let chain = try certificate.certificates()
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(try key.privateKey())
        )
        TLSRules.apply(to: &configuration)
        configuration.applicationProtocols = ["h2", "http/1.1"]
        if let clientCA {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(try clientCA.certificates())
            configuration.sendCANameList = true
        }
        do { context = try NIOSSLContext(configuration: configuration) } catch {
            // What each file holds was read above: what is left is that the two do not belong together.
            throw PEMError(file: key.name, reason: "is not the key of the certificate in \(certificate.name)")
        }
        expires = Int64(chain[0].notValidAfter)
    }
}

/// What holds for every TLS connection, in front and to upstreams.
enum TLSRules {
    static func apply(to configuration: inout TLSConfiguration) {
        configuration.minimumTLSVersion = .tlsv12
        // Of TLS 1.2 only what has forward secrecy and authenticated encryption, which HTTP/2 demands too (RFC 9113 section 9.2.2).
        configuration.cipherSuiteValues = [
            .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ]
        configuration.renegotiationSupport = .none
        // How long the other side may take to answer our goodbye.
        configuration.shutdownTimeout = .seconds(1)
    }
}
