package import Access
package import HTTPWire
import StrictJSON
import Tokens

/// A no: the exact reason for the decision log, and the problem that the caller is told.
package struct Refusal: Error, Sendable {
    package let reason: Reason
    package let problem: Problem

    package init(_ reason: Reason, _ problem: Problem) {
        self.reason = reason
        self.problem = problem
    }
}

// The only place where a reason becomes a status.
extension Refusal {
    /// What the strict reading of the request found.
    package init(_ error: WireError) {
        switch error {
        case .malformed(let detail):
            self.init(.malformedRequest, Problem(.malformedRequest, "The request has \(detail)."))
        case .malformedTarget(let detail):
            self.init(.malformedTarget, Problem(.malformedTarget, "Refused: \(detail)."))
        case .repeatedHeader(let name):
            self.init(
                .repeatedHeader,
                Problem(.repeatedHeader, "Send the `\(name)` header once.", members: [("header", .string(name))])
            )
        case .targetTooLong: self.init(.targetTooLong, Problem(.targetTooLong, "Send a shorter path and query."))
        case .headersTooLarge: self.init(.headersTooLarge, Problem(.headersTooLarge, "Send fewer or shorter headers."))
        case .unknownMethod:
            self.init(.unknownMethod, Problem(.unknownMethod, "Use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS."))
        case .expectationFailed:
            self.init(.expectationFailed, Problem(.expectationFailed, "The only expectation supported is `100-continue`."))
        case .bodyTooLarge: self.init(.bodyTooLarge, Problem(.bodyTooLarge, "The body is larger than this route accepts."))
        }
    }

    static let unknownMethod = Refusal(.unknownMethod as WireError)

    init(_ error: MalformedTarget) { self.init(WireError.malformedTarget(error.detail)) }

    static let misdirected = Refusal(.misdirected, Problem(.misdirected, "The Host header names a host that is not served here."))

    static let tokenInQuery = Refusal(
        .tokenInQuery,
        Problem(
            .tokenInQuery,
            "Send the token in the `Authorization: Bearer` header; a query ends up in logs. Treat the token sent as exposed."
        )
    )

    package static let notFound = Refusal(.noRoute, Problem(.notFound, "Nothing is found at this path."))

    static func methodNotAllowed(_ allow: MethodSet) -> Refusal {
        let list = allow.list
        return Refusal(
            .methodNotAllowed,
            Problem(.methodNotAllowed, "This path has \(list).", headers: [("allow", list)])
        )
    }

    package static let requestTimeout = Refusal(
        .requestTimeout, Problem(.requestTimeout, "The request was not complete in time.")
    )

    static let noCredential = Refusal(
        .noCredential,
        Problem(
            .unauthenticated, "Send an access token as `Authorization: Bearer TOKEN`; obtain one at POST /oauth2/token.",
            headers: [("www-authenticate", #"Bearer realm="gatehouse""#)]
        )
    )

    /// One answer for every way in which a token can fail, so that none can be told from another (attacks row L-03).
    static func badToken(_ reason: Reason) -> Refusal {
        Refusal(
            reason,
            Problem(
                .invalidToken,
                "The access token is malformed, expired, revoked or not meant for this gateway. Obtain a new one at POST /oauth2/token; "
                    + "the gateway's decision log holds the exact reason under this request_id.",
                headers: [("www-authenticate", #"Bearer realm="gatehouse", error="invalid_token""#)]
            )
        )
    }

    /// As `badToken`, for what was presented as a session.
    static func badSession(_ reason: Reason) -> Refusal {
        Refusal(
            reason,
            Problem(
                .invalidSession,
                "The session is malformed, expired, revoked or not of an application of this gateway. Sign in again; the gateway's "
                    + "decision log holds the exact reason under this request_id.",
                headers: [("www-authenticate", #"Bearer realm="gatehouse", error="invalid_token""#)]
            )
        )
    }

    static let ambiguousCredentials = Refusal(
        .ambiguousCredentials,
        Problem(
            .ambiguousCredentials, "Send one credential: the session cookie or the Authorization header, not those of different principals."
        )
    )

    static let crossSite = Refusal(
        .crossSite,
        Problem(
            .crossSite,
            "A request with a session cookie that changes something must come from an allowed origin, named in Origin. A server "
                + "sends the session as `Authorization: Bearer` instead."
        )
    )

    /// What the policy refused.
    /// - Parameter required: what a signature of the request would have to cover.
    static func denied(_ denial: Denial, on route: Route, by policy: Policy, required: [String]) -> Refusal {
        let because = route.because.map { " \($0)" } ?? ""
        switch denial.reason {
        case .noCredential: return .noCredential
        case .missingScope:
            let needed = policy.names(of: route.needs).joined(separator: " ")
            return Refusal(
                denial.reason,
                Problem(
                    .insufficientScope, "This needs the scope \(needed).\(because)", members: [("scope", .string(needed))],
                    headers: [
                        ("www-authenticate", #"Bearer realm="gatehouse", error="insufficient_scope", scope="\#(needed)""#)
                    ]
                )
            )
        case .denyRule:
            return Refusal(denial.reason, Problem(.denied, denial.rule?.because ?? "A deny rule of the policy applies."))
        case .signatureRequired:
            let fault = SignatureFault("signature-input", "This route accepts signed requests only (RFC 9421).\(because)")
            return .signature(fault, required: required, reason: denial.reason)
        case .signatureRefused:
            return Refusal(
                denial.reason,
                Problem(
                    .signature, "This route does not accept signed requests.\(because)", members: [("component", "signature-input")],
                    headers: [("www-authenticate", #"Bearer realm="gatehouse""#)]
                )
            )
        case .notOwner, .noRoute: return Refusal(denial.reason, Refusal.notFound.problem)
        default:
            return Refusal(denial.reason, Problem(.forbidden, "The policy does not allow this to the caller.\(because)"))
        }
    }

    package static func bodyTooLarge(limit: Int) -> Refusal {
        Refusal(
            .bodyTooLarge,
            Problem(
                .bodyTooLarge, "The body may have at most \(limit) bytes here.", members: [("limit", .integer(Int64(limit)))]
            )
        )
    }

    static let idempotencyKeyRequired = Refusal(
        .idempotencyKeyRequired, Problem(.idempotencyKeyRequired, "Send an Idempotency-Key, a new one for each new operation.")
    )

    static let preconditionRequired = Refusal(
        .preconditionRequired, Problem(.preconditionRequired, "Send If-Match with the ETag of what is to be changed, as you know it.")
    )

    static func unsupportedMediaType(_ accepted: [String]) -> Refusal {
        let list = accepted.joined(separator: ", ")
        return Refusal(
            .unsupportedMediaType,
            Problem(.unsupportedMediaType, "Send the body as \(list), named in Content-Type.", headers: [("accept", list)])
        )
    }
}

extension MethodSet {
    /// As an `Allow` header lists it: `GET, HEAD, POST`.
    package var list: String { methods.map(\.name).joined(separator: ", ") }
}
