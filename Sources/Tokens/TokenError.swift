/// Why a token is refused: a closed list of stable words, the same in logs, `token inspect`, metrics and tests.
///
/// The caller of the gateway is never told which one it was; the decision log is.
package enum TokenError: String, Error, CaseIterable, Sendable {
    /// Over the limit of its kind, judged before anything is split.
    case tokenTooLong = "token_too_long"
    /// Not the number of segments that the compact serialization has.
    case malformedToken = "malformed_token"
    /// A segment that is not canonical unpadded base64url.
    case badBase64 = "bad_base64"
    /// The header is not a JSON object, or a member has another type than its definition.
    case badHeader = "bad_header"
    /// The payload is not a JSON object.
    case badPayload = "bad_payload"
    /// A JSON object names a member twice.
    case duplicateMember = "duplicate_member"
    /// `typ` is not the one of this kind of token.
    case wrongType = "wrong_type"
    /// `kid` is missing or names no key that may verify now.
    case unknownKey = "unknown_key"
    /// `alg` or `enc` is not the key's.
    case wrongAlgorithm = "wrong_algorithm"
    /// The header carries a member that changes the rules: an extension, or a key of the token's own.
    case forbiddenHeader = "forbidden_header"
    /// The MAC or authentication tag is not the one of these bytes under this key.
    case badMAC = "bad_mac"
    case wrongIssuer = "wrong_issuer"
    case wrongAudience = "wrong_audience"
    case missingClaim = "missing_claim"
    /// A claim of the wrong type or out of its bounds.
    case badClaim = "bad_claim"
    case expired
    case notYetValid = "not_yet_valid"
    case lifetimeTooLong = "lifetime_too_long"
    /// Judged behind the verifier: the token, or the session's subject, was revoked.
    case revoked
    /// Judged behind the verifier: no partner is registered under the token's client id.
    case unknownPartner = "unknown_partner"
    /// Judged behind the verifier.
    case disabledPartner = "disabled_partner"

    package var code: String { rawValue }
}
