import Access
import OpenSSLCrypto
import SharedState
import Tokens

/// Proves clients, by `client_secret_basic` or `client_secret_jwt` (RFC 6749 section 2.3, RFC 7523 section 2.2).
///
/// Whether a client exists is not to be learned here: the answers and the work are the same (attacks row T-06).
struct ClientAuthenticator: Sendable {
    struct Client {
        let partner: PartnerDirectory.Partner
        let form: [String: String]
        /// Of an assertion: it proves nothing a second time.
        let nonce: Nonce?
    }

    /// Seconds that an assertion's id is remembered beyond its end, so that a clock that is stepped back a little opens nothing.
    private static let nonceSlack: Int64 = 300
    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    let throttle: FailureThrottle

    func authenticate(_ call: OAuthCall, in snapshot: Snapshot) throws(OAuthError) -> Client {
        // Nothing of this is read from the query, where it would end up in logs (attacks row T-04).
        if call.hasQuery { throw OAuthError(.invalidRequest, "send the parameters in the body, not in the query") }
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
        if isAssertion { return try assertion(form, call, in: snapshot) }
        guard let header = call.authorization, let credentials = BasicCredentials(header) else {
            throw OAuthError(
                .invalidClient, "authenticate with HTTP Basic (client id and client secret) or with a client_assertion", .noCredential
            )
        }
        if let seconds = throttle.wait(address: call.address, at: call.now) { throw .throttled(seconds) }
        let check = credentials.secret.withBytes { snapshot.partners.check(secret: $0, of: credentials.clientID, at: call.now) }
        let partner = try judge(check, of: credentials.clientID, call)
        if let named = form["client_id"], named != credentials.clientID {
            throw OAuthError(.invalidRequest, "client_id differs from the one in the Authorization header")
        }
        return Client(partner: partner, form: form, nonce: nil)
    }

    private func assertion(_ form: [String: String], _ call: OAuthCall, in snapshot: Snapshot) throws(OAuthError) -> Client {
        guard form["client_assertion_type"] == Self.assertionType, let text = form["client_assertion"] else {
            throw OAuthError(.invalidRequest, "send client_assertion together with client_assertion_type=\(Self.assertionType)")
        }
        if let seconds = throttle.wait(address: call.address, at: call.now) { throw .throttled(seconds) }
        let assertion: UnverifiedClientAssertion
        do throws(TokenError) { assertion = try UnverifiedClientAssertion(Array(text.utf8)) } catch {
            throttle.recordFailure(client: nil, address: call.address, at: call.now)
            throw OAuthError(.invalidClient, "the client assertion is no JWT signed with HS256 that names its client in sub", Reason(error))
        }
        let check = snapshot.partners.check(assertion.clientID, at: call.now) { assertion.isSigned(by: $0.assertionKey()) }
        let partner = try judge(check, of: assertion.clientID, call)
        if let named = form["client_id"], named != assertion.clientID {
            throw OAuthError(.invalidRequest, "client_id differs from the sub of the client assertion")
        }
        // From here on it is known who asks, so what is wrong can be said.
        let use: UnverifiedClientAssertion.Use
        do throws(TokenError) { use = try assertion.check(issuer: snapshot.settings.issuer, at: call.now) } catch {
            throw OAuthError(.invalidClient, Self.text(error, issuer: snapshot.settings.issuer), Reason(error), clientID: partner.id)
        }
        let nonce = Nonce(
            digest: Digest.hash(.sha256, Array("assertion\0\(partner.id)\0\(use.tokenID)".utf8)), until: use.expires + Self.nonceSlack
        )
        return Client(partner: partner, form: form, nonce: nonce)
    }

    private func judge(_ check: ClientSecretCheck, of id: String, _ call: OAuthCall) throws(OAuthError) -> PartnerDirectory.Partner {
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

    private static func text(_ error: TokenError, issuer: String) -> String {
        switch error {
        case .wrongAudience: "aud of the client assertion must be exactly the issuer, \(issuer), as a single string"
        case .wrongIssuer: "iss and sub of the client assertion must both be the client id"
        case .expired: "the client assertion has expired"
        case .notYetValid: "the client assertion was made in the future; set the clock right"
        case .lifetimeTooLong: "the client assertion may count for at most \(UnverifiedClientAssertion.maximumLifetime) s"
        default: "the client assertion needs iss, sub, aud and jti as strings and exp as a whole number"
        }
    }
}
