package import Access
import OpenSSLCrypto
import StrictJSON
import Tokens

/// `POST /oauth2/token`: a partner proves itself and receives an access token (RFC 6749 section 4.4, RFC 9068).
package struct TokenEndpoint: Sendable {
    /// What the endpoint needs of a request.
    package struct Call: Sendable {
        package let authorization: [UInt8]?
        package let contentType: [UInt8]?
        package let body: [UInt8]
        package let address: IPAddress?
        /// Unix seconds.
        package let now: Int64

        package init(authorization: [UInt8]?, contentType: [UInt8]?, body: [UInt8], address: IPAddress?, now: Int64) {
            self.authorization = authorization
            self.contentType = contentType
            self.body = body
            self.address = address
            self.now = now
        }
    }

    /// The answer, and what the decision log is told.
    package struct Outcome: Sendable {
        package let answer: Answer
        package let reason: Reason
        package let clientID: String?
    }

    private let throttle: FailureThrottle

    package init(throttle: FailureThrottle) { self.throttle = throttle }

    package func answer(_ call: Call, in snapshot: Snapshot) -> Outcome {
        do throws(OAuthError) {
            let (partner, form) = try authenticate(call, in: snapshot)
            guard let grantType = form["grant_type"] else {
                throw OAuthError(.invalidRequest, "grant_type is missing; send grant_type=client_credentials")
            }
            guard grantType == "client_credentials" else {
                throw OAuthError(.unsupportedGrantType, "the only grant_type is client_credentials")
            }
            return Outcome(
                answer: try issue(to: partner, scope: form["scope"], at: call.now, in: snapshot), reason: .allowed,
                clientID: partner.id
            )
        } catch {
            return Outcome(answer: error.answer, reason: error.reason, clientID: error.clientID)
        }
    }

    // MARK: Client authentication

    private func authenticate(
        _ call: Call, in snapshot: Snapshot
    ) throws(OAuthError) -> (PartnerDirectory.Partner, [String: String]) {
        guard let type = call.contentType, MediaType.isOne(of: ["application/x-www-form-urlencoded"], type.span) else {
            throw OAuthError(.invalidRequest, "send the body as application/x-www-form-urlencoded")
        }
        guard let form = FormDecoder.decode(call.body) else {
            throw OAuthError(.invalidRequest, "the body is not a valid form, or repeats a parameter")
        }
        let isAssertion = form["client_assertion"] != nil || form["client_assertion_type"] != nil
        if [call.authorization != nil, form["client_secret"] != nil, isAssertion].count(where: { $0 }) > 1 {
            throw OAuthError(.invalidRequest, "authenticate the client in one way only")
        }
        guard let header = call.authorization, let credentials = BasicCredentials(header) else {
            throw OAuthError(.invalidClient, "authenticate with HTTP Basic: client id and client secret", .noCredential)
        }
        if let named = form["client_id"], named != credentials.clientID {
            throw OAuthError(.invalidRequest, "client_id differs from the one in the Authorization header")
        }
        if let seconds = throttle.wait(address: call.address, at: call.now) { throw .throttled(seconds) }
        return (try judge(credentials, call, in: snapshot), form)
    }

    private func judge(
        _ credentials: BasicCredentials, _ call: Call, in snapshot: Snapshot
    ) throws(OAuthError) -> PartnerDirectory.Partner {
        let id = credentials.clientID
        let check = credentials.secret.withBytes { snapshot.partners.check(secret: $0, of: id, at: call.now) }
        let reason: Reason
        switch check {
        case .accepted(let partner, _):
            if partner.networks.isEmpty || call.address.map(partner.isAllowed) == true { return partner }
            reason = .networkNotAllowed
        case .refused(let refusal): reason = Reason(refusal)
        }
        // Everything below is the same for a client that exists and one that does not.
        let wait = throttle.wait(client: id, at: call.now)
        throttle.recordFailure(client: id, address: call.address, at: call.now)
        if let wait { throw .throttled(wait, clientID: id) }
        throw OAuthError(.invalidClient, "the client is unknown or its secret is wrong", reason, clientID: id)
    }

    // MARK: Issue

    private func issue(
        to partner: PartnerDirectory.Partner, scope: String?, at now: Int64, in snapshot: Snapshot
    ) throws(OAuthError) -> Answer {
        let policy = snapshot.policy
        let caller = policy.caller(via: .partnerToken)
        let roles = caller.map { policy.roles(named: partner.roles, for: $0) } ?? RoleSet()
        var allowed = policy.scopes(grantedTo: roles)
        if let own = partner.scopes { allowed = allowed.intersection(policy.scopes(named: own)) }
        var granted = allowed
        if let scope {
            let names = scope.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            granted = policy.scopes(named: names)
            // Narrow, never widen; every name must be one that the policy knows (attacks row T-05).
            guard granted.count == Set(names).count, granted.isSubset(of: allowed), scope.utf8.count <= 4096 else {
                let list = policy.names(of: allowed).joined(separator: " ")
                throw OAuthError(.invalidScope, "the scopes open to this client are: \(list)", .missingScope, clientID: partner.id)
            }
        }
        let scopes = policy.names(of: granted)
        let lifetime = snapshot.settings.tokenLifetime
        let token = snapshot.issuer.issue(
            subject: partner.id, clientID: partner.id, scopes: scopes, roles: policy.names(of: roles), tenant: partner.tenant, lifetime: lifetime,
            at: now, tokenID: Base64URL.encode(RandomBytes.generate(16))
        )
        let body = JSONValue.object([
            ("access_token", .string(token)), ("token_type", "Bearer"), ("expires_in", .integer(lifetime)),
            ("scope", .string(scopes.joined(separator: " "))),
        ])
        return Answer(json: body.utf8(), headers: [("cache-control", "no-store"), ("pragma", "no-cache")])
    }
}

/// An error answer of the token endpoint (RFC 6749 section 5.2).
struct OAuthError: Error {
    enum Code: String {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case invalidScope = "invalid_scope"
        case throttled = "slow_down"
    }

    let code: Code
    let description: String
    let reason: Reason
    let clientID: String?
    private var retryAfter: Int64?

    init(_ code: Code, _ description: String, _ reason: Reason = .malformedRequest, clientID: String? = nil) {
        self.code = code
        self.description = description
        self.reason = reason
        self.clientID = clientID
    }

    static func throttled(_ seconds: Int64, clientID: String? = nil) -> OAuthError {
        var error = OAuthError(.throttled, "too many failed attempts; try again in \(seconds) s", .throttled, clientID: clientID)
        error.retryAfter = seconds
        return error
    }

    var answer: Answer {
        let status =
            switch code {
            case .invalidClient: 401
            case .throttled: 429
            case .invalidRequest, .unsupportedGrantType, .invalidScope: 400
            }
        var headers = [("cache-control", "no-store")]
        if code == .invalidClient { headers.append(("www-authenticate", #"Basic realm="gatehouse""#)) }
        if let retryAfter { headers.append(("retry-after", "\(retryAfter)")) }
        return Answer(
            json: JSONValue.object([("error", .string(code.rawValue)), ("error_description", .string(description))]).utf8(),
            status: status, headers: headers
        )
    }
}
