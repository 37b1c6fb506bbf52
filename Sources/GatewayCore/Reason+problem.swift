package import Access

extension Reason {
    /// What the caller is told of it: several reasons share a code. Nil: allowed.
    ///
    /// For those who ask without a request, as `policy explain` does; requests are answered by `Refusal`, and tests hold the two together.
    package var problemCode: ProblemCode? {
        switch self {
        case .allowed, .isPublic: nil
        case .noRoute, .notOwner: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .noCredential: .unauthenticated
        case .routeClosed, .callerNotAllowed, .noTenant, .networkNotAllowed: .forbidden
        case .denyRule: .denied
        case .missingScope: .insufficientScope
        case .signatureRequired, .signatureRefused, .badSignature, .nonceReused: .signature
        case .malformedToken, .badBase64, .badHeader, .badPayload, .duplicateMember, .wrongType, .unknownKey, .wrongAlgorithm,
            .forbiddenHeader, .badMAC, .wrongIssuer, .wrongAudience, .missingClaim, .badClaim, .expired, .notYetValid, .lifetimeTooLong,
            .tokenTooLong, .unknownPartner, .disabledPartner, .revoked, .wrongSecret:
            .invalidToken
        case .badSession: .invalidSession
        case .throttled: .throttled
        case .ambiguousCredentials: .ambiguousCredentials
        case .tokenInQuery: .tokenInQuery
        case .crossSite: .crossSite
        case .malformedRequest: .malformedRequest
        case .malformedTarget: .malformedTarget
        case .targetTooLong: .targetTooLong
        case .headersTooLarge: .headersTooLarge
        case .repeatedHeader: .repeatedHeader
        case .misdirected: .misdirected
        case .unknownMethod: .unknownMethod
        case .expectationFailed: .expectationFailed
        case .requestTimeout: .requestTimeout
        case .bodyTooLarge: .bodyTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .idempotencyKeyRequired: .idempotencyKeyRequired
        case .preconditionRequired: .preconditionRequired
        case .rateLimited: .rateLimited
        case .storeUnavailable, .auditUnavailable: .storeUnavailable
        case .overloaded: .overloaded
        case .internal: .internal
        }
    }
}
