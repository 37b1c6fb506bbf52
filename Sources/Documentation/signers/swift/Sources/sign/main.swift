// Signs a request for Gatehouse and prints its headers. Needs swift-crypto; on Apple platforms `import CryptoKit` does as well.
//   GATEHOUSE_KEY_ID=acme:s1 GATEHOUSE_SECRET=ghs_… GATEHOUSE_TOKEN=… swift run sign METHOD URL [BODY-FILE]
import Crypto
import Foundation

/// The headers to send, in order. `body` is exactly what will be sent.
func sign(
    _ method: String, _ url: URL, token: String, keyID: String, secret: String, body: Data? = nil, contentType: String = "application/json",
    idempotencyKey: String? = nil, created: String? = nil, nonce: String? = nil
) -> [(String, String)] {
    let parts = URLComponents(url: url, resolvingAgainstBaseURL: false)!
    let port = parts.port.map { $0 == 80 || $0 == 443 ? "" : ":\($0)" } ?? ""
    var headers = [("Authorization", "Bearer \(token)")]
    if let body {
        headers.append(("Content-Digest", "sha-256=:\(Data(SHA256.hash(data: body)).base64EncodedString()):"))
        headers.append(("Content-Type", contentType))
    }
    if let idempotencyKey { headers.append(("Idempotency-Key", idempotencyKey)) }
    let covered =
        [
            ("@method", method), ("@authority", (parts.percentEncodedHost ?? "").lowercased() + port),
            ("@path", parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath), ("@query", "?\(parts.percentEncodedQuery ?? "")"),
        ] + headers.map { ($0.0.lowercased(), $0.1) }
    let parameters =
        "(\(covered.map { "\"\($0.0)\"" }.joined(separator: " ")));created=\(created ?? "\(Int(Date().timeIntervalSince1970))")"
        + ";nonce=\"\(nonce ?? UUID().uuidString)\";keyid=\"\(keyID)\";alg=\"hmac-sha256\";tag=\"gatehouse\""
    let base = covered.map { "\"\($0.0)\": \($0.1)\n" }.joined() + "\"@signature-params\": \(parameters)"
    let key = HKDF<SHA256>.deriveKey(
        inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("gatehouse request signing v1".utf8), outputByteCount: 32)
    let mac = Data(HMAC<SHA256>.authenticationCode(for: Data(base.utf8), using: key)).base64EncodedString()
    return headers + [("Signature-Input", "gatehouse=\(parameters)"), ("Signature", "gatehouse=:\(mac):")]
}

let (arguments, env) = (CommandLine.arguments, ProcessInfo.processInfo.environment)
let content = arguments.count > 3 ? try Data(contentsOf: URL(fileURLWithPath: arguments[3])) : nil
for (name, value) in sign(
    arguments[1], URL(string: arguments[2])!, token: env["GATEHOUSE_TOKEN"] ?? "", keyID: env["GATEHOUSE_KEY_ID"] ?? "",
    secret: env["GATEHOUSE_SECRET"] ?? "", body: content, contentType: env["CONTENT_TYPE"] ?? "application/json",
    idempotencyKey: env["IDEMPOTENCY_KEY"], created: env["CREATED"], nonce: env["NONCE"])
{ print("\(name): \(value)") }
