package import OpenSSLCrypto

/// Signs requests as a partner does: for `gatehouse request sign` and for tests.
package struct MessageSigner: Sendable {
    package let keyID: String
    private let key: HMACKey

    package init(keyID: String, key: HMACKey) {
        self.keyID = keyID
        self.key = key
    }

    /// The info of the key derivation.
    package static let keyInfo = "gatehouse request signing v1"

    /// The key that follows from a client secret: HKDF-SHA-256 of its UTF-8 bytes, no salt, 32 bytes.
    package static func key(of secret: SecretBytes) throws(CryptoError) -> HMACKey {
        HMACKey(.sha256, key: try HKDF.derive(secret: secret, salt: [], info: Array(keyInfo.utf8), byteCount: 32))
    }

    package struct Headers: Sendable, Equatable {
        /// The value of `Signature-Input`.
        package let input: String
        /// The value of `Signature`.
        package let signature: String
        package let base: [UInt8]
    }

    /// - Parameters:
    ///   - components: nil: those that are required of this request.
    ///   - created: unix seconds.
    ///   - more: further parameters as they stand in the header, each with its `;`.
    package func sign(
        _ message: SignableMessage, components: [String]? = nil, created: Int64, nonce: String, label: String = "gatehouse",
        algorithm: String? = SignatureJudgement.algorithm, tag: String = SignatureJudgement.tag, more: String = ""
    ) -> Headers {
        let components = components ?? message.required
        var parameters = "(" + components.map { "\"\($0)\"" }.joined(separator: " ") + ")"
        parameters += ";created=\(created);nonce=\(Self.quoted(nonce));keyid=\(Self.quoted(keyID))"
        if let algorithm { parameters += ";alg=\(Self.quoted(algorithm))" }
        parameters += ";tag=\(Self.quoted(tag))\(more)"
        let base = message.base(over: components, parameters: Array(parameters.utf8))
        return Headers(
            input: "\(label)=\(parameters)", signature: "\(label)=:\(Base64.encode(key.authenticate(base))):", base: base
        )
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
    }
}
