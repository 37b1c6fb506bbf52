package import Access
import HTTPWire

/// What `Gatekeeper.admit` decided about one request, and all that the decision log says of it.
package struct Admission: Sendable {
    package enum Outcome: Sendable {
        /// One of the gateway's own endpoints, which needs no route in the policy.
        case endpoint(Endpoint)
        /// Allowed: forward to where the grant's route leads. Nothing is forwarded without a grant.
        case forward(Grant)
        /// `OPTIONS`: which methods the path has.
        case options(MethodSet)
        case refuse(Refusal)
        /// Signed: what is allowed once the nonce was used for the first time, and only for the body that was signed.
        ///
        /// A case around the others, so that nobody can act on a signed request and not see that something is still to be asked.
        indirect case ifFresh(RequestSignature, then: Outcome)
    }

    package var outcome: Outcome
    package var method: Method?
    /// The canonical target; nil when the request ended before there was one.
    package var target: RequestTarget?
    package var route: Route?
    package var caller: AuthenticatedCaller?
    /// What `POST /oauth2/signature-check` will answer.
    package var signatureReport: SignatureReport?
    package var reason: Reason
    /// What the candidate policy would decide, where that is otherwise.
    package var candidate: CandidateDecision?
    /// Bytes, inclusive: how much body may be read for this request.
    package var bodyLimit = 0
    /// Headers that every answer to this request carries: first those by which a browser shows it to the pages that may see it, and to no
    /// others; then those that say how much of a rate is left.
    package var originHeaders: [(String, String)] = []

    /// Whether an upstream may say itself which pages see its answer: nobody's credential was read, and the gateway has nothing to say.
    package var leavesOriginsToUpstream: Bool {
        caller == nil && originHeaders.first?.0 != CrossOrigin.allowedOriginName
    }

    /// Nothing may be done before its nonce is used, nor before the whole body is what it says. Nil: nothing is signed, or nothing allowed.
    package var signature: RequestSignature? {
        if case .ifFresh(let signature, _) = outcome { signature } else { nil }
    }

    /// `OPTIONS *` is about the server as a whole (RFC 9110 section 9.3.7).
    mutating func answerForAll() {
        outcome = .options(Method.allCases.reduce(into: MethodSet()) { $0.insert($1) })
        reason = .isPublic
    }

    mutating func allow(_ outcome: Outcome, if signature: RequestSignature?) {
        self.outcome = signature.map { Outcome.ifFresh($0, then: outcome) } ?? outcome
    }

    package init(outcome: Outcome, method: Method? = nil, target: RequestTarget? = nil, reason: Reason) {
        self.outcome = outcome
        self.method = method
        self.target = target
        self.reason = reason
    }

    package var isAllowed: Bool {
        if case .refuse = outcome { false } else { true }
    }
}

/// The gateway's own endpoints on the public address.
package enum Endpoint: String, CaseIterable, Sendable {
    case token = "/oauth2/token"
    case metadata = "/.well-known/oauth-authorization-server"
    case session = "/session"
    case signatureCheck = "/oauth2/signature-check"
    case introspect = "/oauth2/introspect"
    case revoke = "/oauth2/revoke"
    case keySet = "/.well-known/jwks.json"

    package var methods: MethodSet {
        switch self {
        case .token, .introspect, .revoke, .signatureCheck: MethodSet(.post)
        case .metadata, .session, .keySet: MethodSet([MethodSet(.get), MethodSet(.head)])
        }
    }

    /// Whether it answers about who is calling, so that a credential is needed.
    package var needsCaller: Bool { self == .session || self == .signatureCheck }

    /// Bytes, inclusive; nil: as where a route names no limit.
    var bodyLimit: Int? {
        switch self {
        case .signatureCheck: nil
        case .token, .introspect, .revoke: 16 << 10
        case .metadata, .session, .keySet: 0
        }
    }

    /// The endpoint at a canonical path. The length settles it for almost every path.
    package static func at(_ path: Span<UInt8>) -> Endpoint? {
        switch path.count {
        case 8: path.isEqual(0..<8, "/session") ? .session : nil
        case 14: path.isEqual(0..<14, "/oauth2/revoke") ? .revoke : nil
        case 18: path.isEqual(0..<18, "/oauth2/introspect") ? .introspect : nil
        case 13: path.isEqual(0..<13, "/oauth2/token") ? .token : nil
        case 23: path.isEqual(0..<23, "/oauth2/signature-check") ? .signatureCheck : nil
        case 22: path.isEqual(0..<22, "/.well-known/jwks.json") ? .keySet : nil
        case 39: path.isEqual(0..<39, "/.well-known/oauth-authorization-server") ? .metadata : nil
        default: nil
        }
    }
}
