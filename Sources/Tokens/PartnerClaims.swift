import StrictJSON

/// The claims of an access token (RFC 9068 section 2.2) by their types, whoever made them.
struct PartnerClaims: Sendable, Equatable {
    let subject: String
    let clientID: String
    let tokenID: String
    let scopes: [String]
    let roles: [String]
    let tenant: String?
    let issuedAt: Int64
    let notBefore: Int64?
    let expires: Int64

    init(
        subject: String, clientID: String, tokenID: String, scopes: [String], roles: [String], tenant: String?, issuedAt: Int64,
        notBefore: Int64?, expires: Int64
    ) {
        self.subject = subject
        self.clientID = clientID
        self.tokenID = tokenID
        self.scopes = scopes
        self.roles = roles
        self.tenant = tenant
        self.issuedAt = issuedAt
        self.notBefore = notBefore
        self.expires = expires
    }

    /// - Throws: `.missingClaim` or `.badClaim`. There is no conversion: a number in quotes is no number, a string is no list.
    init(_ root: JSONElement) throws(TokenError) {
        expires = try NumericDate.whole(Self.required(root["exp"]))
        issuedAt = try NumericDate.whole(Self.required(root["iat"]))
        subject = try Self.text(Self.required(root["sub"]))
        tokenID = try Self.text(Self.required(root["jti"]))
        clientID = try Self.text(Self.required(root["client_id"]))
        notBefore = try root["nbf"].map { element throws(TokenError) in try NumericDate.whole(element) }
        scopes = try root["scope"].map { element throws(TokenError) in try Self.scopes(element) } ?? []
        roles = try root["roles"].map { element throws(TokenError) in try Self.texts(element) } ?? []
        tenant = try root["tenant"].map { element throws(TokenError) in try Self.text(element) }
    }

    func checkExpiry(at now: Int64) throws(TokenError) {
        guard expires > now else { throw .expired }
    }

    func checkStart(at now: Int64, leeway: Int64) throws(TokenError) {
        guard max(issuedAt, notBefore ?? 0) <= now + leeway else { throw .notYetValid }
    }

    func checkLifetime(maximum: Int64) throws(TokenError) {
        guard expires - issuedAt <= maximum else { throw .lifetimeTooLong }
    }

    private static func required(_ element: JSONElement?) throws(TokenError) -> JSONElement {
        guard let element else { throw .missingClaim }
        return element
    }

    private static func text(_ element: JSONElement) throws(TokenError) -> String {
        guard let text = element.string, !text.isEmpty else { throw .badClaim }
        return text
    }

    private static func texts(_ element: JSONElement) throws(TokenError) -> [String] {
        guard element.kind == .array else { throw .badClaim }
        return try element.elements.map { element throws(TokenError) in try text(element) }
    }

    /// `scope = scope-token *( SP scope-token )`, `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 section 3.3); or empty.
    private static func scopes(_ element: JSONElement) throws(TokenError) -> [String] {
        guard element.kind == .string else { throw .badClaim }
        let bytes = element.utf8
        if bytes.isEmpty { return [] }
        var scopes: [String] = []
        var start = 0
        for index in 0...bytes.count {
            if index == bytes.count || bytes[index] == UInt8(ascii: " ") {
                guard index > start else { throw .badClaim }
                scopes.append(String(decoding: bytes[start..<index], as: UTF8.self))
                start = index + 1
                continue
            }
            switch bytes[index] {
            case 0x21, 0x23...0x5B, 0x5D...0x7E: continue
            default: throw .badClaim
            }
        }
        return scopes
    }
}
