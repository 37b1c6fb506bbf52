/// Why a request was decided as it was: THE closed list, the same in the decision log, `explain`, `replay` and the metrics.
///
/// The caller is told something coarser; the exact reason is found under the request id.
package enum Reason: String, CaseIterable, Sendable {
    // Decided by the policy
    case allowed
    case isPublic = "public"
    case noRoute = "no_route"
    case methodNotAllowed = "method_not_allowed"
    case noCredential = "no_credential"
    case routeClosed = "route_closed"
    case callerNotAllowed = "caller_not_allowed"
    case denyRule = "deny_rule"
    case missingScope = "missing_scope"
    case notOwner = "not_owner"
    case noTenant = "no_tenant"
    case signatureRequired = "signature_required"
    case signatureRefused = "signature_refused"
    /// The partner is registered for other networks.
    case networkNotAllowed = "network_not_allowed"

    // A credential that does not hold: the same words as the token reader's errors
    case malformedToken = "malformed_token"
    case badBase64 = "bad_base64"
    case badHeader = "bad_header"
    case badPayload = "bad_payload"
    case duplicateMember = "duplicate_member"
    case wrongType = "wrong_type"
    case unknownKey = "unknown_key"
    case wrongAlgorithm = "wrong_algorithm"
    case forbiddenHeader = "forbidden_header"
    case badMAC = "bad_mac"
    case wrongIssuer = "wrong_issuer"
    case wrongAudience = "wrong_audience"
    case missingClaim = "missing_claim"
    case badClaim = "bad_claim"
    case expired
    case notYetValid = "not_yet_valid"
    case lifetimeTooLong = "lifetime_too_long"
    case tokenTooLong = "token_too_long"
    case unknownPartner = "unknown_partner"
    case disabledPartner = "disabled_partner"
    case revoked
    /// A client that could not prove itself at the token endpoint.
    case wrongSecret = "wrong_secret"
    case throttled
    case badSession = "bad_session"
    case badSignature = "bad_signature"
    case nonceReused = "nonce_reused"
    case ambiguousCredentials = "ambiguous_credentials"
    case tokenInQuery = "token_in_query"
    case crossSite = "cross_site"

    // The request itself
    case malformedRequest = "malformed_request"
    case malformedTarget = "malformed_target"
    case targetTooLong = "target_too_long"
    case headersTooLarge = "headers_too_large"
    case repeatedHeader = "repeated_header"
    case misdirected
    case unknownMethod = "unknown_method"
    case expectationFailed = "expectation_failed"
    case requestTimeout = "request_timeout"
    case bodyTooLarge = "body_too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case idempotencyKeyRequired = "idempotency_key_required"
    case preconditionRequired = "precondition_required"
    case rateLimited = "rate_limited"
    case storeUnavailable = "store_unavailable"
    /// Nothing may be changed while the decision log cannot be written.
    case auditUnavailable = "audit_unavailable"
    case overloaded
    case `internal`
}
