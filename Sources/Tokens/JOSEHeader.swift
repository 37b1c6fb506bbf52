package import StrictJSON

/// The header of a JWS or JWE: a JSON object without duplicate members. Nothing in it is trusted; it is only compared.
package struct JOSEHeader: Sendable {
    package let document: JSONDocument

    /// - Parameter bytes: the decoded segment.
    init(_ bytes: [UInt8]) throws(TokenError) {
        document = try JSONDocument(object: bytes, otherwise: .badHeader)
    }

    package subscript(name: String) -> JSONElement? { document.root[name] }

    /// The key id where the header names one.
    package var keyID: String? { self["kid"]?.string }

    /// Members that would change how the token is to be read, or bring a key along (RFC 7515 sections 4.1.2 to 4.1.6 and 4.1.11,
    /// RFC 7797). A token that has one is refused even if its MAC holds: CVE-2018-0114 and its like begin here.
    static let forbidden = ["crit", "b64", "jwk", "jku", "x5u", "x5c"]

    func checkExtensions() throws(TokenError) {
        for name in Self.forbidden where self[name] != nil { throw .forbiddenHeader }
    }

    /// Compares exactly: `hs256`, `None` and everything that is no string are other algorithms.
    func checkAlgorithm(_ algorithm: TokenAlgorithm) throws(TokenError) {
        guard let alg = self["alg"], alg.isString(algorithm.rawValue) else { throw .wrongAlgorithm }
    }
}

extension JSONDocument {
    /// A document whose root is an object, or `error`; `.duplicateMember` where that is what is wrong.
    init(object bytes: [UInt8], otherwise error: TokenError) throws(TokenError) {
        do {
            self = try JSONDocument(bytes)
        } catch let problem {
            throw problem.reason == .duplicateMember ? .duplicateMember : error
        }
        guard root.kind == .object else { throw error }
    }
}
