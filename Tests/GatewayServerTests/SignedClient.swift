import Foundation
import GatewayCore
import OpenSSLCrypto
import StrictJSON
import Tokens

/// Signs requests with a partner's secret and sends them as they are.
struct SignedRequest {
    var method = "GET"
    var target = "/signed"
    var host = "gateway.test"
    var body: String?
    var type = "application/json"
    /// Nil: that of the body.
    var digest: String?
    var partner = "acme"
    var token: String
    var keyID: String?
    var secret: String
    var components: [String]?
    var created = TestClock.now()
    var nonce = UUID().uuidString
    var label = "gatehouse"
    var algorithm: String? = "hmac-sha256"
    var tag = "gatehouse"
    /// Further parameters of the signature, each with its `;`.
    var more = ""
    /// Further header lines, each ended by CRLF.
    var lines = ""
    var idempotencyKey: String?
    var isChunked = false

    init(_ gateway: TestGateway, _ partner: String = "acme") {
        self.partner = partner
        token = gateway.token(partner)
        secret = gateway.secrets[partner] ?? ""
    }

    var message: SignableMessage {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var message = SignableMessage(
            method: Array(method.utf8), host: Array(host.utf8), path: Array(parts[0].utf8),
            query: parts.count > 1 ? Array(parts[1].utf8) : nil,
            hasBody: body != nil
        )
        message.add("authorization", Array("Bearer \(token)".utf8))
        message.add("host", Array(host.utf8))
        if let body {
            message.add("content-type", Array(type.utf8))
            message.add("content-digest", Array((digest ?? ContentDigest.sha256(of: Array(body.utf8))).utf8))
        }
        if let idempotencyKey { message.add("idempotency-key", Array(idempotencyKey.utf8)) }
        return message
    }

    func headers() -> MessageSigner.Headers {
        // 32 bytes can always be derived.
        let key = try! MessageSigner.key(of: SecretBytes(Array(secret.utf8)))
        return MessageSigner(keyID: keyID ?? "\(partner):s1", key: key).sign(
            message, components: components, created: created, nonce: nonce, label: label, algorithm: algorithm, tag: tag, more: more
        )
    }

    /// The bytes of the request.
    func text() -> String {
        let headers = headers()
        return text(input: headers.input, signature: headers.signature)
    }

    func text(input: String?, signature: String?) -> String {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\nAuthorization: Bearer \(token)\r\n\(lines)"
        if let input { text += "Signature-Input: \(input)\r\n" }
        if let signature { text += "Signature: \(signature)\r\n" }
        if let idempotencyKey { text += "Idempotency-Key: \(idempotencyKey)\r\n" }
        if let body {
            text += "Content-Type: \(type)\r\n"
            let digest = digest ?? ContentDigest.sha256(of: Array(body.utf8))
            if !digest.isEmpty { text += "Content-Digest: \(digest)\r\n" }
            if isChunked {
                text += "Transfer-Encoding: chunked\r\n\r\n"
                for part in body.split(by: 7) { text += "\(String(part.utf8.count, radix: 16))\r\n\(part)\r\n" }
                text += "0\r\n\r\n"
            } else {
                text += "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            }
        } else {
            text += "\r\n"
        }
        return text
    }
}

extension String {
    fileprivate func split(by count: Int) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while !rest.isEmpty {
            parts.append(String(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return parts
    }
}

extension RawClient.Response {
    /// The name of the wrong component, of a refused signature.
    var component: String? { json?["component"]?.string }
}
