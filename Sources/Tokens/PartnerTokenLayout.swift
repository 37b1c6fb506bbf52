import OpenSSLCrypto
import StrictJSON

/// The one layout in which `PartnerTokenIssuer` writes tokens, and the quick way to read them.
///
/// Almost every token that verifies was written by us: its header segment is one of a few known texts, and its payload is
/// `{"iss":…,"aud":…,"sub":…}` with known members in a known order. Comparing with that takes a quarter of the time that taking the
/// JSON apart does.
///
/// INVARIANT (accepts only what the checks accept): `claims` gives the same claims as the checks one by one, or nil. It never
/// refuses: a text that differs in any way from the layout, a MAC that does not hold and a time that is not right are nil, and the
/// checks then say which it was. `PartnerTokenLayoutTests` holds the two against each other.
final class PartnerTokenLayout: Sendable {
    /// The keys with their header segments. Retired keys are left to the checks, which know until when they count.
    private let keys: [(header: [UInt8], key: TokenKey)]
    /// `{"iss":"…","aud":"…","sub":"`
    private let opening: [UInt8]

    private let clientID = Array(#"","client_id":""#.utf8)
    private let issuedAt = Array(#"","iat":"#.utf8)
    private let notBefore = Array(#","nbf":"#.utf8)
    private let expires = Array(#","exp":"#.utf8)
    private let tokenID = Array(#","jti":""#.utf8)
    private let scope = Array(#"","scope":""#.utf8)
    private let roles = Array(#"","roles":["#.utf8)
    private let tenant = Array(#"],"tenant":""#.utf8)
    private let closing = Array(#""}"#.utf8)
    private let closingWithoutTenant = Array("]}".utf8)

    init(keys: KeyRing, issuer: String, audience: String) {
        self.keys = keys.keys.filter { $0.retired == nil }.map { (Self.headerSegment(of: $0), $0) }
        // The two members without the closing brace.
        var opening = JSONValue.object([("iss", .string(issuer)), ("aud", .string(audience))]).utf8().dropLast()
        opening.append(contentsOf: #","sub":""#.utf8)
        self.opening = Array(opening)
    }

    /// The header segment of every token that `key` signs, and the dot behind it.
    static func headerSegment(of key: TokenKey) -> [UInt8] {
        let header = JSONValue.object([("alg", .string(key.algorithm.rawValue)), ("typ", "at+jwt"), ("kid", .string(key.id))])
        var segment: [UInt8] = []
        Base64URL.append(header.utf8().span, to: &segment)
        segment.append(UInt8(ascii: "."))
        return segment
    }

    /// The claims of a token in this layout for which every check holds; nil for every other token.
    func claims(of token: Span<UInt8>, at now: Int64, by verifier: PartnerTokenVerifier) -> PartnerClaims? {
        guard token.count <= UnverifiedJWS.maximumByteCount else { return nil }
        for (header, key) in keys where token.starts(with: header, at: 0) {
            let signature = token.count - Base64URL.encodedCount(key.algorithm.byteCount)
            guard signature > header.count, token[signature - 1] == UInt8(ascii: ".") else { return nil }
            let jws = UnverifiedJWS(
                header: 0..<header.count - 1, payload: header.count..<signature - 1, signature: signature..<token.count)
            do {
                try jws.checkMAC(of: token, with: key)
                // A third dot would be a foreign character of the payload's base64url.
                guard let claims = claims(in: try jws.decodedPayload(of: token)) else { return nil }
                try claims.checkExpiry(at: now)
                try claims.checkStart(at: now, leeway: verifier.leeway)
                try claims.checkLifetime(maximum: verifier.maximumLifetime)
                key.use.note(at: now)
                return claims
            } catch {
                return nil
            }
        }
        return nil
    }

    private func claims(in payload: [UInt8]) -> PartnerClaims? {
        var reader = Reader(bytes: payload)
        guard reader.skip(opening), let subject = reader.text(), reader.skip(clientID), let client = reader.text(),
            reader.skip(issuedAt), let issuedAt = reader.time(), reader.skip(notBefore), let notBefore = reader.time(),
            reader.skip(expires), let expires = reader.time(), reader.skip(tokenID), let tokenID = reader.text(),
            reader.skip(scope), let scopes = reader.scopes(), reader.skip(roles), let roles = reader.texts()
        else { return nil }
        var tenant: String?
        if !reader.skip(closingWithoutTenant) {
            guard reader.skip(self.tenant), let text = reader.text(), reader.skip(closing) else { return nil }
            tenant = text
        }
        guard reader.isAtEnd else { return nil }
        return PartnerClaims(
            subject: subject, clientID: client, tokenID: tokenID, scopes: scopes, roles: roles, tenant: tenant, issuedAt: issuedAt,
            notBefore: notBefore, expires: expires)
    }
}

/// Reads what the layout has between its fixed pieces, and gives up (nil, false) on anything out of the ordinary.
private struct Reader {
    let bytes: [UInt8]
    var position = 0

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ piece: [UInt8]) -> Bool {
        guard bytes.span.starts(with: piece, at: position) else { return false }
        position += piece.count
        return true
    }

    /// What stands before the next quote, without it: printable ASCII without a backslash, at least one character.
    mutating func text() -> String? {
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""): return position > start ? string(from: start) : nil
            case UInt8(ascii: "\\"): return nil
            case 0x20...0x7E: position += 1
            default: return nil
            }
        }
        return nil
    }

    /// `"a","b"` up to the bracket behind it.
    mutating func texts() -> [String]? {
        var texts: [String] = []
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return texts }
        while position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
            position += 1
            guard let text = text() else { return nil }
            texts.append(text)
            position += 1  // the quote at which the text ended
            guard position < bytes.count, bytes[position] == UInt8(ascii: ",") else { return texts }
            position += 1
        }
        return nil
    }

    /// Scope tokens (RFC 6749 section 3.3) with one space between each two, up to the quote behind them.
    mutating func scopes() -> [String]? {
        var scopes: [String] = []
        if position < bytes.count, bytes[position] == UInt8(ascii: "\"") { return scopes }
        var start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\""):
                guard position > start else { return nil }
                scopes.append(string(from: start))
                if bytes[position] == UInt8(ascii: "\"") { return scopes }
                start = position + 1
            case 0x21, 0x23...0x5B, 0x5D...0x7E: break
            default: return nil
            }
            position += 1
        }
        return nil
    }

    /// Digits as JSON writes an integer, within `NumericDate.bounds`.
    mutating func time() -> Int64? {
        let start = position
        var value: Int64 = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            guard position - start < 12 else { return nil }
            value = value * 10 + Int64(digit)
            position += 1
        }
        guard position > start, bytes[start] != UInt8(ascii: "0") || position == start + 1 else { return nil }
        return NumericDate.bounds.contains(value) ? value : nil
    }

    private func string(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }
}

extension Span<UInt8> {
    /// Whether `piece` stands at `position`.
    fileprivate func starts(with piece: [UInt8], at position: Int) -> Bool {
        guard piece.count <= count - position else { return false }
        let window = extracting(position..<position + piece.count)
        for index in piece.indices where window[index] != piece[index] { return false }
        return true
    }
}
