import Foundation
import OpenSSLCrypto
import StrictJSON
import Testing
import Tokens

@Suite("The vectors that partners check their signers with (Sources/Documentation/signers/vectors.json)")
struct SignerVectorTests {
    @Test("our signer makes them, and they hold when they are judged")
    func vectors() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let json = try JSONDocument(Array(try Data(contentsOf: root.appendingPathComponent("Sources/Documentation/signers/vectors.json"))))
            .root
        let key = try MessageSigner.key(of: SecretBytes(Array(try #require(json["client_secret"]?.string).utf8)))
        let signer = MessageSigner(keyID: try #require(json["key_id"]?.string), key: key)
        let rows = try #require(json["vectors"]?.elements)
        #expect(rows.count == 5)
        for row in rows {
            let url = try #require(row["url"]?.string)
            let rest = url.split(separator: "://", maxSplits: 1)[1]
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            let parts = rest[end...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            var message = SignableMessage(
                method: Array(try #require(row["method"]?.string).utf8), host: Array(rest[..<end].utf8),
                path: parts[0].isEmpty ? [UInt8(ascii: "/")] : Array(parts[0].utf8), query: parts.count > 1 ? Array(parts[1].utf8) : nil,
                hasBody: row["body"] != nil
            )
            let headers = try #require(row["headers"])
            for member in headers.members where !member.name.hasPrefix("Signature") {
                message.add(member.name.lowercased(), Array(try #require(member.value.string).utf8))
            }
            if let body = row["body"]?.string { #expect(headers["Content-Digest"]?.string == ContentDigest.sha256(of: Array(body.utf8))) }
            let created = try #require(row["created"]?.integer)
            let signed = signer.sign(message, created: created, nonce: try #require(row["nonce"]?.string))
            #expect(String(decoding: signed.base, as: UTF8.self) == row["signature_base"]?.string)
            #expect(signed.input == headers["Signature-Input"]?.string)
            #expect(signed.signature == headers["Signature"]?.string)
            let unverified = try UnverifiedMessageSignature(input: Array(signed.input.utf8), signature: Array(signed.signature.utf8))
            #expect(throws: Never.self) { try SignatureJudgement(unverified, of: message, at: created).verify(with: key, isKnown: true) }
        }
    }
}
