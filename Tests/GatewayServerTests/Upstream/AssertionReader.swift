import OpenSSLCrypto
import StrictJSON
import Tokens

/// `X-Gatehouse-Assertion` as the upstream reads it: verified first, with what `/.well-known/jwks.json` publishes.
struct AssertionReader {
    struct Failure: Error { let what: String }

    let header: JSONElement
    let claims: JSONElement

    /// Verifies an EdDSA assertion with the key set; nil: the key that the test gateway has.
    init(_ request: UpstreamRequest, keySet: [UInt8] = TestAssertion.publicKeySet) throws {
        let (header, claims, message, signature) = try Self.parts(request)
        guard header["alg"]?.string == "EdDSA" else { throw Failure(what: "alg") }
        let keys = try JSONDocument(keySet).root["keys"]?.elements ?? []
        guard let key = keys.first(where: { $0["kid"]?.string == header["kid"]?.string }), key["crv"]?.string == "Ed25519",
            let x = key["x"]?.string
        else { throw Failure(what: "no such key") }
        let publicKey = try Ed25519.PublicKey(bytes: try Base64URL.decode(Array(x.utf8).span))
        guard publicKey.isValid(signature.span, for: message.span) else { throw Failure(what: "signature") }
        self.header = header
        self.claims = claims
    }

    /// Verifies an HS256 assertion.
    init(_ request: UpstreamRequest, key: HMACKey) throws {
        let (header, claims, message, signature) = try Self.parts(request)
        guard header["alg"]?.string == "HS256" else { throw Failure(what: "alg") }
        guard key.isValid(signature.span, for: message.span) else { throw Failure(what: "signature") }
        self.header = header
        self.claims = claims
    }

    private static func parts(_ request: UpstreamRequest) throws -> (JSONElement, JSONElement, [UInt8], [UInt8]) {
        guard let token = request["x-gatehouse-assertion"] else { throw Failure(what: "no assertion") }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 else { throw Failure(what: "not three parts") }
        func decode(_ part: String) throws -> [UInt8] { try Base64URL.decode(Array(part.utf8).span) }
        return (
            try JSONDocument(decode(parts[0])).root, try JSONDocument(decode(parts[1])).root, Array("\(parts[0]).\(parts[1])".utf8),
            try decode(parts[2])
        )
    }
}
