/// One line of the decision log, as far as another policy could decide it otherwise.
package struct LoggedDecision: Sendable {
    package let requestID: String
    /// Nil: the request ended before it had one.
    package let method: Method?
    /// Canonical, without the query; nil: the request ended before it had one.
    package let path: String?
    /// The route's id, or one of the gateway's own endpoints.
    package let route: String?
    /// Nil: no credential was presented, held, or was read.
    package let caller: String?
    package let subject: String?
    package let tenant: String?
    /// Those that counted: roles that the policy of then dropped are not logged.
    package let roles: [String]
    package let scopes: [String]
    package let remote: String
    package let isAllowed: Bool
    package let reason: Reason
    package let status: Int

    package init(
        requestID: String, method: Method?, path: String?, route: String?, caller: String?, subject: String?, tenant: String?,
        roles: [String], scopes: [String], remote: String, isAllowed: Bool, reason: Reason, status: Int
    ) {
        self.requestID = requestID
        self.method = method
        self.path = path
        self.route = route
        self.caller = caller
        self.subject = subject
        self.tenant = tenant
        self.roles = roles
        self.scopes = scopes
        self.remote = remote
        self.isAllowed = isAllowed
        self.reason = reason
        self.status = status
    }
}

extension Reason {
    /// Which part of the gateway decided with this reason.
    package enum Stage: Sendable {
        /// The request is refused whatever the policy says.
        case request
        /// No route was found, so that no credential was read.
        case route
        /// A credential was read and did not hold, or may not be used so: all but public routes refuse it.
        case credential
        case policy
        /// The policy had allowed it.
        case afterwards
    }

    package var stage: Stage {
        switch self {
        case .allowed, .isPublic, .noCredential, .routeClosed, .callerNotAllowed, .denyRule, .missingScope, .notOwner, .noTenant,
            .signatureRequired, .signatureRefused:
            .policy
        case .noRoute, .methodNotAllowed: .route
        case .malformedToken, .badBase64, .badHeader, .badPayload, .duplicateMember, .wrongType, .unknownKey, .wrongAlgorithm,
            .forbiddenHeader, .badMAC, .wrongIssuer, .wrongAudience, .missingClaim, .badClaim, .expired, .notYetValid, .lifetimeTooLong,
            .tokenTooLong, .unknownPartner, .disabledPartner, .revoked, .badSession, .badSignature, .nonceReused, .ambiguousCredentials,
            .crossSite, .networkNotAllowed:
            .credential
        case .malformedRequest, .malformedTarget, .targetTooLong, .headersTooLarge, .repeatedHeader, .misdirected, .unknownMethod,
            .expectationFailed, .tokenInQuery, .wrongSecret, .throttled:
            .request
        case .requestTimeout, .bodyTooLarge, .unsupportedMediaType, .idempotencyKeyRequired, .preconditionRequired, .rateLimited,
            .storeUnavailable, .auditUnavailable, .overloaded, .internal:
            .afterwards
        }
    }
}
