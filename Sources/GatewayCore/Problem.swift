package import StrictJSON

/// Every way in which Gatehouse says no, as callers see it: the closed table of status codes (contract section 8).
package enum ProblemCode: String, CaseIterable, Sendable {
    case malformedRequest = "malformed_request"
    case malformedTarget = "malformed_target"
    case repeatedHeader = "repeated_header"
    case tokenInQuery = "token_in_query"
    case ambiguousCredentials = "ambiguous_credentials"
    case malformedJSON = "malformed_json"
    case invalidParameter = "invalid_parameter"
    case invalidHeader = "invalid_header"
    case idempotencyKeyRequired = "idempotency_key_required"
    case unauthenticated
    case invalidToken = "invalid_token"
    case invalidSession = "invalid_session"
    case signature
    case forbidden
    case insufficientScope = "insufficient_scope"
    case denied
    case crossSite = "cross_site"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case notAcceptable = "not_acceptable"
    case requestTimeout = "request_timeout"
    case bodyTooLarge = "body_too_large"
    case targetTooLong = "target_too_long"
    case unsupportedMediaType = "unsupported_media_type"
    case expectationFailed = "expectation_failed"
    case misdirected
    case headersTooLarge = "headers_too_large"
    case duplicateExternalID = "duplicate_external_id"
    case idempotencyInProgress = "idempotency_in_progress"
    case preconditionFailed = "precondition_failed"
    case preconditionRequired = "precondition_required"
    case validation
    case idempotencyKeyReused = "idempotency_key_reused"
    case rateLimited = "rate_limited"
    case throttled
    case unknownMethod = "unknown_method"
    case `internal`
    case badUpstream = "bad_upstream"
    case storeUnavailable = "store_unavailable"
    case noUpstream = "no_upstream"
    case overloaded
    case upstreamTimeout = "upstream_timeout"

    package var status: Int {
        switch self {
        case .malformedRequest, .malformedTarget, .repeatedHeader, .tokenInQuery, .ambiguousCredentials, .malformedJSON,
            .invalidParameter, .invalidHeader, .idempotencyKeyRequired:
            400
        case .unauthenticated, .invalidToken, .invalidSession, .signature: 401
        case .forbidden, .insufficientScope, .denied, .crossSite: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .requestTimeout: 408
        case .duplicateExternalID, .idempotencyInProgress: 409
        case .preconditionFailed: 412
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .unsupportedMediaType: 415
        case .expectationFailed: 417
        case .misdirected: 421
        case .validation, .idempotencyKeyReused: 422
        case .preconditionRequired: 428
        case .rateLimited, .throttled: 429
        case .headersTooLarge: 431
        case .internal: 500
        case .unknownMethod: 501
        case .badUpstream: 502
        case .storeUnavailable, .noUpstream, .overloaded: 503
        case .upstreamTimeout: 504
        }
    }

    /// A short summary that never changes from one occurrence to the next (RFC 9457 section 3.1.3).
    package var title: String {
        switch self {
        case .malformedRequest: "The request is malformed"
        case .malformedTarget: "The request target is malformed"
        case .repeatedHeader: "A header that may stand once is repeated"
        case .tokenInQuery: "Tokens are not accepted in the query"
        case .ambiguousCredentials: "The credentials name different principals"
        case .malformedJSON: "The body is not valid JSON"
        case .invalidParameter: "A query parameter is invalid"
        case .invalidHeader: "A header is invalid"
        case .idempotencyKeyRequired: "An Idempotency-Key is required"
        case .unauthenticated: "Authentication is required"
        case .invalidToken: "The access token is not accepted"
        case .invalidSession: "The session is not accepted"
        case .signature: "The request signature is not accepted"
        case .forbidden: "Not allowed"
        case .insufficientScope: "A scope is missing"
        case .denied: "Denied"
        case .crossSite: "Cross-site request refused"
        case .notFound: "Not found"
        case .methodNotAllowed: "Method not allowed"
        case .notAcceptable: "Not acceptable"
        case .requestTimeout: "The request took too long to arrive"
        case .bodyTooLarge: "The body is too large"
        case .targetTooLong: "The request target is too long"
        case .unsupportedMediaType: "The content type is not supported"
        case .expectationFailed: "The expectation cannot be met"
        case .misdirected: "This host is not served here"
        case .headersTooLarge: "The request headers are too large"
        case .duplicateExternalID: "The externalId is already in use"
        case .idempotencyInProgress: "The first request with this key is still running"
        case .preconditionFailed: "The precondition failed"
        case .preconditionRequired: "A precondition is required"
        case .validation: "The request is not valid"
        case .idempotencyKeyReused: "The Idempotency-Key was used for another request"
        case .rateLimited: "Too many requests"
        case .throttled: "Too many failed attempts"
        case .unknownMethod: "The method is not known"
        case .internal: "Internal error"
        case .badUpstream: "The upstream gave no usable answer"
        case .storeUnavailable: "The store is not available"
        case .noUpstream: "No upstream is available"
        case .overloaded: "The gateway is overloaded"
        case .upstreamTimeout: "The upstream did not answer in time"
        }
    }
}

/// One refusal as RFC 9457 `application/problem+json`. The caller is told a coarse code; the exact reason stands in the decision log.
package struct Problem: Error, Sendable {
    package static let contentType = "application/problem+json"

    package var code: ProblemCode
    /// What was wrong with this request and what to change; never a secret or token.
    package var detail: String
    /// Further members, as the section of the contract at hand adds them; names must differ from the standard ones.
    package var members: [(String, JSONValue)]
    /// Header fields that belong to this answer, such as `WWW-Authenticate`, `Allow`, `Retry-After`.
    package var headers: [(String, String)]

    package init(
        _ code: ProblemCode, _ detail: String, members: [(String, JSONValue)] = [], headers: [(String, String)] = []
    ) {
        self.code = code
        self.detail = detail
        self.members = members
        self.headers = headers
    }

    package var status: Int { code.status }

    package func body(requestID: String) -> [UInt8] {
        JSONValue.object(
            [
                ("type", .string("https://gatehouse.dev/problems/\(code.rawValue)")), ("title", .string(code.title)),
                ("status", .integer(Int64(code.status))), ("detail", .string(detail)), ("code", .string(code.rawValue)),
                ("request_id", .string(requestID)),
            ] + members
        ).utf8()
    }
}
