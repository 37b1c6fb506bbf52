import Access
package import SharedState

/// The endpoints that clients authenticate at: token, introspection and revocation.
package struct OAuthEndpoints: Sendable {
    private let clients: ClientAuthenticator

    package init(throttle: FailureThrottle) { clients = ClientAuthenticator(throttle: throttle) }

    /// - Parameter revoked: what is revoked now.
    package func step(_ endpoint: Endpoint, _ call: OAuthCall, in snapshot: Snapshot, revoked: RevocationList) -> OAuthStep {
        do throws(OAuthError) {
            let client = try clients.authenticate(call, in: snapshot)
            var revocation: Revocation?
            let answer: Answer
            do throws(OAuthError) {
                switch endpoint {
                case .introspect:
                    answer = try IntrospectionEndpoint.answer(
                        client.form, from: client.partner, at: call.now, in: snapshot, revoked: revoked)
                case .revoke:
                    revocation = try RevocationEndpoint.revocation(client.form, from: client.partner, at: call.now, in: snapshot)
                    answer = Answer(status: 200, headers: [("cache-control", "no-store")])
                default: answer = try TokenEndpoint.answer(client.form, from: client.partner, at: call.now, in: snapshot)
                }
            } catch {
                // An assertion is used up by whatever it was sent with.
                let outcome = OAuthOutcome(answer: error.answer, reason: error.reason, clientID: client.partner.id)
                return OAuthStep(nonce: client.nonce, revocation: nil, outcome: outcome)
            }
            let outcome = OAuthOutcome(answer: answer, reason: .allowed, clientID: client.partner.id)
            return OAuthStep(nonce: client.nonce, revocation: revocation, outcome: outcome)
        } catch {
            return OAuthStep(
                nonce: nil, revocation: nil, outcome: OAuthOutcome(answer: error.answer, reason: error.reason, clientID: error.clientID)
            )
        }
    }
}
